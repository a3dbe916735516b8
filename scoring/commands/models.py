"""``models``: which model scores."""

from cyclopts import App
from sqlalchemy.engine import Connection

from models.promotable import load_promoted
from models.records import Promotion
from models.registry import Registry, RegistryError, digest_of, stamp
from scoring.commands.session import answer, give_up, prepare, read_settings, signer_of, with_database
from scoring.runtime.operator import operators_mark
from scoring.runtime.serving import registry_of, seeds_of
from scoring.runtime.settings import clock_of
from scoring.store.audit import Action
from scoring.store.promotions import UnprovedPromotion, add_promotion, list_promotions, seed_promotions

app = App(name="models", help="Promote a registered model, and list promotions.")

_SERVABLE = "can be served"


@app.command(name="promote")
def promote(
    name: str,
    version: str,
    /,
    *,
    by: str,
    reason: str,
) -> None:
    """Sign that a registered version scores from the next start of each service on.

    It must have passed every gate, its points must go the declared way, and its files must be those that were
    registered.
    Exit status: 0 promoted, 2 it cannot be.

    Args:
        name: of the model.
        version: registered in SCORING_MODEL_DIR, or in the registry that ships.
        by: person responsible.
        reason: why, in a sentence.
    """
    if not by.strip() or not reason.strip():
        give_up("a promotion needs a person (--by) and a reason (--reason)")
    settings = prepare(read_settings())
    signer, now, registry = signer_of(settings), clock_of(settings)(), registry_of(settings)
    try:
        registry.check_files(name, version)
        found = with_database(settings, lambda database: list_promotions(database, signer, name))
        standing = next((one for one in found if isinstance(one, Promotion)), None)
        promotion = Promotion(
            name=name,
            version=version,
            at=stamp(now),
            by=by.strip(),
            reason=reason.strip(),
            replaced=standing.version if standing else None,
            manifest_sha256=digest_of(registry.manifest_of(name, version)),
        )
        load_promoted(registry, promotion)
    except RegistryError as error:
        give_up(str(error))

    def work(connection: Connection) -> None:
        mark = operators_mark(Action.MODEL_PROMOTED, clock_of(settings))
        add_promotion(connection, signer, promotion, now=now, mark=mark)

    if not found:
        with_database(settings, lambda database: seed_promotions(database, signer, seeds_of(settings, name), now=now))
    with_database(settings, lambda database: database.write_at_once(work))
    answer(f"{name} {version} scores from the next start of each service on")


@app.command(name="list")
def show() -> None:
    """List the promotions of SCORING_MODEL_NAME, newest first, and whether each can be served.

    The newest that can be served scores, from the next start of each service on.
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
