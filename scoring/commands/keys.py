"""``keys``: API keys of lenders."""

import os
from typing import Annotated, Literal

from cyclopts import App, Parameter

from scoring.commands.session import answer, check_holder, give_up, prepare, read_settings, with_database
from scoring.runtime.runtime import clock_of
from scoring.store.principals import Principal, Role, add_key, list_keys, revoke_key

app = App(name="keys", help="Add, list and revoke API keys of lenders.")


@app.command(name="add")
def add(
    *,
    lender: Annotated[str, Parameter(help="Whose data the key opens: letters, digits, dots and dashes.")],
    role: Annotated[list[Role], Parameter(help="May be repeated.", negative=())],
    name: Annotated[str, Parameter(help="Of the person or system that holds the key.")],
    kind: Annotated[
        Literal["person", "system"], Parameter(help="The four-eyes rule needs two different persons.")
    ] = "system",
) -> None:
    """Make an API key and print it, once: only its digest is kept."""
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
    """Print all keys by the part that identifies them."""
    for row in with_database(read_settings(), list_keys):
        state = f"revoked {row.revoked_at}" if row.revoked_at else "valid"
        answer(f"{row.prefix}\t{row.lender_id}\t{row.kind}\t{row.name}\t{row.roles}\t{row.created_at}\t{state}")


@app.command(name="revoke")
def revoke(prefix: str, /) -> None:
    """Refuse a key from now on.

    Args:
        prefix: the part that identifies the key, as ``keys list`` prints it.
    """
    settings = read_settings()
    if not with_database(settings, lambda database: revoke_key(database, prefix, now=clock_of(settings)())):
        give_up(f"there is no key {prefix!r}; `keys list` shows all")
    answer(f"{prefix} is revoked")
