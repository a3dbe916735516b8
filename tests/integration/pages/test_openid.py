"""Signing in by OpenID Connect, against a provider that is a real HTTP server."""

import base64
import hmac
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import RSAKey
from people import Visitor, add, visiting
from provider import CLIENT, CLIENT_SECRET, KEYS, Provider, provider_running
from service import Service, running

from scoring.base.secrets import Secret
from scoring.runtime.openid import OpenIdSettings
from scoring.store.database import Database
from scoring.store.persons import disable_person
from scoring.store.principals import Role

PROMISED = {"authorization_response_iss_parameter_supported": True}


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider that tells the truth."""
    with provider_running() as running_provider:
        yield running_provider


@asynccontextmanager
async def at_bank(folder: Path, provider: Provider, **changes: Any) -> AsyncIterator[tuple[Service, Visitor]]:  # noqa: ANN401
    """A service with the person anna, whose users the provider knows, and a browser."""
    openid = {
        "issuer": provider.url,
        "client_id": CLIENT,
        "client_secret": Secret(CLIENT_SECRET),
        "lender": "bank",
        **changes.pop("openid", {}),
    }
    settings = {"is_plain_http": True, "openid": OpenIdSettings(**openid), **changes}
    async with running(folder, **settings) as service, visiting(service) as visitor:
        provider.now = lambda: service.clock().timestamp()
        await add(service)
        yield service, visitor


async def _at_provider(visitor: Visitor, **parameters: str) -> str:
    """To the provider; the address with which it sends the browser back."""
    leaving = await visitor.get("/sign-in/provider", **parameters)
    assert leaving.status_code == 303
    async with httpx.AsyncClient() as http:
        answer = await http.get(leaving.headers["location"])
    assert answer.status_code == 303
    back = urlsplit(answer.headers["location"])
    assert (back.scheme, back.netloc, back.path) == ("http", "127.0.0.1:8000", "/sign-in/provider/done")
    return f"{back.path}?{back.query}"


async def _sign_in(visitor: Visitor) -> str:
    """There and back; where the browser is led."""
    location: str = (await visitor.http.get(await _at_provider(visitor))).headers["location"]
    return location


@pytest.mark.parametrize("algorithm", list(KEYS))
async def test_a_person_signs_in_by_the_provider(tmp_path: Path, provider: Provider, algorithm: str) -> None:
    """With each kind of signature, and back to the page that was wanted; the browser is known from then on."""
    provider.algorithm = algorithm
    async with at_bank(tmp_path, provider) as (_, visitor):
        form = await visitor.get("/sign-in")
        back = await _at_provider(visitor, next="/decisions?verdict=refer")
        done = await visitor.http.get(back)
        page = await visitor.get("/decisions")
    assert 'href="/sign-in/provider?next="' in form.text
    assert done.headers["location"] == "/decisions?verdict=refer"
    assert "Signed in as anna, bank" in page.text
    assert "hauptbuch-device" in visitor.http.cookies
    assert "hauptbuch-provider" not in visitor.http.cookies


def _by_nobody(claims: dict[str, Any], header: dict[str, str] | None = None) -> str:
    parts = [json.dumps(part).encode() for part in (header or {"alg": "none"}, claims)]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts) + "."


def _by_public_key(claims: dict[str, Any]) -> str:
    """HS256 with the public key as the secret, which everybody knows."""
    signed = _by_nobody(claims, {"alg": "HS256", "kid": "rsa"}).rstrip(".")
    mac = hmac.digest(KEYS["RS256"].as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def _by_another_key(claims: dict[str, Any]) -> str:
    other = RSAKey.generate_key(2048, {"kid": "rsa"})
    return jws.serialize_compact({"alg": "RS256", "kid": "rsa"}, json.dumps(claims), other, algorithms=["RS256"])


def _with_key_inside(claims: dict[str, Any]) -> str:
    """The token brings the key along that it is signed with."""
    other = RSAKey.generate_key(2048)
    header = {"alg": "RS256", "kid": "rsa", "jwk": other.as_dict(private=False)}
    return jws.serialize_compact(header, json.dumps(claims), other, algorithms=["RS256"])


def _without_signature(claims: dict[str, Any]) -> str:
    key = KEYS["RS256"]
    token = jws.serialize_compact({"alg": "RS256", "kid": "rsa"}, json.dumps(claims), key, algorithms=["RS256"])
    return token.rpartition(".")[0] + "."


def _brackets(_claims: dict[str, Any]) -> str:
    body = b"[" * 100_000
    key = KEYS["RS256"]
    return jws.serialize_compact({"alg": "RS256", "kid": "rsa"}, body, key, algorithms=["RS256"])


def _a_list(_claims: dict[str, Any]) -> str:
    key = KEYS["RS256"]
    return jws.serialize_compact({"alg": "RS256", "kid": "rsa"}, b"[1]", key, algorithms=["RS256"])


def _no_token(_claims: dict[str, Any]) -> str:
    return "no.token"


_LIES: tuple[tuple[dict[str, Any], Callable[[dict[str, Any]], str] | None], ...] = (
    ({"nonce": "another"}, None),
    ({"nonce": None}, None),
    ({"aud": "another service"}, None),
    ({"aud": None}, None),
    ({"aud": [CLIENT, "another service"]}, None),
    ({"aud": [CLIENT, "another service"], "azp": "another service"}, None),
    ({"iss": "https://evil.example"}, None),
    ({"iss": None}, None),
    ({"exp": 1_700_000_000}, None),
    ({"exp": None}, None),
    ({"exp": "never"}, None),
    ({"preferred_username": None}, None),
    ({"preferred_username": ["anna"]}, None),
    ({}, _by_nobody),
    ({}, _by_public_key),
    ({}, _by_another_key),
    ({}, _with_key_inside),
    ({}, _without_signature),
    ({}, _brackets),
    ({}, _a_list),
    ({}, _no_token),
    ({"nonce": "\ud800"}, None),
    ({"preferred_username": "\ud800"}, None),
    ({"preferred_username": "an\0na"}, None),
)
"""Claims in place of the true ones, and how the token is made instead."""


async def test_a_token_that_does_not_hold_signs_nobody_in(tmp_path: Path, provider: Provider) -> None:
    """Whatever is wrong with it, the page says the same; the true one after it does."""
    async with at_bank(tmp_path, provider) as (_, visitor):
        for claims, sign in _LIES:
            provider.claims, provider.sign = claims, sign
            location = await _sign_in(visitor)
            page = await visitor.get(location)
            shut = await visitor.get("/decisions")
            assert location == "/sign-in?problem=provider-refused", (claims, sign)
            assert (page.status_code, "did not succeed" in page.text, shut.status_code) == (403, True, 303)
        provider.claims, provider.sign = {}, None
        assert await _sign_in(visitor) == "/"


async def test_a_code_works_once(tmp_path: Path, provider: Provider) -> None:
    """Also with the cookie of the first time: the provider takes no code twice."""
    async with at_bank(tmp_path, provider) as (_, visitor):
        back = await _at_provider(visitor)
        cookies = dict(visitor.http.cookies)
        first = await visitor.http.get(back)
        without = await visitor.http.get(back)
        visitor.http.cookies.update(cookies)
        replayed = await visitor.http.get(back)
    assert first.headers["location"] == "/"
    for answer in (without, replayed):
        assert answer.headers["location"] == "/sign-in?problem=provider-refused"


@pytest.mark.parametrize("change", ["state", "cookie", "another browser", "no code", "error", "late", "twice"])
async def test_an_answer_that_nobody_asked_for_signs_nobody_in(tmp_path: Path, provider: Provider, change: str) -> None:
    """The answer belongs to one question of one browser, for a quarter of an hour; the provider is not even asked."""
    async with at_bank(tmp_path, provider) as (service, visitor), visiting(service) as other:
        back = urlsplit(await _at_provider(visitor))
        answer = {name: values[0] for name, values in parse_qs(back.query).items()}
        browser = visitor
        if change == "state":
            answer["state"] = "tampered"
        elif change == "cookie":
            visitor.http.cookies.set("hauptbuch-provider", "k1.AAAA", domain="pages.example")
        elif change == "another browser":
            await _at_provider(other)  # with a question of its own
            browser = other
        elif change == "no code":
            del answer["code"]
        elif change == "error":
            answer["error"] = "access_denied"
        elif change == "late":
            service.clock.advance(minutes=15)
        elif change == "twice":
            await _at_provider(visitor)  # a second tab; its question is the one that counts
        done = await browser.http.get(back.path, params=answer)
        shut = await browser.get("/decisions")
    assert (done.headers["location"], shut.status_code) == ("/sign-in?problem=provider-refused", 303)
    assert "/token" not in provider.asked


@pytest.mark.parametrize(
    ("issuer", "description", "location"),
    [
        ("own", PROMISED, "/"),
        ("own", {}, "/"),
        (None, {}, "/"),
        (None, PROMISED, "/sign-in?problem=provider-refused"),
        ("https://evil.example", {}, "/sign-in?problem=provider-refused"),
        ("https://evil.example", PROMISED, "/sign-in?problem=provider-refused"),
    ],
)
async def test_an_answer_of_another_issuer_is_refused(
    tmp_path: Path, provider: Provider, issuer: str | None, description: dict[str, Any], location: str
) -> None:
    """The mix-up attack, RFC 9207: the code is not shown to anybody."""
    provider.issuer_in_answer = provider.url if issuer == "own" else issuer
    provider.description = description
    async with at_bank(tmp_path, provider) as (_, visitor):
        assert await _sign_in(visitor) == location
    assert ("/token" in provider.asked) == (location == "/")


@pytest.mark.parametrize("keys", [{"keys": ["x"]}, {"keys": {}}, [], {"keys": []}, {"keys": [{"kty": "RSA", "n": 1}]}])
async def test_keys_that_are_none_sign_nobody_in(tmp_path: Path, provider: Provider, keys: Any) -> None:  # noqa: ANN401
    """They are told as what they are, not as an error of the service."""
    provider.keys = keys
    async with at_bank(tmp_path, provider) as (_, visitor):
        location = await _sign_in(visitor)
    assert location in {"/sign-in?problem=provider-refused", "/sign-in?problem=provider-unavailable"}


@pytest.mark.parametrize(
    "description",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://evil.example/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": None},
        {"jwks_uri": "file:///etc/passwd"},
    ],
)
async def test_a_description_that_does_not_hold_is_not_followed(
    tmp_path: Path, provider: Provider, description: dict[str, Any]
) -> None:
    """Secrets go to https addresses of the issuer that the operator named, or nowhere."""
    provider.description = description
    async with at_bank(tmp_path, provider) as (_, visitor):
        answer = await visitor.get("/sign-in/provider")
    assert answer.headers["location"] == "/sign-in?problem=provider-unavailable"


async def test_nobody_is_added(tmp_path: Path, provider: Provider) -> None:
    """Who is unknown, of another lender, or disabled stays out, and is told."""
    provider.claims = {"preferred_username": "berta"}
    async with at_bank(tmp_path, provider) as (service, visitor):
        await add(service, name="berta", lender="other")
        unknown = await _sign_in(visitor)
        provider.claims = {}
        database = Database(service.settings.database_url)
        await disable_person(database, lender_id="bank", name="anna", now=service.clock())
        await database.close()
        disabled = await _sign_in(visitor)
        page = await visitor.get(disabled)
        refused = (await service.get("/v1/audit", action="sign_in.failed")).json()["items"]
    assert len(refused) == 1, "of the person who is disabled; what strangers are called is kept nowhere"
    assert unknown == disabled == "/sign-in?problem=not-a-person"
    assert (page.status_code, "Your account is not known here" in page.text) == (403, True)


async def test_a_provider_that_is_down_is_told(tmp_path: Path, provider: Provider) -> None:
    """Before the question, and before the answer; the password goes on working."""
    async with at_bank(tmp_path, provider) as (_, visitor):
        provider.is_down = True
        leaving = await visitor.get("/sign-in/provider")
        page = await visitor.get(leaving.headers["location"])
        provider.is_down = False
        back = await _at_provider(visitor)
        provider.is_down = True
        returning = await visitor.http.get(back)
        by_password = await visitor.sign_in()
    assert leaving.headers["location"] == returning.headers["location"] == "/sign-in?problem=provider-unavailable"
    assert (page.status_code, "does not answer" in page.text, by_password.status_code) == (503, True, 303)


async def test_a_new_key_of_the_provider_is_read(tmp_path: Path, provider: Provider) -> None:
    """Keys change without notice; an unknown one is asked for once a minute at most."""
    provider.published = ["ES256"]
    provider.algorithm = "ES256"
    async with at_bank(tmp_path, provider) as (service, visitor):
        first = await _sign_in(visitor)
        provider.algorithm = "RS256"
        too_early = [await _sign_in(visitor) for _ in range(3)]
        asked = provider.asked.count("/keys")
        provider.published = ["RS256"]
        service.clock.advance(minutes=1)
        after = await _sign_in(visitor)
    assert (first, after) == ("/", "/")
    assert set(too_early) == {"/sign-in?problem=provider-refused"}
    assert asked == 1


async def test_lender_and_name_come_from_the_claims_that_the_settings_name(tmp_path: Path, provider: Provider) -> None:
    """An email address counts only where the provider has verified it."""
    openid = {"lender": None, "lender_claim": "org", "name_claim": "email"}
    async with at_bank(tmp_path, provider, openid=openid) as (service, visitor):
        await add(service, name="anna@bank.example")
        provider.claims = {"email": "anna@bank.example", "org": "bank"}
        unverified = await _sign_in(visitor)
        provider.claims |= {"email_verified": True}
        verified = await _sign_in(visitor)
        provider.claims |= {"org": None}
        without = await _sign_in(visitor)
    assert [unverified, verified, without] == [
        "/sign-in?problem=provider-refused",
        "/",
        "/sign-in?problem=provider-refused",
    ]


async def test_the_provider_can_be_held_to_a_second_factor(tmp_path: Path, provider: Provider) -> None:
    """The service's own is not asked for: who vouches for the person vouches for how they proved it."""
    openid = {"contexts": ("mfa", "phr")}
    roles = frozenset({Role.UNDERWRITE})
    async with at_bank(tmp_path, provider, openid=openid, second_factor_roles=roles) as (_, visitor):
        asked = await visitor.get("/sign-in/provider")
        without = await _sign_in(visitor)
        provider.claims = {"acr": "phr"}
        held = await _sign_in(visitor)
        by_password = await visitor.sign_in()
    assert parse_qs(urlsplit(asked.headers["location"]).query)["acr_values"] == ["mfa phr"]
    assert (without, held) == ("/sign-in?problem=provider-refused", "/")
    assert by_password.headers["location"] == "/sign-in/set-up"


async def test_passwords_can_be_switched_off(tmp_path: Path, provider: Provider) -> None:
    """The form is gone, and so is its address; the account's page says who looks after it."""
    async with at_bank(tmp_path, provider, is_provider_only=True) as (_, visitor):
        form = await visitor.get("/sign-in")
        by_password = await visitor.sign_in()
        await _sign_in(visitor)
        account = await visitor.get("/account")
        own = [await visitor.get("/account/second-factor"), await visitor.post("/account/password", old="x")]
    assert ('type="password"' in form.text, by_password.status_code) == (False, 404)
    assert "managed there" in account.text
    assert [answer.status_code for answer in own] == [404, 404]


async def test_without_a_provider_there_is_no_way_to_one(tmp_path: Path) -> None:
    """Neither a link nor an address."""
    async with running(tmp_path, is_plain_http=True) as service, visiting(service) as visitor:
        form = await visitor.get("/sign-in")
        answers = [await visitor.get(path) for path in ("/sign-in/provider", "/sign-in/provider/done")]
    assert "/sign-in/provider" not in form.text
    assert [answer.status_code for answer in answers] == [404, 404]


async def test_nothing_secret_is_logged(tmp_path: Path, provider: Provider, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither codes nor tokens, states, or the client's secret; why somebody was refused is."""
    provider.claims = {"nonce": "another-nonce"}
    async with at_bank(tmp_path, provider) as (_, visitor):
        back = await _at_provider(visitor)
        await visitor.http.get(back)
    printed = capsys.readouterr()
    # a checkpoint is a signed line by itself
    logged = "\n".join(line for line in (printed.out + printed.err).splitlines() if " checkpoint " not in line)
    assert "the nonce is another" in logged
    answer = parse_qs(urlsplit(back).query)
    for text in (answer["code"][0], answer["state"][0], CLIENT_SECRET, "another-nonce", "eyJ"):
        assert text not in logged
