"""Simulated firms: how one is simulated, and those that are served by name."""
