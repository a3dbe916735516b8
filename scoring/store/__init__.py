"""Storage: decisions, snapshots, connections, keys, idempotency."""
