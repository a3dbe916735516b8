"""Sends webhooks: takes deliveries that are due, signs and posts them, and stores what came of it."""
