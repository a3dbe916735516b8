"""Objects as sevdesk has them: their values and fields, and the books that hold them."""
