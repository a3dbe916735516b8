"""The credit policies that decided here, by digest: stored permanently, never changed.

A version stands for one text. Which one, the first start with it says; for versions that only decided before texts were
kept, the newest of their decisions does.
"""

import hashlib
from datetime import datetime

import msgspec
from sqlalchemy import select
from sqlalchemy.engine import Connection

from scoring.base.identifiers import day_in_berlin, instant
from scoring.decisions.statements import OPERATOR, StatementKind
from scoring.store.audit import Mark
from scoring.store.database import Database, add_if_new
from scoring.store.statements import Signer
from scoring.store.tables import decisions, policies, promotions

_RECORDS = 200
"""Newest records in which an unknown version is looked for: no column names it, and reading all would take too long."""


class PolicyEditedError(Exception):
    """A policy reuses the version of a different one; the message says what to do."""


async def keep(
    database: Database, signer: Signer, *, version: str, content: bytes, now: datetime, mark: Mark | None = None
) -> None:
    """Store the policy that comes into use; processes may start concurrently.

    Raises:
        PolicyEditedError: another text of this version was in force here; nothing is kept.
        DatabaseUnavailableError: the database does not answer or takes no writes.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    known = await database.read_at_once(lambda connection: kept_as(connection, version))

    def work(connection: Connection) -> tuple[str, str] | None:
        decided = decided_by(connection, version)
        if decided is not None and decided[0] != sha256:
            return decided
        row = {"sha256": sha256, "version": version, "content": content, "first_seen_at": instant(now)}
        if not add_if_new(connection, policies, **row):
            return kept_as(connection, version)
        if mark is not None:
            mark.put(connection, object_id=version)
        signer.add(
            connection,
            lender_id=OPERATOR,
            kind=StatementKind.POLICY,
            object_id=version,
            at=instant(now),
            facts={"sha256": sha256},
        )
        return None

    known = known or await database.write_at_once(work)
    if known is not None and known[0] != sha256:
        raise PolicyEditedError(
            f'the policy says version "{version}", but another policy of that version was in force here on'
            f" {day_in_berlin(datetime.fromisoformat(known[1]))} (digest {known[0][:12]}). A released policy is never"
            " edited: put that one back, or give the changed file a new version"
        )


async def may_begin_with(database: Database, version: str, sha256: str) -> bool:
    """Whether one person may put a policy in force by a setting: where none was yet, or where this very text was.

    Of a version that had another text, ``keep`` says more.
    """

    def work(connection: Connection) -> bool:
        this = (policies.c.sha256 == sha256) | (policies.c.version == version)
        is_known = connection.execute(select(policies.c.version).where(this)).first() is not None
        return is_known or connection.execute(select(policies.c.version).limit(1)).first() is None

    return await database.read_at_once(work)


async def find_policy(database: Database, sha256: str) -> bytes | None:
    """The text with this digest; None if it was never stored here."""
    statement = select(policies.c.content).where(policies.c.sha256 == sha256)
    return await database.read_at_once(lambda connection: connection.execute(statement).scalar())


async def find_version(database: Database, version: str, lender_id: str) -> bytes | None:
    """The text that was in force here under this version; None if none was, or only for another lender."""
    mine = (promotions.c.kind == "policy") & (promotions.c.sha256 == policies.c.sha256)
    of_another = mine & promotions.c.lender_id.is_not(None) & (promotions.c.lender_id != lender_id)
    of_this = mine & (promotions.c.lender_id.is_(None) | (promotions.c.lender_id == lender_id))
    others = select(promotions.c.id).where(of_another).exists() & ~select(promotions.c.id).where(of_this).exists()
    statement = select(policies.c.content).where((policies.c.version == version) & ~others)
    return await database.read_at_once(lambda connection: connection.execute(statement).scalar())


def kept_as(connection: Connection, version: str) -> tuple[str, str] | None:
    """Digest and first day of the text of this version."""
    statement = select(policies.c.sha256, policies.c.first_seen_at).where(policies.c.version == version)
    row = connection.execute(statement).first()
    return None if row is None else (row.sha256, row.first_seen_at)


class _Versions(msgspec.Struct, frozen=True):
    policy: str
    policy_sha256: str


class _Record(msgspec.Struct, frozen=True):
    """What every schema of a record says of its policy."""

    created_at: str
    versions: _Versions


_record = msgspec.json.Decoder(_Record)


def decided_by(connection: Connection, version: str) -> tuple[str, str] | None:
    """Digest and day of the newest decision by a policy of this version, among the newest decisions of all."""
    statement = select(decisions.c.record).order_by(decisions.c.id.desc()).limit(_RECORDS)
    for content in connection.execute(statement).scalars():
        try:
            record = _record.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError):  # damaged records are reported elsewhere, not at start
            continue
        if record.versions.policy == version:
            return record.versions.policy_sha256, record.created_at
    return None
