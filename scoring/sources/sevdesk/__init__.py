"""The adapter for sevdesk: words, transport, ledger, reading, writing, each importing only what stands before it."""
