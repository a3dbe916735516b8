"""What the service does: assess, replay, connect, export."""
