"""Writes the generated files of the clients from the description of the interface: ``python -m clients.generate``."""
