"""What would change the decision of a case: a page of its own, worked out when somebody asks."""

from functools import partial
from typing import Any

import anyio.to_thread
import msgspec
from anyio import CapacityLimiter
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from features.feature import Text
from scoring.api.decisions import hung_up
from scoring.api.middleware import who_of
from scoring.api.present import link_of
from scoring.base.secrets import DecryptionError
from scoring.decisions.changes import Change, Effect, TermsOffer
from scoring.decisions.decision import Decision
from scoring.pages.access import needs_person, viewer_of
from scoring.pages.rendering import Pages
from scoring.runtime.serving import Serving
from scoring.sources.registry import Sources
from scoring.store.snapshots import KeptBooks, SnapshotError
from scoring.texts.changes import say_all, say_change, say_step
from scoring.usecases.admission import Admission
from scoring.usecases.cases import READERS, Cases
from scoring.usecases.changes import find_changes, find_effects, find_offers
from scoring.usecases.inputs import DecisionInputs, InputsGoneError


@get("/cases/{case_id:str}/changes", guards=[needs_person(*READERS)])
async def get_page(  # noqa: PLR0913, PLR0917  one argument for each part
    request: Request[Any, Any, Any],
    case_id: FromPath[str],
    reviews: NamedDependency[Cases],
    inputs: NamedDependency[DecisionInputs],
    sources: NamedDependency[Sources],
    admission: NamedDependency[Admission],
    workers: NamedDependency[CapacityLimiter],
    pages: NamedDependency[Pages],
) -> Response[str]:
    """What would change it, worked out when somebody asks; without the verdict for who is to judge first."""
    reader = viewer_of(request).principal
    shown = await reviews.read(who_of(request, reader), reader, case_id)
    stored = await reviews.decision_of(shown)
    found = Otherwise()
    if stored is not None:
        try:
            serving, books = await inputs.serving_of(stored.decision), await inputs.books_of(stored)
        except (InputsGoneError, SnapshotError, DecryptionError):
            pass
        else:
            work = partial(otherwise, stored.decision, books, serving, is_hidden=shown.is_hidden)
            # it may cost several decisions: it takes its turn among them
            async with admission.turn(reader.lender_id, hung_up=partial(hung_up, request)):
                found = await anyio.to_thread.run_sync(work, limiter=workers)
    return pages.respond(
        request,
        "case_changes.html",
        shown=shown,
        found=found,
        particulars=None if stored is None else stored.particulars,
        link_of=lambda document: None if stored is None else link_of(document, stored.decision.circumstances, sources),
    )


class Otherwise(msgspec.Struct, frozen=True, kw_only=True):
    """What a case's decision would be otherwise; all empty where that cannot be worked out any more."""

    text: Text | None = None
    """Before the changes, or in their place; None where they are hidden or gone."""
    changes: tuple[tuple[Change, Text], ...] = ()
    offers: tuple[TermsOffer, ...] = ()
    effects: tuple[tuple[Effect, Text], ...] | None = None
    """In the place of all that; None where the recommendation is not hidden."""


def otherwise(decision: Decision, books: KeptBooks, serving: Serving, *, is_hidden: bool) -> Otherwise:
    """What a decision would be otherwise, for a worker thread.

    Changes and offers tell the recommendation, also by being none. Where it is hidden, effects on the score stand in
    their place, which ask nothing of the policy.
    """
    try:
        if is_hidden:
            effects = find_effects(decision, books, serving)
            return Otherwise(effects=tuple((one, say_step(one.step, decision.terms)) for one in effects))
        found = find_changes(decision, books, serving)
        return Otherwise(
            text=say_all(found, decision.assessment),
            changes=tuple((one, say_change(one, decision.terms)) for one in found),
            offers=find_offers(decision, books, serving).offers,
        )
    except SnapshotError:
        return Otherwise()
