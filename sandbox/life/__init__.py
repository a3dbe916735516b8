"""How a firm lives, day by day: what it sells, what it owes, what it pays. Plain arrays; nothing here knows sevdesk."""
