"""The list of decisions and the page of each."""

from datetime import date
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

import anyio.to_thread
import msgspec
import structlog
from anyio import CapacityLimiter
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from features.feature import Text
from features.history import history_of
from features.management import management_accounts
from scoring.api.errors import UnknownObjectError
from scoring.api.lists import page_of
from scoring.api.middleware import who_of
from scoring.api.notices import ISSUERS
from scoring.api.present import link_of
from scoring.base.identifiers import Clock, day_in_berlin
from scoring.base.secrets import Cipher, DecryptionError
from scoring.decisions.changes import Change, TermsOffer
from scoring.decisions.decision import Decision, Snoozed
from scoring.decisions.records import NewerRecordError
from scoring.decisions.since_last import since_last
from scoring.pages.access import needs_person, viewer_of
from scoring.pages.figures import Figure, cash_cases, cash_figure, cash_flows, figures_of
from scoring.pages.filters import chosen
from scoring.pages.formats import Formats
from scoring.pages.management import AccountsTable, accounts_table_of
from scoring.pages.rendering import Pages, language_of
from scoring.pages.score import STEP_WIDTH, score_scale_of, waterfall_of
from scoring.runtime.serving import Serving
from scoring.sources.registry import Sources
from scoring.store.audit import Action, Trail, page_id
from scoring.store.database import Database
from scoring.store.decisions import (
    ErasedDecisionError,
    RecordChangedError,
    StoredDecision,
    UnreadableDecision,
    list_decisions,
    list_particulars,
    with_particulars,
)
from scoring.store.principals import Principal, Role
from scoring.store.snapshots import KeptBooks, SnapshotError, SnapshotGoneError
from scoring.store.statements import Signer
from scoring.texts.catalogue import newest
from scoring.texts.changes import say_all, say_change
from scoring.texts.data_quality import say_cause, say_matched, say_quality, say_unavailable, say_unmatched
from scoring.texts.missing_data import say_linked, say_missing_data, say_missing_value, say_wait
from scoring.texts.rendering import why_missing, words_of
from scoring.texts.since_last import say_factor, say_since_last
from scoring.usecases.cases import Cases
from scoring.usecases.cash_ahead import find_cash_ahead
from scoring.usecases.changes import find_changes, find_offers
from scoring.usecases.data_quality import find_data_quality
from scoring.usecases.inputs import DecisionInputs, InputsGoneError
from scoring.usecases.missing_data import find_missing_data
from scoring.usecases.reading import Reading

READERS: Final = (Role.APPLY, Role.UNDERWRITE, Role.ANALYSE, Role.AUDIT)
_ON_A_PAGE: Final = 25
_RESULTS: Final = ("fail", "not_applicable", "pass")
_log = structlog.get_logger(__name__)


@get("/decisions", guards=[needs_person(*READERS)])
async def get_list(
    request: Request[Any, Any, Any],
    database: NamedDependency[Database],
    signer: NamedDependency[Signer],
    trail: NamedDependency[Trail],
    cipher: NamedDependency[Cipher],
    workers: NamedDependency[CapacityLimiter],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """The filtered list of decisions, newest first."""
    choice = chosen(request, Formats(language_of(request)))
    page: list[StoredDecision | UnreadableDecision] = []
    next_cursor = None
    if not choice.problems:
        reader = viewer_of(request).principal
        found = await list_decisions(
            database,
            signer,
            lender_id=reader.lender_id,
            wanted=choice.wanted,
            before=choice.cursor,
            limit=_ON_A_PAGE + 1,
            with_restricted=reader.sees_restricted,
        )
        page, next_cursor = page_of(found, _ON_A_PAGE, lambda stored: stored.decision_id)
        seen = page_id([one.decision_id for one in page])
        about = page[0].borrower_id if choice.wanted.borrower_ref is not None and page else None
        await trail.note(who_of(request, reader), Action.DECISIONS_LISTED, object_id=seen, borrower_id=about)
        page = await list_particulars(database, cipher, page, lender_id=reader.lender_id)
    kept = {name: value for name, value in choice.fields.items() if value}
    render = partial(
        pages.respond,
        request,
        "decisions.html",
        status_code=400 if choice.problems else 200,
        choice=choice,
        items=[stored for stored in page if isinstance(stored, StoredDecision)],
        damaged=[one.decision_id for one in page if isinstance(one, UnreadableDecision) and one.is_damaged],
        erased=[one.decision_id for one in page if isinstance(one, UnreadableDecision) and one.is_erased],
        newer=[one.decision_id for one in page if isinstance(one, UnreadableDecision) and one.is_newer],
        older=None if next_cursor is None else f"?{urlencode({**kept, 'cursor': next_cursor})}",
        newest=f"?{urlencode(kept)}" if choice.cursor else None,
    )
    return await anyio.to_thread.run_sync(render, limiter=workers)


@get("/decisions/{decision_id:str}", guards=[needs_person(*READERS)])
async def get_page(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Any, Any, Any],
    decision_id: FromPath[str],
    reading: NamedDependency[Reading],
    database: NamedDependency[Database],
    cipher: NamedDependency[Cipher],
    sources: NamedDependency[Sources],
    inputs: NamedDependency[DecisionInputs],
    reviews: NamedDependency[Cases],
    clock: NamedDependency[Clock],
    workers: NamedDependency[CapacityLimiter],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """One decision, from its verdict down to its digests."""
    reader = viewer_of(request).principal
    lender_id = reader.lender_id
    stored = await reading.find(decision_id, reader=reader, who=who_of(request, reader))
    if stored is None:
        raise UnknownObjectError("there is no decision of this identifier")
    stored = await with_particulars(database, cipher, stored, lender_id=lender_id)
    books = await _books(inputs, stored)
    serving = await _serving(inputs, stored)
    before = await _before(reading, stored, reader)
    case_id = stored.case_id or await reviews.find_of(reader, decision_id)
    today = day_in_berlin(clock())
    render = partial(_render, request, today, pages, stored, before, books, serving, sources, case_id)
    return await anyio.to_thread.run_sync(render, limiter=workers)


async def _before(reading: Reading, stored: StoredDecision, reader: Principal) -> StoredDecision | None:
    """The last decision on the same borrower; None where there is none, or it cannot be read."""
    try:
        return await reading.look_before(stored, reader=reader)
    except (RecordChangedError, NewerRecordError, ErasedDecisionError):
        return None


async def _books(inputs: DecisionInputs, stored: StoredDecision) -> KeptBooks | SnapshotError | DecryptionError:
    """The books, or why it is not available."""
    try:
        return await inputs.books_of(stored)
    except (SnapshotError, DecryptionError) as error:
        return error


async def _serving(inputs: DecisionInputs, stored: StoredDecision) -> Serving | None:
    """The model and the policy that made the decision; None where they are gone."""
    try:
        return await inputs.serving_of(stored.decision)
    except InputsGoneError:
        return None


class _Otherwise(msgspec.Struct, frozen=True, kw_only=True):
    """What the page says beside the decision itself."""

    figures: tuple[Figure, ...]
    accounts: AccountsTable | None = None
    """None where the books are gone."""
    text: Text | None = None
    """Before the changes or in their place; None where nothing can be worked out."""
    changes: tuple[tuple[Change, Text], ...] = ()
    offers: tuple[TermsOffer, ...] = ()
    missing: tuple[Text, ...] = ()
    """What missing values cost, from the whole to the single one, and what would add them; empty where none is."""
    cash: Figure | None = None
    """Cash ahead; None where model or policy are gone."""
    cash_cases: tuple[str, ...] = ()
    cash_head: tuple[str, ...] = ()
    """Of a table of what is expected by kind and month."""
    cash_rows: tuple[tuple[str, ...], ...] = ()
    quality: tuple[Text, ...] = ()
    """How far the books can be relied on, from the whole to the single flag; empty where they are gone."""


def _otherwise(decision: Decision, books: KeptBooks, serving: Serving | None, f: Formats) -> _Otherwise:
    snapshot = books.snapshot
    figures = figures_of(history_of(snapshot.ledger, decision.as_of), f)
    accounts = accounts_table_of(
        management_accounts(snapshot.ledger, decision.as_of), decision.circumstances.coverage.notes, f
    )
    quality = _data_quality(decision, books)
    if serving is None:
        return _Otherwise(figures=figures, accounts=accounts, quality=quality)
    found = find_changes(decision, books, serving)
    ahead = find_cash_ahead(decision, books, serving)
    head, rows = cash_flows(ahead, f)
    return _Otherwise(
        figures=figures,
        accounts=accounts,
        cash=cash_figure(ahead, decision.as_of, f),
        cash_cases=cash_cases(ahead, f),
        cash_head=head,
        cash_rows=rows,
        text=say_all(found, decision.assessment),
        changes=tuple((one, say_change(one, decision.terms)) for one in found),
        offers=find_offers(decision, books, serving).offers,
        missing=_missing_data(decision, books, serving),
        quality=quality,
    )


def _data_quality(decision: Decision, books: KeptBooks) -> tuple[Text, ...]:
    found = find_data_quality(decision, books)
    matches = found.matches
    return (
        say_quality(found.quality),
        *map(say_cause, found.quality.causes),
        *map(say_unavailable, found.quality.unavailable),
        *(() if matches is None else (say_matched(one, matches) for one in matches.levels if one.count)),
        *(() if matches is None else (say_unmatched(matches),)),
    )


def _since_last(before: Decision, decision: Decision) -> tuple[Text, ...]:
    """What changed, from the whole to the single factor that cost or earned points."""
    found = since_last(before, decision)
    factors = (factor for factor in found.factors if factor.points)
    return (say_since_last(found, before, decision), *map(say_factor, factors))


def _missing_data(decision: Decision, books: KeptBooks, serving: Serving) -> tuple[Text, ...]:
    if not decision.missing:
        return ()
    found = find_missing_data(decision, books, serving)
    return (
        say_missing_data(found),
        *map(say_missing_value, found.missing),
        *(() if found.linked is None else (say_linked(found.linked),)),
        *map(say_wait, found.waits),
    )


def _render(  # noqa: PLR0913, PLR0917  each is shown once
    request: Request[Any, Any, Any],
    today: date,
    pages: Pages,
    stored: StoredDecision,
    before: StoredDecision | None,
    books: KeptBooks | SnapshotError | DecryptionError,
    serving: Serving | None,
    sources: Sources,
    case_id: str | None,
) -> Response[str]:
    """The slow part of the page, for a worker thread."""
    f, viewer = Formats(language_of(request)), viewer_of(request).principal
    decision, assessment = stored.decision, stored.decision.assessment
    words = stored.words or words_of(decision)
    otherwise = _Otherwise(figures=())
    if isinstance(books, KeptBooks):
        try:
            otherwise = _otherwise(decision, books, serving, f)
        except SnapshotError as error:
            books = error
    if isinstance(books, Exception) and not isinstance(books, SnapshotGoneError):
        _log.error("snapshot cannot be shown", decision=decision.decision_id, error=type(books).__name__)
    return pages.respond(
        request,
        "decision.html",
        decision=decision,
        borrower=stored.borrower_ref,
        case_id=case_id,
        before=before,
        changed=() if before is None else _since_last(before.decision, decision),
        today=today,
        waterfall=waterfall_of(assessment),
        scale=score_scale_of(assessment, f),
        otherwise=otherwise,
        is_gone=isinstance(books, SnapshotGoneError),
        missing=_missing(decision, f),
        why_not_bound=None
        if decision.largest_instalment is None or decision.largest_instalment.cause is None
        else f.say(why_missing(decision.largest_instalment.cause)),
        causes=tuple(zip(assessment.causes, words.causes, strict=True)),
        reasons=tuple(zip(assessment.reasons, words.reasons, strict=True)),
        rules=sorted(zip(assessment.rules, words.rules, strict=True), key=lambda pair: _RESULTS.index(pair[0].result)),
        snoozed=_snoozed(decision),
        purpose=stored.purpose,
        signed=stored.signed,
        signed_sha256=stored.signed_sha256,
        particulars=stored.particulars,
        link_of=lambda document: link_of(document, decision.circumstances, sources),
        step_width=STEP_WIDTH,
        may_issue=stored.borrower_ref is not None and bool(viewer.roles & {*ISSUERS, Role.ADMIN}),
    )


def _snoozed(decision: Decision) -> list[tuple[Snoozed, Text, bool]]:
    """Rules that were set aside, what each looks at, and whether it would have referred."""
    failed = {rule.id for rule in decision.assessment.rules if rule.result == "fail"}
    texts = newest().rules
    return [(one, texts[one.rule].subject, one.rule in failed) for one in decision.circumstances.snoozed]


def _missing(decision: Decision, f: Formats) -> list[tuple[str, list[str]]]:
    """Why values are missing, in words, with what their features are called."""
    by_cause: dict[str, list[str]] = {}
    for feature, cause in decision.missing.items():
        by_cause.setdefault(f.say(why_missing(cause)), []).append(f.label(feature))
    return list(by_cause.items())
