"""sevdesk's objects as typed records and columns, and what bank lines are about."""
