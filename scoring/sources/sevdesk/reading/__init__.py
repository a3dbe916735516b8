"""Lists and single values of one account."""
