"""What is printed of a decision: the notice to the applicant, and the memo for the lender's file."""

from functools import partial
from typing import Any, Final

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from scoring.api.decisions import READERS, hung_up
from scoring.api.errors import UnknownObjectError
from scoring.api.middleware import who_of
from scoring.api.notices import ISSUERS, memo_paper, paper_of
from scoring.pages.access import needs_person, viewer_of
from scoring.pages.forms import FormError
from scoring.pages.rendering import language_of
from scoring.usecases.admission import Admission
from scoring.usecases.memos import MemoFormat, Memos
from scoring.usecases.notices import Format, Language, Notices

_MEMOS: Final[dict[str, MemoFormat]] = {"pdf": "pdf", "xlsx": "xlsx"}
_FORMATS: Final[dict[str, Format]] = {"html": "html", "pdf": "pdf"}
_LANGUAGES: Final[dict[str, Language]] = {"de": "de", "en": "en"}


@get("/decisions/{decision_id:str}/notice", guards=[needs_person(*ISSUERS)])
async def get_notice(
    request: Request[Any, Any, Any],
    decision_id: FromPath[str],
    letters: NamedDependency[Notices],
    admission: NamedDependency[Admission],
) -> Response[bytes]:
    """The notice, in the language of the application unless another one is asked for."""
    given = request.query_params
    paper, language = given.get("format", "html"), given.get("language")
    if paper not in _FORMATS or (language is not None and language not in _LANGUAGES):
        raise FormError("the format is html or pdf, and the language de or en")
    reader = viewer_of(request).principal
    async with admission.turn(reader.lender_id, hung_up=partial(hung_up, request)):  # as over the interface
        issued = await letters.issue(
            who_of(request, reader),
            reader,
            decision_id,
            paper=_FORMATS[paper],
            language=None if language is None else _LANGUAGES[language],
        )
    if issued is None:
        raise UnknownObjectError("there is no decision of this identifier")
    return paper_of(issued)


@get("/decisions/{decision_id:str}/memo", guards=[needs_person(*READERS)])
async def get_memo(
    request: Request[Any, Any, Any], decision_id: FromPath[str], memos: NamedDependency[Memos]
) -> Response[bytes]:
    """The memo, in the language of its reader."""
    paper = request.query_params.get("format", "pdf")
    if paper not in _MEMOS:
        raise FormError("the format is pdf or xlsx")
    reader = viewer_of(request).principal
    content = await memos.make(
        who_of(request, reader), reader, decision_id, paper=_MEMOS[paper], language=language_of(request)
    )
    if content is None:
        raise UnknownObjectError("there is no decision of this identifier")
    return memo_paper(content, decision_id, _MEMOS[paper])
