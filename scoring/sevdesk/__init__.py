"""sevdesk, from the token to the ledger; nothing outside this folder knows its JSON."""
