"""``models``: which model scores."""

from datetime import date
from typing import Annotated

from cyclopts import App, Parameter

from models.promotable import load_promoted
from models.records import Promotion
from models.registry import Registry, RegistryError
from scoring.commands.promotions import request
from scoring.commands.session import answer, read_settings, signer_of, with_database
from scoring.commands.simulation import Lender, Lgd, Out, Since, simulate_stored
from scoring.runtime.serving import registry_of
from scoring.store.promotions import UnprovedPromotion, list_promotions

app = App(
    name="models",
    help="Request the promotion of a registered model, try one on stored or on new applications, list promotions.",
)

_SERVABLE = "can be served"


@app.command(name="promote")
def promote(
    name: str,
    version: str,
    /,
    *,
    reason: str,
    since: date | None = None,
) -> None:
    """Request that a registered version score; another person has to approve it (`scoring promotions approve`).

    It must have passed every gate, its points must go the declared way, and its files must be those that were
    registered. Your API key is asked for, or read from standard input.
    Exit status: 0 requested, 2 it cannot be.

    Args:
        name: of the model.
        version: registered in SCORING_MODEL_DIR, or in the registry that ships.
        reason: why, in a sentence.
        since: first day of the stored applications that are decided again; 90 days ago by default.
    """
    request(
        lambda promotions, who, principal, begin: promotions.request_model(
            who, principal, name, version, reason=reason.strip(), since=begin, at_most=None
        ),
        reason=reason,
        since=since,
    )


@app.command(name="simulate")
def simulate(
    *,
    model: Annotated[str, Parameter(help="Version to try, of SCORING_MODEL_NAME.")],
    since: Since,
    lender: Lender = None,
    lgd: Lgd = 0.5,
    out: Out = None,
) -> None:
    """Decide stored applications again under another version of the model, and say who moves and why.

    The policy is the one in force; see `scoring policy simulate`, which takes another one of both.
    Exit status: 0 all were compared, 1 some were left out (standard error names them), 2 nothing can be compared.
    """
    name = model if "/" in model else f"{read_settings().model_name}/{model}"
    simulate_stored(None, name, since=since, lender=lender, lgd=lgd, out=out)


app.command(
    "scoring.commands.compare:compare",
    name="compare",
    help="Compare the model in the shadow with the model that decides, on the same applications.\n\n"
    "Agreement of recommendations, shift of scores, would-be verdicts under the policy that decided, who would move, "
    "and loans whose outcome is known. What there are too few applications for, it says.\n\n"
    "Exit status: 0 no recommendation differs, 1 some do, 2 there is nothing to compare.",
)


@app.command(name="list")
def show() -> None:
    """List the promotions of SCORING_MODEL_NAME, newest first, and whether each can be served.

    The newest that can be served scores. Running services take it up within seconds.
    """
    settings = read_settings()
    signer, registry = signer_of(settings), registry_of(settings)
    is_chosen = False
    for one in with_database(settings, lambda database: list_promotions(database, signer, settings.model_name)):
        if isinstance(one, UnprovedPromotion):
            answer(f"{one.object}\t\t\tnot proved: {one.why}\t")
        else:
            state = _state(registry, one)
            if state == _SERVABLE and not is_chosen:
                is_chosen, state = True, f"{state}, scores"
            answer(f"{one.name}/{one.version}\t{one.at}\t{one.by}\t{state}\t{one.reason}")


def _state(registry: Registry, promotion: Promotion) -> str:
    try:
        load_promoted(registry, promotion)
    except RegistryError as error:
        return str(error)
    return _SERVABLE
