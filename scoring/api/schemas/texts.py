"""Texts in requests that more than one route takes, and their patterns."""

from typing import Annotated

from msgspec import Meta

PRINTED, NO_BLANK = r"[^\x00-\x1f\x7f-\xa0\xad]", r"[^\x00-\x20\x7f-\xa0\xad]"
PRINTABLE = f"^{PRINTED}*$"
"""Approximates ``str.isprintable`` as a pattern; exact for Latin-1."""
VISIBLE = r"[^\s\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
"""One character at least that can be seen, wherever it stands; the same in Python and in JSON Schema."""
BorrowerRef = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=120,
        extra_json_schema={"pattern": f"^{NO_BLANK}({PRINTED}*{NO_BLANK})?$"},
        description="The lender's reference for the borrower: printable, no spaces at the ends, no personal name.",
        examples=["firm-4711"],
    ),
]
