"""One firm's account behind the API: what a query selects, in which order, with which quirks."""
