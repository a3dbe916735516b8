"""``principals``: users who sign in to the web pages."""

import getpass
import os
import sys
from typing import Annotated, NoReturn

from cyclopts import App, Parameter

from scoring.base.secrets import Secret
from scoring.commands.session import (
    answer,
    check_holder,
    check_lender,
    give_up,
    prepare,
    read_settings,
    settings_for,
    with_database,
)
from scoring.runtime.operator import operators_mark
from scoring.runtime.settings import Settings, clock_of
from scoring.store import persons
from scoring.store.audit import Action
from scoring.store.devices import add_link
from scoring.store.persons import PERSON, Person, PersonError
from scoring.store.principals import Principal, Role
from scoring.store.second_factors import list_holders, remove_factor
from scoring.usecases.passwords import PasswordError, accept, hash_password
from scoring.usecases.sign_in import new_secret

app = App(
    name="principals", help="Add, list, enable and disable users of the web pages; set passwords, reset second factors."
)

Lender = Annotated[str, Parameter(help="Lender whose decisions the user can see.")]
OfLender = Annotated[str, Parameter(help="Lender of the user.")]
Name = Annotated[str, Parameter(help="Name that the user signs in with.")]


@app.command(name="add")
def add(
    *,
    lender: Lender,
    name: Name,
    role: Annotated[list[Role], Parameter(help="May be repeated.", negative=())],
    new_lender: Annotated[bool, Parameter(help="The lender is not there yet.", negative=())] = False,
) -> None:
    """Add a user. The password is prompted for, or read from standard input: 12 to 128 characters, hard to guess."""
    check_holder(lender, name)
    wanted = Principal(id="", lender_id=lender, kind=PERSON, name=name.strip(), roles=frozenset(role))
    settings = read_settings()
    password_hash = hash_password(_ask(lender, name))
    settings = prepare(settings)
    check_lender(settings, lender, is_new=new_lender)
    try:
        with_database(
            settings,
            lambda database: persons.add_person(
                database,
                wanted,
                password_hash,
                now=clock_of(settings)(),
                randomness=os.urandom,
                mark=operators_mark(Action.PERSON_ADDED, clock_of(settings), lender),
            ),
        )
    except PersonError as error:
        give_up(str(error))
    answer(f"{wanted.name} of {lender} can sign in")


@app.command(name="list")
def show() -> None:
    """List all users with their roles, and whether they have a second factor."""
    settings = read_settings()
    holders = with_database(settings, list_holders)
    for person in with_database(settings, persons.list_persons):
        principal = person.principal
        state = f"disabled {person.disabled_at}" if person.disabled_at else "active"
        roles = ",".join(sorted(principal.roles))
        factor = "second factor" if principal.id in holders else "password only"
        answer(f"{principal.lender_id}\t{principal.name}\t{roles}\t{person.created_at}\t{factor}\t{state}")


@app.command(name="password")
def password(*, lender: OfLender, name: Name) -> None:
    """Set a new password, prompted for or read from standard input. Sessions end, known browsers are forgotten."""
    settings = settings_for(lender)
    _find(settings, lender, name)
    password_hash = hash_password(_ask(lender, name))
    with_database(
        settings,
        lambda database: persons.change_password(
            database,
            lender_id=lender,
            name=name,
            password_hash=password_hash,
            mark=operators_mark(Action.PERSON_CHANGED, clock_of(settings), lender),
        ),
    )
    answer(f"{name} of {lender} has a new password")


@app.command(name="device-link")
def device_link(*, lender: OfLender, name: Name) -> None:
    """Print a link that makes one browser known, so that strangers who guess do not slow the user in it.

    It works once, for 24 hours, and gives nothing else: the user signs in with the password as always.
    """
    settings = settings_for(lender)
    person = _find(settings, lender, name)
    secret, now = new_secret(os.urandom), clock_of(settings)()
    mark = operators_mark(Action.DEVICE_LINK_MADE, clock_of(settings), lender)
    with_database(settings, lambda database: add_link(database, person.principal.id, secret, now=now, mark=mark))
    answer(f"{settings.public_address}/device/{secret}")


@app.command(name="reset-second-factor")
def reset_second_factor(*, lender: OfLender, name: Name) -> None:
    """Forget the second factor of a user who has lost the phone. Sessions end; a role that demands one still does."""
    settings = settings_for(lender)
    person = _find(settings, lender, name)
    mark = operators_mark(Action.FACTOR_REMOVED, clock_of(settings), lender)
    if not with_database(
        settings, lambda database: remove_factor(database, person.principal.id, ends_sessions=True, mark=mark)
    ):
        give_up(f"{name} of {lender} has no second factor")
    answer(f"{name} of {lender} has no second factor any more")


@app.command(name="disable")
def disable(*, lender: OfLender, name: Name) -> None:
    """Disable a user. Sessions end at once, and API keys of the same name are revoked."""
    settings = settings_for(lender)
    if not with_database(
        settings,
        lambda database: persons.disable_person(
            database,
            lender_id=lender,
            name=name,
            now=clock_of(settings)(),
            mark=operators_mark(Action.PERSON_DISABLED, clock_of(settings), lender),
        ),
    ):
        _unknown(lender, name)
    answer(f"{name} of {lender} is disabled")


@app.command(name="enable")
def enable(*, lender: OfLender, name: Name) -> None:
    """Enable a disabled user. Revoked API keys stay revoked."""
    settings = settings_for(lender)
    mark = operators_mark(Action.PERSON_ENABLED, clock_of(settings), lender)
    if not with_database(
        settings, lambda database: persons.enable_person(database, lender_id=lender, name=name, mark=mark)
    ):
        _unknown(lender, name)
    answer(f"{name} of {lender} can sign in")


def _find(settings: Settings, lender: str, name: str) -> Person:
    """The user, or the end of the command."""
    person = with_database(settings, lambda database: persons.find_person(database, lender_id=lender, name=name))
    if person is None:
        _unknown(lender, name)
    return person


def _ask(lender: str, name: str) -> Secret:
    """A new password: typed twice without echo, or the first line of standard input."""
    if sys.stdin.isatty():
        typed = getpass.getpass("Password: ")
        if getpass.getpass("Repeat password: ") != typed:
            give_up("the passwords do not match")
    else:
        typed = sys.stdin.readline().rstrip("\r\n")
    try:
        return accept(typed, lender=lender, name=name)
    except PasswordError as error:
        give_up(str(error))


def _unknown(lender: str, name: str) -> NoReturn:
    give_up(f"{lender} has no user named {name!r}; `principals list` lists all users")
