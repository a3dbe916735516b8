"""Reads one account: whole lists, single values, and all that a plan needs."""
