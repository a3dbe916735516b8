"""Sign-in by OpenID Connect: the authorization code flow with PKCE, state and nonce, and the person that it names.

The provider vouches for who somebody is, and for a second factor; persons, roles and lenders are ours. Nobody is added.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

import anyio
import msgspec
import structlog

from scoring.base.identifiers import Clock, Randomness
from scoring.base.secrets import Cipher, DecryptionError, Sealed
from scoring.runtime.openid import OpenIdSettings, is_safe_address
from scoring.sources.http import HttpAnswer, HttpClient, HttpError, HttpRequest
from scoring.store.database import Database
from scoring.store.persons import find_person
from scoring.usecases.sign_in import Browser, PersonSignIn, SignedIn, new_secret
from scoring.usecases.sign_in_errors import SignInError

ALGORITHMS: Final = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
"""Of signatures that are accepted; none of them knows a shared secret."""
FLOW_LASTS: Final = timedelta(minutes=15)
"""In which a person signs in at the provider."""
_KEPT: Final = timedelta(hours=1)
"""How long the provider's addresses and keys are kept."""
_ASKED_AGAIN: Final = timedelta(minutes=1)
"""How often keys are read for a token that names an unknown one."""
_LEEWAY: Final = timedelta(minutes=1)
"""By which the provider's clock may differ."""
_SECONDS: Final = 10.0
_MOST_BYTES: Final = 256 * 1024
_log = structlog.get_logger(__name__)


class ProviderUnavailableError(SignInError):
    """The provider does not answer, or not as a provider does."""


class ProviderRefusedError(SignInError):
    """The provider's answer is not one to this browser's question, or it is a refusal."""


class NotAPersonError(SignInError):
    """The provider knows who it is, but nobody with that name may sign in here."""


class _Flow(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser takes along, sealed, while the person is at the provider."""

    state: str
    nonce: str
    verifier: str
    wanted: str
    """The page to show after that."""
    until: datetime


class _Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """What is read of the provider's own description."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class _Keys(msgspec.Struct, frozen=True, kw_only=True):
    keys: list[dict[str, Any]]


class _TokenAnswer(msgspec.Struct, frozen=True, kw_only=True):
    id_token: str


class OpenIdProvider:
    """The provider: its addresses and keys, read when they are needed and kept for an hour."""

    def __init__(self, settings: OpenIdSettings, http: HttpClient, clock: Clock) -> None:
        self.settings = settings
        self._http = http
        self._clock = clock
        self._metadata: tuple[_Metadata, datetime] | None = None
        self._keys: tuple[_Keys, datetime] | None = None

    async def describe(self) -> _Metadata:
        """The provider's addresses.

        Raises:
            ProviderUnavailableError: they cannot be read, or are those of another provider.
        """
        if self._metadata is None or self._metadata[1] <= self._clock() - _KEPT:
            address = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
            found = _decode((await self._send("GET", address)).body, _Metadata)
            addresses = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
            if found.issuer != self.settings.issuer or not all(self._is_safe(one) for one in addresses):
                raise _unavailable("the description names another issuer, or addresses that are not https")
            self._metadata = (found, self._clock())
        return self._metadata[0]

    def _is_safe(self, address: str) -> bool:
        """Whether an address is https, or both it and the issuer are on this machine."""
        is_local = urlsplit(self.settings.issuer).scheme == "http"
        return is_safe_address(address) and (is_local or urlsplit(address).scheme == "https")

    async def redeem(self, code: str, verifier: str, callback: str) -> str:
        """The ID token for a code.

        Raises:
            ProviderUnavailableError: no answer.
            ProviderRefusedError: the provider does not take the code.
        """
        metadata, settings = await self.describe(), self.settings
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback,
            "code_verifier": verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if settings.client_secret is None:
            fields["client_id"] = settings.client_id
        elif "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            pair = f"{quote(settings.client_id, safe='')}:{quote(settings.client_secret.reveal(), safe='')}"
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            fields |= {"client_id": settings.client_id, "client_secret": settings.client_secret.reveal()}
        answer = await self._send("POST", metadata.token_endpoint, headers=headers, content=urlencode(fields).encode())
        redeemed: _TokenAnswer = _decode(answer.body, _TokenAnswer)
        return redeemed.id_token

    async def claims_of(self, token: str) -> dict[str, Any]:
        """The claims of an ID token that the provider has signed; what they say is not looked at.

        Raises:
            ProviderUnavailableError: the keys cannot be read.
            ProviderRefusedError: the signature is not one of theirs.
        """
        keys = await self._read_keys(_KEPT)
        try:
            return _verified(token, keys)
        except _UnknownKeyError:
            keys = await self._read_keys(_ASKED_AGAIN)  # they may have changed
        try:
            return _verified(token, keys)
        except _UnknownKeyError:
            raise _refused("the token is signed with an unknown key") from None

    async def _read_keys(self, kept: timedelta) -> _Keys:
        if self._keys is None or self._keys[1] <= self._clock() - kept:
            address = (await self.describe()).jwks_uri
            self._keys = (_decode((await self._send("GET", address)).body, _Keys), self._clock())
        return self._keys[0]

    async def _send(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> HttpAnswer:
        request = HttpRequest(
            method=method,
            url=url,
            headers={"Accept": "application/json", **(headers or {})},
            content=content,
            silence_seconds=_SECONDS,
            most_bytes=_MOST_BYTES,
        )
        try:
            with anyio.fail_after(_SECONDS):
                answer = await self._http.send(request)
        except (HttpError, TimeoutError) as error:
            raise _unavailable(type(error).__name__) from None
        if answer.status_code != 200:
            reason = f"status {answer.status_code}"
            raise _refused(reason) if method == "POST" and 400 <= answer.status_code < 500 else _unavailable(reason)
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIdSignIn:
    """Sends persons to the provider, and signs in those who come back."""

    provider: OpenIdProvider
    callback: str
    """Address of the page to which the provider sends them back."""
    database: Database
    cipher: Cipher
    clock: Clock
    """The present in the world outside."""
    randomness: Randomness
    sign_in: PersonSignIn

    async def begin(self, wanted: str) -> tuple[str, str]:
        """The address at the provider to go to, and what the browser keeps in a cookie until it is back.

        Args:
            wanted: the page to show after that.

        Raises:
            ProviderUnavailableError: the provider does not describe itself.
        """
        metadata, settings = await self.provider.describe(), self.provider.settings
        flow = _Flow(
            state=new_secret(self.randomness),
            nonce=new_secret(self.randomness),
            verifier=new_secret(self.randomness),
            wanted=wanted,
            until=self.clock() + FLOW_LASTS,
        )
        challenge = hashlib.sha256(flow.verifier.encode()).digest()
        question = {
            "response_type": "code",
            "client_id": settings.client_id,
            "redirect_uri": self.callback,
            "scope": "openid profile email",
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        if settings.contexts:
            question["acr_values"] = " ".join(settings.contexts)
        joint = "&" if "?" in metadata.authorization_endpoint else "?"
        return f"{metadata.authorization_endpoint}{joint}{urlencode(question)}", self._seal(flow)

    async def finish(self, answer: Mapping[str, str], cookie: str | None, *, browser: Browser) -> tuple[SignedIn, str]:
        """Sign in who comes back from the provider.

        Args:
            answer: the query with which the provider sent them.
            cookie: what ``begin`` gave to the browser.
            browser: the browser; its old session ends.

        Returns:
            Secrets for cookies, and the page that was wanted.

        Raises:
            ProviderUnavailableError: the provider does not answer.
            ProviderRefusedError: nobody asked for this answer, it is a refusal, or it does not hold.
            NotAPersonError: there is no such person, or no longer.
        """
        flow = self._open(cookie)
        if flow is None or not hmac.compare_digest(flow.state.encode(), answer.get("state", "").encode()):
            raise _refused("the state is not that of the browser")
        metadata = await self.provider.describe()
        issuer = answer.get("iss")
        if issuer != metadata.issuer and (
            issuer is not None or metadata.authorization_response_iss_parameter_supported
        ):
            raise _refused("the answer is one of another issuer")
        if "error" in answer or not answer.get("code"):
            raise _refused("the provider gave no code")
        token = await self.provider.redeem(answer["code"], flow.verifier, self.callback)
        claims = await self.provider.claims_of(token)
        if (fault := _fault(claims, self.provider.settings, flow.nonce, self.clock())) is not None:
            raise _refused(fault)
        lender, name = _named(claims, self.provider.settings)
        person = await find_person(self.database, lender_id=lender, name=name)
        if person is None or person.disabled_at is not None:
            if person is not None:
                await self.sign_in.note_refusal(person.principal, browser)
            _log.warning("sign-in by the provider refused", reason="there is no such person, or it is disabled")
            raise NotAPersonError("nobody with that name may sign in here")
        return await self.sign_in.complete(person.principal, browser=browser), flow.wanted

    def _seal(self, flow: _Flow) -> str:
        sealed = self.cipher.seal(msgspec.json.encode(flow), lender_id="", purpose="openid/flow")
        return f"{sealed.key_id}.{base64.urlsafe_b64encode(sealed.sealed).decode()}"

    def _open(self, cookie: str | None) -> _Flow | None:
        """What the browser kept; None where that is nothing, made up, or too old."""
        key_id, _, encoded = (cookie or "").partition(".")
        try:
            sealed = Sealed(key_id=key_id, sealed=base64.urlsafe_b64decode(encoded.encode()))
            plain = self.cipher.open(sealed, lender_id="", purpose="openid/flow")
        except (ValueError, DecryptionError):
            return None
        flow = msgspec.json.decode(plain, type=_Flow)
        return flow if flow.until > self.clock() else None


class _UnknownKeyError(Exception):
    """The key set has no key of that name."""


def _verified(token: str, keys: _Keys) -> dict[str, Any]:
    from joserfc import jwt  # noqa: PLC0415  needed only when somebody signs in by a provider
    from joserfc.errors import InvalidKeyIdError, JoseError  # noqa: PLC0415  the same
    from joserfc.jwk import KeySet  # noqa: PLC0415  the same

    try:
        found = jwt.decode(token, KeySet.import_key_set(msgspec.structs.asdict(keys)), algorithms=ALGORITHMS)  # type: ignore[arg-type]  # checked there
    except InvalidKeyIdError:
        raise _UnknownKeyError from None
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _refused(f"the token cannot be verified ({type(error).__name__})") from None
    return dict(found.claims)


def _fault(claims: Mapping[str, Any], settings: OpenIdSettings, nonce: str, now: datetime) -> str | None:
    """Why the claims are not those of a person who has just signed in for us."""
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    expires, given = claims.get("exp"), claims.get("nonce")
    checks = {
        "the token is one of another issuer": claims.get("iss") == settings.issuer,
        "the token is for another service": settings.client_id in audiences
        and claims.get("azp", settings.client_id) == settings.client_id
        and (len(audiences) == 1 or "azp" in claims),
        "the token has expired": isinstance(expires, int | float) and expires > (now - _LEEWAY).timestamp(),
        "the nonce is another": given == nonce,
        "the token does not say how the person signed in": not settings.contexts
        or claims.get("acr") in settings.contexts,
    }
    return next((fault for fault, holds in checks.items() if not holds), None)


def _named(claims: Mapping[str, Any], settings: OpenIdSettings) -> tuple[str, str]:
    """Lender and name of the person.

    Raises:
        ProviderRefusedError: the token does not have them, or an address that nobody has verified.
    """
    name = claims.get(settings.name_claim)
    lender = settings.lender if settings.lender_claim is None else claims.get(settings.lender_claim)
    if not isinstance(name, str) or not isinstance(lender, str) or not (lender + name).isprintable():
        raise _refused("a claim with the name or the lender is missing")
    if "email" in {settings.name_claim, settings.lender_claim} and claims.get("email_verified") is not True:
        raise _refused("the email address is not verified")
    return lender, name


def _decode(body: bytes, kind: Any) -> Any:  # noqa: ANN401  the type that is asked for
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _unavailable("an answer is not as described") from None


def _unavailable(reason: str) -> ProviderUnavailableError:
    _log.warning("openid provider unavailable", reason=reason)
    return ProviderUnavailableError(reason)


def _refused(reason: str) -> ProviderRefusedError:
    _log.warning("sign-in by the provider refused", reason=reason)
    return ProviderRefusedError(reason)
