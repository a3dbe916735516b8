"""Bank lines for tests."""

import polars as pl

SCHEMA = {
    "id": pl.Int64,
    "amount_cents": pl.Int64,
    "purpose": pl.String,
    "name": pl.String,
    "entry_text": pl.String,
    "number": pl.String,
    "is_private": pl.Boolean,
}


def lines(*rows: tuple[int, str | None, str | None, str | None]) -> pl.DataFrame:
    """Lines of amount, purpose, counterparty and booking text."""
    content = [
        {
            "id": number,
            "amount_cents": amount,
            "purpose": purpose,
            "name": name,
            "entry_text": text,
            "is_private": False,
        }
        for number, (amount, purpose, name, text) in enumerate(rows, start=1)
    ]
    return pl.DataFrame(content, schema=SCHEMA)
