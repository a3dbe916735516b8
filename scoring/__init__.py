"""The service: an IO shell around a pure core."""
