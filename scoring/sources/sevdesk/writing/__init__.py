"""Writes a fee document into the books of an account."""
