"""The firm with 200,000 invoices: drawn in columns, each object made when it is asked for."""
