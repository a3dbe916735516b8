"""The version of the interface that this client was made for."""

VERSION = "0.8.0"
