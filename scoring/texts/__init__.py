"""What people read of a decision: catalogues of texts by version, and the sentences rendered from facts."""
