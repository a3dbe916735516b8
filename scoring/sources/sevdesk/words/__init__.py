"""sevdesk's own words: its records, typed, and what they mean."""
