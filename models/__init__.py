"""Feature rows to scores, and how a model earns its place."""
