"""Calls to sevdesk: pace, retries, bounds, errors."""
