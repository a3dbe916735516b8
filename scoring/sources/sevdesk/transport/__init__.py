"""Calls to sevdesk: rate limits, retries, bounds, errors."""
