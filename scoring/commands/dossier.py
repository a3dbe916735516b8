"""``dossier``: everything about one decision in one folder, for an auditor."""

import os
import tempfile
from pathlib import Path

from anyio import CapacityLimiter

from scoring.api.present import link_of
from scoring.base.secrets import DecryptionError
from scoring.commands.session import answer, cipher_of, counted, give_up, read_settings, signer_of, with_database
from scoring.decisions.records import NewerRecordError
from scoring.runtime.in_force import InForce
from scoring.runtime.operator import operator
from scoring.runtime.serving import ServingError, load_recorded, registry_of
from scoring.runtime.settings import Settings, clock_of
from scoring.sources.http import HttpClient
from scoring.sources.observer import Unobserved
from scoring.sources.registry import open_sources
from scoring.store.audit import Trail
from scoring.store.cases import CaseChangedError
from scoring.store.database import Database
from scoring.store.decisions import ErasedDecisionError, RecordChangedError, lender_of
from scoring.store.policies import find_policy
from scoring.store.principals import Principal, Role
from scoring.store.snapshots import SnapshotError
from scoring.telemetry.telemetry import Metrics, Telemetry, Traces
from scoring.usecases.cases import Cases
from scoring.usecases.decision_dossier import Dossiers
from scoring.usecases.inputs import DecisionInputs
from scoring.usecases.memos import Memos
from scoring.usecases.reading import Reading

_UNUSABLE = (
    SnapshotError,
    RecordChangedError,
    CaseChangedError,
    ErasedDecisionError,
    NewerRecordError,
    DecryptionError,
    ServingError,
)


def dossier(decision_id: str, /, *, out: Path) -> None:
    """Write everything about a decision into one folder that can be checked without the database.

    Exit status: 0 written, 2 nothing was written.

    Args:
        decision_id: such as dec_01j00000000000000000000000.
        out: a folder that does not exist yet.
    """
    settings = read_settings()
    if out.exists() or out.is_symlink():
        give_up(f"{out} is there already: name a folder that does not exist yet")
    try:
        files = with_database(settings, lambda database: _gather(database, settings, decision_id))
        _write(out, files)
    except _UNUSABLE as error:
        give_up(str(error))
    except OSError as error:
        give_up(f"{out} cannot be written ({error.strerror})")
    answer(f"{counted(len(files), 'file')} written to {out}; check it with `python -m scoring verify --dossier {out}`")


async def _gather(database: Database, settings: Settings, decision_id: str) -> dict[str, bytes]:
    lender_id = await lender_of(database, decision_id)
    if lender_id is None:
        give_up(f"there is no decision {decision_id}")
    clock, signer, cipher, workers = clock_of(settings), signer_of(settings), cipher_of(settings), CapacityLimiter(1)
    who = operator(lender_id)
    reader = Principal(id="", lender_id=lender_id, kind="person", name=who.name, roles=frozenset({Role.AUDIT}))
    trail = Trail(database=database, clock=clock, randomness=os.urandom)
    reading = Reading(database=database, signer=signer, trail=trail)
    stored = await reading.find(decision_id, reader=reader, who=who)
    if stored is None:
        give_up(f"there is no decision {decision_id}")
    kept = await find_policy(database, stored.decision.versions.policy_sha256)
    serving = load_recorded(settings, stored.decision, kept)
    in_force = InForce(serving)
    async with HttpClient() as http:
        sources = open_sources(
            http,
            sevdesk_url=settings.sevdesk_url,
            is_sevdesk_sandbox=settings.is_sevdesk_sandbox,
            observer=Unobserved(),
        )
        memos = Memos(
            database=database,
            cipher=cipher,
            clock=clock,
            trail=trail,
            reading=reading,
            reviews=Cases(
                database=database,
                cipher=cipher,
                signer=signer,
                clock=clock,
                randomness=os.urandom,
                trail=trail,
                in_force=in_force,
                authority=None,
                telemetry=Telemetry(Metrics(serving.versions), Traces()),
            ),
            inputs=DecisionInputs(
                database=database, cipher=cipher, settings=settings, in_force=in_force, workers=workers
            ),
            links=lambda document, circumstances: link_of(document, circumstances, sources),
        )
        dossiers = Dossiers(
            database=database,
            cipher=cipher,
            signer=signer,
            clock=clock,
            trail=trail,
            memos=memos,
            serving=serving,
            models=registry_of(settings).root,
        )
        return await dossiers.gather(who, reader, stored)


def _write(out: Path, files: dict[str, bytes]) -> None:
    """Beside its place first, and then renamed: a dossier is complete or absent."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".dossier-") as temporary:
        draft = Path(temporary) / "draft"
        for name, content in files.items():
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        draft.rename(out)
