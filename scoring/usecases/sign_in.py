"""Sign-in to the pages: rate-limited after failures, with the same response for every kind of failure."""

import base64
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import anyio.to_thread
import structlog
from anyio import CapacityLimiter

from scoring.base.identifiers import Clock, Randomness
from scoring.base.secrets import Secret
from scoring.store.audit import Action, Trail, Who
from scoring.store.database import Database
from scoring.store.devices import is_known, remember
from scoring.store.persons import Person, change_password, find_person
from scoring.store.principals import Principal
from scoring.store.sessions import Lacks, ProofOverError, open_session
from scoring.store.sign_ins import attempt_of, forgive, start_attempt
from scoring.usecases.passwords import NOBODYS_HASH, accept, hash_password, is_password
from scoring.usecases.second_factor import SecondFactors
from scoring.usecases.sign_in_errors import TooManyTriesError, WrongPasswordError

LACKING_LASTS: Final = timedelta(minutes=10)
"""In which a person who knew the password proves, or sets up, the second factor."""
_MOST_WAITING: Final = 20
"""Strangers whose passwords wait to be checked, each for about a tenth of a second."""
_BUSY_SECONDS: Final = 5
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """What the browser of a request has shown."""

    address: str
    """Of the network; as the proxy says."""
    session: str | None
    """Secret of its session."""
    device: str | None
    """Secret of its device cookie; it may be made up."""
    request_id: str | None = None
    """Of the request, for the audit trail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """Secrets for the cookies of a browser."""

    session: str
    device: str | None
    """None where something is lacking."""
    lacks: Lacks | None
    """What is still to be done before pages open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonSignIn:
    """Creates sessions of users."""

    database: Database
    clock: Clock
    randomness: Randomness
    lasts: timedelta
    """Maximum length of a session."""
    factors: SecondFactors
    trail: Trail
    hashing: CapacityLimiter
    """Limits concurrent password hashing, which needs much memory."""
    hashing_known: CapacityLimiter
    """The same for known devices: strangers with many names must not make them wait."""

    async def open(self, lender: str, name: str, password: Secret, *, browser: Browser) -> SignedIn:
        """Open a session, or one that lacks the second factor.

        Args:
            lender: Of the person.
            name: Of the person.
            password: As it was typed.
            browser: Where it was typed; its old session ends.

        Raises:
            TooManyTriesError: The password was not looked at.
            WrongPasswordError: No session was opened.
        """
        person = await self._know(lender, name, password, browser)
        lacks = await self._lacks(person.principal)
        if lacks is None:
            return await self.complete(person.principal, browser=browser, proved=person.password_hash)
        secret = new_secret(self.randomness)
        try:
            await open_session(
                self.database,
                person.principal,
                secret,
                replaced=browser.session,
                now=self.clock(),
                lasts=LACKING_LASTS,
                lacks=lacks,
                proved=person.password_hash,
                mark=None,
            )
        except ProofOverError:
            raise WrongPasswordError("the password was changed meanwhile") from None
        return SignedIn(session=secret, device=None, lacks=lacks)

    async def complete(
        self, principal: Principal, *, browser: Browser, proved: Secret | None = None, replaces: bool = False
    ) -> SignedIn:
        """Open a session for a person who has proved everything, and know the browser from now on.

        Args:
            principal: The person.
            browser: Where it was proved.
            proved: As in ``open_session``.
            replaces: The same.

        Raises:
            WrongPasswordError: What was proved does not hold any more.
        """
        session, device = new_secret(self.randomness), new_secret(self.randomness)
        try:
            await open_session(
                self.database,
                principal,
                session,
                replaced=browser.session,
                now=self.clock(),
                lasts=self.lasts,
                proved=proved,
                replaces=replaces,
                mark=self.trail.mark(_who(principal, browser), Action.SIGNED_IN),
            )
        except ProofOverError:
            raise WrongPasswordError("the password was changed, or the person disabled, meanwhile") from None
        await remember(self.database, principal.id, device, replaced=browser.device, now=self.clock())
        _log.info("signed in", lender=principal.lender_id, principal=principal.id)
        return SignedIn(session=session, device=device, lacks=None)

    async def change_password(self, principal: Principal, old: Secret, new: str, *, browser: Browser) -> SignedIn:
        """Replace a password; all other sessions end, and all other browsers are strangers.

        Raises:
            PasswordError: the new one is not permitted.
            TooManyTriesError: the old password was not looked at.
            WrongPasswordError: it is wrong.
        """
        lender, name = principal.lender_id, principal.name
        wanted = await anyio.to_thread.run_sync(lambda: accept(new, lender=lender, name=name))
        await self._know(lender, name, old, browser)
        hashed = await anyio.to_thread.run_sync(hash_password, wanted, limiter=self.hashing_known)
        mark = self.trail.mark(_who(principal, browser), Action.PERSON_CHANGED)
        await change_password(self.database, lender_id=lender, name=name, password_hash=hashed, mark=mark)
        return await self.complete(principal, browser=browser, proved=hashed)

    async def check_password(self, principal: Principal, password: Secret, *, browser: Browser) -> None:
        """Make sure that it is the person who is signed in.

        Raises:
            TooManyTriesError: the password was not looked at.
            WrongPasswordError: it is wrong.
        """
        await self._know(principal.lender_id, principal.name, password, browser)

    async def known_device(self, lender: str, name: str, browser: Browser) -> str | None:
        """The secret of the browser, if that person has signed in with it before."""
        if browser.device is None:
            return None
        is_mine = await is_known(self.database, browser.device, lender_id=lender, name=name, now=self.clock())
        return browser.device if is_mine else None

    async def _know(self, lender: str, name: str, password: Secret, browser: Browser) -> Person:
        """The person who has this password.

        Raises:
            TooManyTriesError: The password was not looked at.
            WrongPasswordError: Nobody has.
        """
        device = await self.known_device(lender, name, browser)
        if device is None and self.hashing.statistics().tasks_waiting >= _MOST_WAITING:
            raise TooManyTriesError(_BUSY_SECONDS)
        attempt = attempt_of(lender_id=lender, name=name, address=browser.address, device=device)
        wait = await start_attempt(self.database, attempt, now=self.clock(), randomness=self.randomness)
        if wait:
            raise TooManyTriesError(wait)
        person = await find_person(self.database, lender_id=lender, name=name)
        hashed = NOBODYS_HASH if person is None else person.password_hash
        limiter = self.hashing if device is None else self.hashing_known
        is_right = await anyio.to_thread.run_sync(is_password, password, hashed, limiter=limiter)
        if person is None or not is_right or person.disabled_at is not None:
            if person is not None:  # what strangers type is kept nowhere
                await self.note_refusal(person.principal, browser)
            _log.info("sign-in refused")
            raise WrongPasswordError("sign-in refused")
        await forgive(self.database, attempt)
        return person

    async def note_refusal(self, principal: Principal, browser: Browser) -> None:
        """Write down that somebody who named this person was not let in."""
        await self.trail.note(_who(principal, browser), Action.SIGN_IN_FAILED)

    async def _lacks(self, principal: Principal) -> Lacks | None:
        if await self.factors.is_set_up(principal):
            return Lacks.CODE
        return Lacks.SET_UP if self.factors.is_demanded(principal) else None


def _who(principal: Principal, browser: Browser) -> Who:
    return Who(
        lender_id=principal.lender_id,
        principal_id=principal.id,
        address=browser.address or None,
        request_id=browser.request_id,
    )


def new_secret(randomness: Randomness) -> str:
    """256 random bits for a cookie."""
    return base64.urlsafe_b64encode(randomness(32)).decode().rstrip("=")
