"""Stored decisions that tests change, with statements that fit them again."""

import hashlib
import json
import os

from service import SIGNING_KEYS
from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from scoring.base.signing import SigningKeys, salted_digest
from scoring.decisions import records
from scoring.decisions.statements import Fact, digest_of, encode
from scoring.store.decisions import columns_of
from scoring.store.statements import Signer
from scoring.store.tables import decisions, statements

SIGNER = Signer(keys=SigningKeys(SIGNING_KEYS), randomness=os.urandom)
"""That of services in tests."""


def replace_record(connection: Connection, decision_id: str, content: bytes) -> None:
    """Store other bytes with their columns, and sign them in the place of others; the chain does not fit any more."""
    row = connection.execute(select(decisions).where(decisions.c.id == decision_id)).one()
    columns = columns_of(records.decode(content).decision)
    changed = {**columns, "record": content, "sha256": hashlib.sha256(content).hexdigest()}
    connection.execute(update(decisions).where(decisions.c.id == decision_id).values(**changed))
    replace_facts(connection, decision_id, record=salted_digest(row.salt, content))


def replace_facts(connection: Connection, decision_id: str, **facts: Fact) -> None:
    """Sign other facts of a decision in the place of what was signed."""
    mine = statements.c.object_id == decision_id
    statement = SIGNER.open(connection.execute(select(statements.c.signed).where(mine)).scalar_one())
    statement.facts.update(facts)
    signed = SIGNER.keys.sign(encode(statement))
    connection.execute(update(statements).where(mine).values(signed=signed, sha256=digest_of(signed)))


def as_0_5_stored(connection: Connection, decision_id: str, purpose: str) -> None:
    """Give a decision the record that version 0.5 would have stored: with the purpose of the loan in it."""
    record = connection.execute(select(decisions.c.record).where(decisions.c.id == decision_id)).scalar_one()
    facts = json.loads(record)
    del facts["asked_by"]
    facts["schema"], facts["terms"]["purpose"] = 3, purpose
    # It named ten documents behind a value.
    for one in (*facts["assessment"]["reasons"], *facts["assessment"]["causes"]):
        one["evidence"]["documents"] = one["evidence"]["documents"][:10]
    replace_record(connection, decision_id, json.dumps(facts, ensure_ascii=False).encode())
