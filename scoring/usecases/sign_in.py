"""Sign-in to the pages: rate-limited after failures, with the same response for every kind of failure."""

import base64
from dataclasses import dataclass
from datetime import timedelta

import anyio.to_thread
import structlog
from anyio import CapacityLimiter

from scoring.base.identifiers import Clock, Randomness
from scoring.base.secrets import Secret
from scoring.store.database import Database
from scoring.store.persons import Person, find_person
from scoring.store.sessions import open_session
from scoring.store.sign_ins import attempt_of, forgive, start_attempt
from scoring.usecases.passwords import NOBODYS_HASH, is_password

_log = structlog.get_logger(__name__)


class SignInError(Exception):
    """Nobody was signed in."""


class WrongPasswordError(SignInError):
    """Unknown or disabled user, or wrong password; the response does not say which."""


class TooManyTriesError(SignInError):
    """Too many failed attempts; the next is accepted after the given seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"try again after {seconds} seconds")
        self.seconds = seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSignIn:
    """Creates sessions of users."""

    database: Database
    clock: Clock
    randomness: Randomness
    lasts: timedelta
    """Maximum length of a session."""
    hashing: CapacityLimiter
    """Limits concurrent password hashing, which needs much memory."""

    async def open(self, lender: str, name: str, password: Secret, *, address: str, replaced: str | None) -> str:
        """Open a session; returns the secret for its cookie.

        Args:
            lender: Of the person.
            name: Of the person.
            password: As it was typed.
            address: Where the request came from.
            replaced: Secret of the session that this one replaces.

        Raises:
            TooManyTriesError: The password was not looked at.
            WrongPasswordError: No session was opened.
        """
        attempt = attempt_of(lender_id=lender, name=name, address=address)
        wait = await start_attempt(self.database, attempt, now=self.clock(), randomness=self.randomness)
        if wait:
            raise TooManyTriesError(wait)
        person = await find_person(self.database, lender_id=lender, name=name)
        is_right = await self._knows_password(person, password)
        if person is None or not is_right or person.disabled_at is not None:
            _log.info("sign-in refused")
            raise WrongPasswordError("sign-in refused")
        await forgive(self.database, attempt)
        secret = new_secret(self.randomness)
        await open_session(
            self.database, person.principal, secret, replaced=replaced, now=self.clock(), lasts=self.lasts
        )
        _log.info("signed in", lender=person.principal.lender_id, principal=person.principal.id)
        return secret

    async def _knows_password(self, person: Person | None, password: Secret) -> bool:
        hashed = NOBODYS_HASH if person is None else person.password_hash
        return await anyio.to_thread.run_sync(is_password, password, hashed, limiter=self.hashing)


def new_secret(randomness: Randomness) -> str:
    """256 random bits for a cookie."""
    return base64.urlsafe_b64encode(randomness(32)).decode().rstrip("=")
