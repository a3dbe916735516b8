"""What is kept: decisions, snapshots, connections, keys, idempotency."""
