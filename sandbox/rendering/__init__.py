"""The records of a history as the objects that sevdesk serves."""
