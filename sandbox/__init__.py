"""A local sevdesk: simulated firms, and the HTTP API that serves their books, quirks included."""
