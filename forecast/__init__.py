"""What cash a firm can expect, as distributions by day: pure functions of a ledger and a day of observation."""
