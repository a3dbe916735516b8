"""Records of sevdesk to the ledger of dated facts."""
