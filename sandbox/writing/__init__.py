"""What a client may change: documents, bookings, contacts, accounts, bank lines and files, one module per matter."""
