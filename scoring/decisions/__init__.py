"""Score, row and terms to a decision: pure, no IO, clock or randomness."""
