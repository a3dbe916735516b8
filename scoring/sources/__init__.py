"""Where books come from: the port, and one folder per bookkeeping system."""
