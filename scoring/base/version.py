"""The version of this service, which every decision records."""

SERVICE_VERSION = "0.8.0"
