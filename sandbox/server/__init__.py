"""The HTTP API over the accounts, and the faults that can be put on it."""
