"""Words that every room needs: secrets, identifiers, days, versions."""
