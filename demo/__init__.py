"""The product as a stranger meets it: both servers as processes, used over HTTP only."""
