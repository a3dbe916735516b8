"""``keys``: API keys of lenders."""

import os
import sys
from typing import Annotated, Literal

from cyclopts import App, Parameter
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress

from scoring.base.rates import Rate
from scoring.base.secrets import DecryptionError
from scoring.base.signing import new_signing_keys
from scoring.commands.session import (
    announced,
    answer,
    check_holder,
    check_lender,
    cipher_of,
    counted,
    give_up,
    prepare,
    read_settings,
    signer_of,
    with_database,
)
from scoring.runtime.operator import operators_mark
from scoring.runtime.settings import clock_of
from scoring.store.audit import Action, write_mark
from scoring.store.database import Database, sqlite_file
from scoring.store.principals import Principal, Role, add_key, lender_of_key, list_keys, revoke_key, set_quota
from scoring.store.quotas import Quota
from scoring.store.sealed import count_by_key, encrypt_anew

app = App(name="keys", help="Add, list and revoke API keys of lenders; rotate the encryption key of stored data.")


@app.command(name="add")
def add(
    *,
    lender: Annotated[str, Parameter(help="Lender whose data the key can access: letters, digits, dots and dashes.")],
    role: Annotated[list[Role], Parameter(help="May be repeated.", negative=())],
    name: Annotated[str, Parameter(help="Person or system that holds the key.")],
    kind: Annotated[
        Literal["person", "system"], Parameter(help="Whether a person or a system holds the key.")
    ] = "system",
    new_lender: Annotated[bool, Parameter(help="The lender is not there yet.", negative=())] = False,
    quota: Annotated[str | None, Parameter(help="Decisions that the key may ask for, such as 10000/day.")] = None,
) -> None:
    """Create an API key and print it. It is shown only once; only its digest is stored."""
    check_holder(lender, name)
    wanted = Principal(id="", lender_id=lender, kind=kind, name=name.strip(), roles=frozenset(role))
    rate = None if quota is None else _rate(quota)
    settings = prepare(read_settings())
    check_lender(settings, lender, is_new=new_lender)
    key, _ = with_database(
        settings,
        lambda database: add_key(
            database,
            wanted,
            now=clock_of(settings)(),
            randomness=os.urandom,
            quota=rate,
            mark=operators_mark(Action.KEY_ADDED, clock_of(settings), lender),
        ),
    )
    answer(key)


@app.command(name="quota")
def change_quota(prefix: str, quota: str, /) -> None:
    """Change how many decisions a key may ask for. What it has used in the current window stays counted.

    Args:
        prefix: prefix of the key, as ``keys list`` prints it.
        quota: such as 10000/day (second, minute, hour, day), or none.
    """
    rate = None if quota == "none" else _rate(quota)
    settings = read_settings()

    async def work(database: Database) -> bool:
        mark = operators_mark(Action.KEY_CHANGED, clock_of(settings), await lender_of_key(database, prefix))
        return await set_quota(database, prefix, rate, mark=mark)

    if not with_database(settings, work):
        give_up(f"there is no key {prefix!r}; `keys list` lists all keys")
    answer(f"{prefix} may ask for {rate} decisions" if rate else f"{prefix} has no quota")


def _rate(text: str) -> Rate:
    try:
        return Rate.parse(text)
    except ValueError as error:
        give_up(str(error))


@app.command(name="rotate")
def rotate() -> None:
    """Encrypt everything stored with the first key of SCORING_ENCRYPTION_KEYS, while services go on.

    Start the services with the new key first, and the old ones behind it, before: while one of them does not encrypt
    with it, nothing is encrypted anew. Can be stopped and run again.
    At the end nothing needs the other keys any more, and they can be left out.
    Exit status: 0 everything is encrypted with the first key, by all services, too; 2 it is not.
    """
    settings = prepare(read_settings())
    first = cipher_of(settings).ids[0]

    async def work(database: Database) -> tuple[int, dict[str, dict[str, int]]]:
        before = await database.read_at_once(count_by_key)
        others = sum(sum(counts.values()) for key_id, counts in before.items() if key_id != first)
        console = Console(stderr=True)
        progress = Progress(*Progress.get_default_columns(), MofNCompleteColumn(), console=console)
        async with announced(settings, database) as agreed:
            await agreed.settle()
            with progress:
                task = progress.add_task("encrypting", total=others)
                await encrypt_anew(database, agreed.cipher, done=lambda count: progress.advance(task, count))
            await write_mark(database, operators_mark(Action.KEYS_ROTATED, clock_of(settings)), object_id=first)
            await agreed.settle()  # one that began meanwhile
            after = await database.read_at_once(count_by_key)
        return others, {key_id: counts for key_id, counts in after.items() if key_id != first}

    try:
        count, left = with_database(settings, work)
    except DecryptionError as error:
        give_up(str(error))
    if left:
        give_up(f"other keys were used meanwhile: {sorted(left)}; start all services with {first!r} first")
    reports = sqlite_file(settings.suspicion_database_url)
    if reports is None or reports.exists():
        sys.stderr.write("scoring: suspicion reports are encrypted apart: run `suspicion rotate`, too\n")
    answer(f"{counted(count, 'row')} encrypted with {first}; no other key is needed")


@app.command(name="signing")
def signing() -> None:
    """Print a new key that signs, as a JWK Set for SCORING_SIGNING_KEYS. It is stored nowhere."""
    answer(new_signing_keys(os.urandom).rstrip())


@app.command(name="public")
def public() -> None:
    """Print the public keys that verify what is signed, as a JWK Set."""
    answer(signer_of(read_settings()).keys.public().rstrip())


@app.command(name="list")
def show() -> None:
    """List all keys by their prefix; of a quota, what was used in the window of now, and when that began."""
    settings = read_settings()
    now = clock_of(settings)()
    for row in with_database(settings, list_keys):
        state = f"revoked {row.revoked_at}" if row.revoked_at else "valid"
        quota = "no quota"
        if row.quota:
            stored = Quota(prefix=row.prefix, rate=Rate.parse(row.quota), used=row.quota_used, used_from=row.quota_from)
            used, began = stored.standing(now)
            quota = f"{row.quota}, {used} used since {began}"
        told = (row.prefix, row.lender_id, row.kind, row.name, row.roles, row.created_at, state, quota)
        answer("\t".join(told))


@app.command(name="revoke")
def revoke(prefix: str, /) -> None:
    """Revoke a key.

    Args:
        prefix: prefix of the key, as ``keys list`` prints it.
    """
    settings = read_settings()

    async def work(database: Database) -> bool:
        mark = operators_mark(Action.KEY_REVOKED, clock_of(settings), await lender_of_key(database, prefix))
        return await revoke_key(database, prefix, now=clock_of(settings)(), randomness=os.urandom, mark=mark)

    if not with_database(settings, work):
        give_up(f"there is no key {prefix!r}; `keys list` lists all keys")
    answer(f"{prefix} is revoked")
