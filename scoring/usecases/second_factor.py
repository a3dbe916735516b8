"""The second factor: codes of an authenticator app (RFC 6238), and recovery codes for when the app is lost."""

import base64
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import structlog

from scoring.base.identifiers import Clock, Randomness
from scoring.base.secrets import Cipher, DecryptionError, Sealed, Secret
from scoring.store.audit import Action, Trail, Who
from scoring.store.database import Database
from scoring.store.principals import Principal, Role
from scoring.store.second_factors import (
    add_factor,
    factor_purpose,
    find_factor,
    remove_factor,
    use_recovery_code,
    use_step,
)
from scoring.store.sign_ins import code_attempt_of, forgive, start_attempt
from scoring.usecases.sign_in_errors import TooManyTriesError, WrongCodeError

STEP_SECONDS: Final = 30
RECOVERY_CODES: Final = 10
_SECRET_BYTES: Final = 20
"""Of the secret that app and service share, as RFC 4226 asks for."""
_RECOVERY_BYTES: Final = 10
"""80 random bits, which are 16 letters and digits."""
_DRIFT: Final = (-1, 0, 1)
"""Time steps by which the clock of a phone may differ."""
_CODE: Final = re.compile(r"[0-9]{6}")
_ISSUER: Final = "Hauptbuch"
_log = structlog.get_logger(__name__)


class AlreadySetUpError(Exception):
    """The person has a second factor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactors:
    """Sets up, proves and removes second factors."""

    database: Database
    cipher: Cipher
    clock: Clock
    outside: Clock
    """The present where phones are: not the day that a sandbox is set to."""
    randomness: Randomness
    trail: Trail
    demanded_of: frozenset[Role]
    """Who has one of these roles must have a second factor."""

    def is_demanded(self, principal: Principal) -> bool:
        """Whether a role of the person demands it."""
        return bool(principal.roles & self.demanded_of)

    async def is_set_up(self, principal: Principal) -> bool:
        """Whether the person has one."""
        return await find_factor(self.database, principal.id) is not None

    async def prove(self, principal: Principal, code: str, *, device: str | None, who: Who) -> None:
        """Check a code of the app, or a recovery code; each works once.

        Args:
            principal: who knew the password.
            code: as it was typed.
            device: secret of the browser, if it is known as that person's.
            who: the same person, for the audit trail.

        Raises:
            TooManyTriesError: the code was not looked at.
            WrongCodeError: it is wrong, or was used before.
        """
        attempt = code_attempt_of(principal.id, device=device)
        wait = await start_attempt(self.database, attempt, now=self.clock(), randomness=self.randomness)
        if wait:
            raise TooManyTriesError(wait)
        typed = re.sub(r"[\s-]", "", code).lower()
        if not await self._is_right(principal, typed, who):
            await self.trail.note(who, Action.SIGN_IN_FAILED)
            raise WrongCodeError("the code is wrong")
        await forgive(self.database, attempt)

    async def _is_right(self, principal: Principal, typed: str, who: Who) -> bool:
        if _CODE.fullmatch(typed) is None:
            mark = self.trail.mark(who, Action.RECOVERY_CODE_USED)
            is_used = await use_recovery_code(self.database, principal.id, typed, mark=mark)
            if is_used:
                _log.warning("recovery code used", lender=principal.lender_id, principal=principal.id)
            return is_used
        factor = await find_factor(self.database, principal.id)
        if factor is None:
            return False
        secret = self.cipher.open(factor.sealed, lender_id=principal.lender_id, purpose=factor_purpose(principal.id))
        step = self._step_of(secret, typed)
        return step is not None and await use_step(self.database, principal.id, step)

    def offer(self, principal: Principal) -> "Offer":
        """A new secret for the app. Nothing is stored: it comes back with the form, sealed."""
        secret = self.randomness(_SECRET_BYTES)
        sealed = self.cipher.seal(secret, lender_id=principal.lender_id, purpose=_enrolment_of(principal))
        return _offer(principal, secret, sealed)

    def read_offer(self, principal: Principal, text: str) -> "Offer | None":
        """The offer that a form brought back; None where it is not one that this person got."""
        key_id, _, encoded = text.partition(".")
        try:
            sealed = Sealed(key_id=key_id, sealed=base64.urlsafe_b64decode(encoded.encode()))
            secret = self.cipher.open(sealed, lender_id=principal.lender_id, purpose=_enrolment_of(principal))
        except (ValueError, DecryptionError):
            return None
        return _offer(principal, secret, sealed)

    async def set_up(
        self, principal: Principal, offer: "Offer", code: str, *, device: str | None, who: Who
    ) -> list[str]:
        """Keep the secret of an offer, once a code of the app proves that it is there.

        Returns:
            Recovery codes, which cannot be shown again.

        Raises:
            TooManyTriesError: the code was not looked at.
            WrongCodeError: it is wrong.
            AlreadySetUpError: the person has a second factor.
        """
        attempt = code_attempt_of(principal.id, device=device)
        wait = await start_attempt(self.database, attempt, now=self.clock(), randomness=self.randomness)
        if wait:
            raise TooManyTriesError(wait)
        secret = base64.b32decode(offer.secret.reveal())
        step = self._step_of(secret, re.sub(r"\s", "", code))
        if step is None:
            raise WrongCodeError("the code is wrong")
        await forgive(self.database, attempt)
        codes = [base64.b32encode(self.randomness(_RECOVERY_BYTES)).decode().lower() for _ in range(RECOVERY_CODES)]
        sealed = self.cipher.seal(secret, lender_id=principal.lender_id, purpose=factor_purpose(principal.id))
        mark = self.trail.mark(who, Action.FACTOR_ADDED)
        if not await add_factor(self.database, principal, sealed, step=step, codes=codes, now=self.clock(), mark=mark):
            raise AlreadySetUpError
        _log.info("second factor set up", lender=principal.lender_id, principal=principal.id)
        return ["-".join(re.findall("....", code)) for code in codes]

    async def remove(self, principal: Principal, code: str, *, device: str | None, who: Who) -> None:
        """Forget the second factor, which the code proves once more.

        Raises:
            TooManyTriesError: as ``prove``.
            WrongCodeError: as ``prove``.
        """
        await self.prove(principal, code, device=device, who=who)
        mark = self.trail.mark(who, Action.FACTOR_REMOVED)
        await remove_factor(self.database, principal.id, ends_sessions=False, mark=mark)
        _log.info("second factor removed", lender=principal.lender_id, principal=principal.id)

    def _step_of(self, secret: bytes, code: str) -> int | None:
        """The time step that a code belongs to; None where it belongs to none that is near."""
        from cryptography.hazmat.primitives.hashes import SHA1  # noqa: PLC0415  the one that all apps know
        from cryptography.hazmat.primitives.twofactor import InvalidToken  # noqa: PLC0415  the same
        from cryptography.hazmat.primitives.twofactor.totp import TOTP  # noqa: PLC0415  the same

        if _CODE.fullmatch(code) is None:
            return None
        app = TOTP(secret, 6, SHA1(), STEP_SECONDS)  # noqa: S303  an HMAC, in which SHA-1 is not broken
        present = int(self.outside().timestamp()) // STEP_SECONDS
        for step in (present + drift for drift in _DRIFT):
            try:
                app.verify(code.encode(), step * STEP_SECONDS)
            except InvalidToken:
                continue
            return step
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A secret that a person may take into an app."""

    secret: Secret
    """Base 32, as apps read it."""
    address: Secret
    """The same as an ``otpauth`` URI, which a QR code shows."""
    sealed: str
    """The same, encrypted, for a field of the form."""


def _offer(principal: Principal, secret: bytes, sealed: Sealed) -> Offer:
    text = base64.b32encode(secret).decode()
    account = quote(f"{_ISSUER}:{principal.name} ({principal.lender_id})")
    return Offer(
        secret=Secret(text),
        address=Secret(f"otpauth://totp/{account}?secret={text}&issuer={_ISSUER}"),
        sealed=f"{sealed.key_id}.{base64.urlsafe_b64encode(sealed.sealed).decode()}",
    )


def _enrolment_of(principal: Principal) -> str:
    return f"enrolment/{principal.id}"
