"""Routes of guarantors: name, list, release."""

from collections.abc import Iterator
from typing import Annotated, Any

from litestar import Request, delete, get, post
from litestar.di import NamedDependency
from litestar.params import PathParameter, RawBody

from scoring.api import problems as known
from scoring.api.applications import check_ref, parse_body, require_json
from scoring.api.errors import FieldError
from scoring.api.middleware import needs, who_of
from scoring.api.openapi import BODY_PROBLEMS, operation
from scoring.api.schemas.guarantors import GuarantorList, GuarantorRequest, GuarantorResponse
from scoring.base.identifiers import Clock, day_in_berlin
from scoring.store.guarantors import Guarantor, Person
from scoring.store.principals import Principal, Role
from scoring.usecases.cases import Cases
from scoring.usecases.guarantors import Guarantors

_WRITERS = (Role.APPLY, Role.UNDERWRITE)
CaseId = Annotated[str, PathParameter(description="Identifier of a case of your lender.")]
_PROBLEMS = (known.NOT_FOUND, known.CASE_STATE, known.BORROWER_RESTRICTED, known.STORED_DATA_DAMAGED)


@post(
    "/v1/cases/{case_id:str}/guarantors",
    guards=[needs(*_WRITERS)],
    operation_id="nameGuarantor",
    operation_class=operation(*BODY_PROBLEMS, *_PROBLEMS, body=GuarantorRequest),
    tags=["cases"],
    summary="Name a guarantor",
)
async def name_guarantor(
    request: Request[Principal, Any, Any],
    body: RawBody,
    case_id: CaseId,
    guarantors: NamedDependency[Guarantors],
    clock: NamedDependency[Clock],
) -> GuarantorResponse:
    """A data subject of its own: its identifier is the reference for requests of access, erasure and restriction."""
    require_json(request)
    today = day_in_berlin(clock())

    def check(asked: GuarantorRequest) -> Iterator[FieldError]:
        yield from check_ref(asked.name, "name")
        if asked.address is not None:
            yield from check_ref(asked.address, "address")
        for field, day in (("consented_on", asked.consented_on), ("birth_date", asked.birth_date)):
            if day is not None and day > today:
                yield FieldError(field=field, message=f"is in the future; today is {today.isoformat()}")

    asked = parse_body(body, GuarantorRequest, check)
    person = Person(
        name=asked.name, birth_date=asked.birth_date, address=asked.address, consented_on=asked.consented_on
    )
    return _present(await guarantors.name(who_of(request, request.user), request.user, case_id, person))


@get(
    "/v1/cases/{case_id:str}/guarantors",
    guards=[needs(*_WRITERS, Role.AUDIT)],
    operation_id="listGuarantors",
    operation_class=operation(known.NOT_FOUND, known.RESTRICTED, known.STORED_DATA_DAMAGED),
    tags=["cases"],
    summary="List the guarantors of a case",
)
async def list_guarantors(
    request: Request[Principal, Any, Any],
    case_id: CaseId,
    reviews: NamedDependency[Cases],
    guarantors: NamedDependency[Guarantors],
) -> GuarantorList:
    """Oldest first, released ones among them."""
    who = who_of(request, request.user)
    await reviews.read(who, request.user, case_id)
    return GuarantorList(items=[_present(one) for one in await guarantors.of_case(who, request.user, case_id)])


@delete(
    "/v1/cases/{case_id:str}/guarantors/{guarantor_id:str}",
    guards=[needs(*_WRITERS)],
    operation_id="releaseGuarantor",
    operation_class=operation(*_PROBLEMS),
    tags=["cases"],
    summary="Release a guarantor",
)
async def release_guarantor(
    request: Request[Principal, Any, Any],
    case_id: CaseId,
    guarantor_id: Annotated[str, PathParameter(description="Identifier of a guarantor of the case.")],
    guarantors: NamedDependency[Guarantors],
) -> None:
    """It guarantees no longer. Who it is stays until it is erased: the liability may outlast the guarantee."""
    await guarantors.release(who_of(request, request.user), request.user, case_id, guarantor_id)


def _present(found: Guarantor) -> GuarantorResponse:
    person = found.person
    return GuarantorResponse(
        guarantor_id=found.id,
        case_id=found.case_id,
        name=None if person is None else person.name,
        birth_date=None if person is None else person.birth_date,
        address=None if person is None else person.address,
        consented_on=None if person is None else person.consented_on,
        named_at=found.named_at,
        released_at=found.released_at,
    )
