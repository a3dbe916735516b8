"""Routes of what is printed of a decision: notices to the applicant, and the memo for the lender's file."""

import base64
from functools import partial
from typing import Annotated, Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIResponse, OpenAPIType, Schema
from litestar.params import PathParameter, QueryParameter
from structlog.contextvars import bind_contextvars

from scoring.api import problems as known
from scoring.api.decisions import READERS, hung_up
from scoring.api.errors import UnknownObjectError
from scoring.api.lists import check_parameters
from scoring.api.middleware import needs, who_of
from scoring.api.openapi import operation
from scoring.api.schemas.notices import NoticeList, NoticeResponse
from scoring.papers.notice import policy_of_html
from scoring.store.notices import PREFIX, Notice
from scoring.store.principals import Principal, Role
from scoring.usecases.admission import Admission
from scoring.usecases.memos import MemoFormat, Memos
from scoring.usecases.notices import Format, Issued, Language, Notices

ISSUERS: Final = (Role.APPLY, Role.UNDERWRITE)
_WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TYPES: Final = {"html": "text/html", "pdf": "application/pdf", "xlsx": _WORKBOOK}
_BYTES: Final = OpenAPIResponse(
    description="The notice, with its identifier in `Content-Location` and its digest in `Repr-Digest` (RFC 9530).",
    content={
        "application/pdf": OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)),
        "text/html": OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING)),
    },
)
_MEMO: Final = OpenAPIResponse(
    description="The memo.",
    content={
        kind: OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY))
        for kind in ("application/pdf", _WORKBOOK)
    },
)
_READING: Final = (
    known.NOT_FOUND,
    known.RESTRICTED,
    known.ERASED,
    known.STORED_DATA_DAMAGED,
    known.NEWER_RECORD,
)
DecisionId = Annotated[str, PathParameter(description="Identifier of a decision of your lender.")]


@get(
    "/v1/decisions/{decision_id:str}/notice",
    guards=[needs(*ISSUERS)],
    operation_id="getNotice",
    operation_class=operation(
        *_READING,
        known.INVALID_REQUEST,
        known.BORROWER_RESTRICTED,
        known.CASE_MOVED,
        known.DECISION_SUPERSEDED,
        known.SENDER_MISSING,
        known.OVERLOADED,
        further={"200": _BYTES},
    ),
    tags=["notices"],
    summary="Issue the notice to the applicant",
)
async def get_notice(
    request: Request[Principal, Any, Any],
    decision_id: DecisionId,
    letters: NamedDependency[Notices],
    admission: NamedDependency[Admission],
    paper: Annotated[
        Format | None,
        QueryParameter(name="format", description="Without it, as `Accept` says: PDF where it is named, else HTML."),
    ] = None,
    language: Annotated[
        Language | None, QueryParameter(description="Without it, the language of the application.")
    ] = None,
) -> Response[bytes]:
    """What stands: the machine's decision, what persons decided in its case, or that they have not decided yet.

    It is kept as it was issued. The same request is answered with the same bytes until one of its facts changes.
    """
    check_parameters(request, frozenset({"format", "language"}), prefix=PREFIX)
    is_pdf = "application/pdf" in request.headers.get("accept", "")
    wanted: Format = paper or ("pdf" if is_pdf else "html")
    # A new one may cost several decisions: it takes its turn among them.
    async with admission.turn(request.user.lender_id, hung_up=partial(hung_up, request)):
        issued = await letters.issue(
            who_of(request, request.user), request.user, decision_id, paper=wanted, language=language
        )
    if issued is None:
        raise UnknownObjectError("there is no decision with this identifier")
    bind_contextvars(decision_id=decision_id)
    return paper_of(issued)


@get(
    "/v1/decisions/{decision_id:str}/notices",
    guards=[needs(*READERS)],
    operation_id="listNotices",
    operation_class=operation(*_READING),
    tags=["notices"],
    summary="List the notices on a decision",
)
async def get_notices(
    request: Request[Principal, Any, Any], decision_id: DecisionId, letters: NamedDependency[Notices]
) -> NoticeList:
    """Newest first, as they were issued."""
    found = await letters.list(who_of(request, request.user), request.user, decision_id)
    if found is None:
        raise UnknownObjectError("there is no decision with this identifier")
    return NoticeList(items=tuple(_present(one) for one in found))


@get(
    "/v1/notices/{notice_id:str}",
    guards=[needs(*READERS)],
    operation_id="getIssuedNotice",
    operation_class=operation(known.NOT_FOUND, known.RESTRICTED, known.STORED_DATA_DAMAGED, further={"200": _BYTES}),
    tags=["notices"],
    summary="Read a notice that was issued",
)
async def get_issued_notice(
    request: Request[Principal, Any, Any],
    notice_id: Annotated[str, PathParameter(description="Identifier of a notice of your lender.")],
    letters: NamedDependency[Notices],
) -> Response[bytes]:
    """The very bytes."""
    return paper_of(await letters.read(who_of(request, request.user), request.user, notice_id))


@get(
    "/v1/decisions/{decision_id:str}/memo",
    guards=[needs(*READERS)],
    operation_id="getMemo",
    operation_class=operation(*_READING, known.INVALID_REQUEST, further={"200": _MEMO}),
    tags=["notices"],
    summary="Print the credit memo of a decision",
)
async def get_memo(
    request: Request[Principal, Any, Any],
    decision_id: DecisionId,
    memos: NamedDependency[Memos],
    paper: Annotated[MemoFormat, QueryParameter(name="format", description="A PDF or an Excel workbook.")] = "pdf",
    language: Annotated[
        Language | None, QueryParameter(description="Without it, the language of the application.")
    ] = None,
) -> Response[bytes]:
    """For the lender's file: figures with links to their documents, cash flow, rules, the review and the loan."""
    check_parameters(request, frozenset({"format", "language"}), prefix=PREFIX)
    content = await memos.make(who_of(request, request.user), request.user, decision_id, paper=paper, language=language)
    if content is None:
        raise UnknownObjectError("there is no decision with this identifier")
    return memo_paper(content, decision_id, paper)


def memo_paper(content: bytes, decision_id: str, paper: MemoFormat) -> Response[bytes]:
    """The answer with a memo."""
    headers = {
        "Content-Disposition": f'inline; filename="{decision_id}.{paper}"',
        "Cache-Control": "no-store",
    }
    return Response(content, media_type=_TYPES[paper], headers=headers)


def paper_of(issued: Issued) -> Response[bytes]:
    """The answer with a notice."""
    notice = issued.notice
    digest = base64.b64encode(bytes.fromhex(notice.sha256)).decode()
    headers = {
        "Content-Disposition": f'inline; filename="{notice.id}.{notice.format}"',
        "Content-Language": notice.language,
        "Content-Location": _path(notice),
        "Content-Security-Policy": policy_of_html(),
        "Repr-Digest": f"sha-256=:{digest}:",
        "Cache-Control": "no-store",
    }
    return Response(issued.content, media_type=_TYPES[notice.format], headers=headers)


def _present(notice: Notice) -> NoticeResponse:
    return NoticeResponse(
        notice_id=notice.id,
        decision_id=notice.decision_id,
        format="pdf" if notice.format == "pdf" else "html",
        language="en" if notice.language == "en" else "de",
        texts=notice.texts,
        sha256=notice.sha256,
        issued_at=notice.issued_at,
        link=_path(notice),
    )


def _path(notice: Notice) -> str:
    return f"/v1/notices/{notice.id}"
