"""Wire types of guarantors."""

from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

from scoring.api.schemas.texts import NO_BLANK, PRINTED


class GuarantorRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A natural person or firm that guarantees the loan of a case."""

    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=120,
            extra_json_schema={"pattern": f"^{NO_BLANK}({PRINTED}*{NO_BLANK})?$"},
            examples=["Erika Mustermann"],
        ),
    ]
    consented_on: Annotated[
        date, Meta(description="The day on which it agreed to be named here, not in the future. You keep the proof.")
    ]
    birth_date: Annotated[date, Meta(description="Where the name alone does not say who it is.")] | None = None
    address: (
        Annotated[
            str,
            Meta(
                min_length=1,
                max_length=300,
                extra_json_schema={"pattern": f"^{NO_BLANK}({PRINTED}*{NO_BLANK})?$"},
                description="On one line, for the contract.",
            ),
        ]
        | None
    ) = None


class GuarantorResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A guarantor of a case: a data subject of its own."""

    guarantor_id: str
    """Its reference in requests of data subjects, too."""
    case_id: str
    name: str | None
    """Null once it was erased, and where it is restricted; so are the next three."""
    birth_date: date | None
    address: str | None
    consented_on: date | None
    named_at: str
    released_at: str | None
    """Null while it guarantees."""


class GuarantorList(msgspec.Struct, frozen=True, kw_only=True):
    """The guarantors of a case."""

    items: list[GuarantorResponse]
