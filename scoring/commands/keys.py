"""``keys``: API keys of lenders."""

import os
from typing import Annotated, Literal

from cyclopts import App, Parameter

from scoring.commands.session import answer, check_holder, give_up, prepare, read_settings, with_database
from scoring.runtime.settings import clock_of
from scoring.store.principals import Principal, Role, add_key, list_keys, revoke_key

app = App(name="keys", help="Add, list and revoke API keys of lenders.")


@app.command(name="add")
def add(
    *,
    lender: Annotated[str, Parameter(help="Lender whose data the key can access: letters, digits, dots and dashes.")],
    role: Annotated[list[Role], Parameter(help="May be repeated.", negative=())],
    name: Annotated[str, Parameter(help="Person or system that holds the key.")],
    kind: Annotated[
        Literal["person", "system"], Parameter(help="Whether a person or a system holds the key.")
    ] = "system",
) -> None:
    """Create an API key and print it. It is shown only once; only its digest is stored."""
    check_holder(lender, name)
    wanted = Principal(id="", lender_id=lender, kind=kind, name=name.strip(), roles=frozenset(role))
    settings = prepare(read_settings())
    key, _ = with_database(
        settings,
        lambda database: add_key(database, wanted, now=clock_of(settings)(), randomness=os.urandom),
    )
    answer(key)


@app.command(name="list")
def show() -> None:
    """List all keys by their prefix."""
    for row in with_database(read_settings(), list_keys):
        state = f"revoked {row.revoked_at}" if row.revoked_at else "valid"
        answer(f"{row.prefix}\t{row.lender_id}\t{row.kind}\t{row.name}\t{row.roles}\t{row.created_at}\t{state}")


@app.command(name="revoke")
def revoke(prefix: str, /) -> None:
    """Revoke a key.

    Args:
        prefix: prefix of the key, as ``keys list`` prints it.
    """
    settings = read_settings()
    if not with_database(settings, lambda database: revoke_key(database, prefix, now=clock_of(settings)())):
        give_up(f"there is no key {prefix!r}; `keys list` lists all keys")
    answer(f"{prefix} is revoked")
