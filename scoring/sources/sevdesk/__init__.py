"""The sevdesk adapter."""
