"""Writes into a firm's books, which nothing on the way to a decision may import."""
