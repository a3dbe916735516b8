"""Writing into the books of an account."""
