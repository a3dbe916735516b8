"""What the Python client takes for an event of the service, and what not."""

import base64
import sys
from datetime import UTC, datetime

import pytest
from hauptbuch_client import ArgumentError
from hauptbuch_client.webhooks import WebhookEvent, WebhookVerificationError, verify
from standardwebhooks.webhooks import Webhook

from scoring.base.webhook_signing import WebhookSecret

NOW = 1795442400
BODY = b'{"type":"decision.made","timestamp":"2026-11-23T12:00:00.000Z","data":{"decision_id":"dec_1"}}'
OURS = WebhookSecret(bytes(range(64)))
OTHER = WebhookSecret(bytes(range(1, 65)))


def headers(signature: str, *, at: int = NOW) -> dict[str, str]:
    """Headers of a request with this signature."""
    return {"Webhook-Id": "evt_1", "webhook-timestamp": str(at), "WEBHOOK-SIGNATURE": signature}


def signatures(*, at: int = NOW, secret: WebhookSecret = OURS) -> list[str]:
    """``v1`` and ``v1a``, as the service signs."""
    return secret.sign("evt_1", at, BODY).split()


def taken(given: dict[str, str], *, body: bytes = BODY, **keys: list[str]) -> WebhookEvent:
    """The event in a request, now."""
    return verify(body, given, **(keys or {"secrets": [OURS.symmetric]}), now=NOW)  # type: ignore[arg-type]  # keys are lists


def test_an_event_comes_back_with_its_identifier() -> None:
    """By either of both signatures, and by that of a published library."""
    published = Webhook(OURS.symmetric).sign("evt_1", datetime.fromtimestamp(NOW, tz=UTC), BODY.decode())
    for event in (
        taken(headers(" ".join(signatures()))),
        taken(headers(published)),
        taken(headers(" ".join(signatures())), public_keys=[OURS.public]),
    ):
        assert (event.id, event.type, event.data) == ("evt_1", "decision.made", {"decision_id": "dec_1"})


def test_the_messages_of_the_specification() -> None:
    """Their signatures are right; only their bodies are no events of this service."""
    given = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= "
        "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==",
    }
    for keys in (
        {"secrets": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]},
        {"public_keys": ["whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="]},
    ):
        with pytest.raises(WebhookVerificationError, match="no event"):
            verify(b'{"test": 2432232314}', given, **keys, now=1614265330)  # type: ignore[arg-type]  # keys are lists


def test_while_a_secret_is_changed_either_is_enough() -> None:
    """The request has signatures of both, the receiver one of them, or both."""
    both = headers(" ".join(["v2,x", "v1,%%", "v1a,AAAA", *signatures(secret=OTHER), *signatures()]))
    assert taken(both).id == "evt_1"
    assert taken(both, secrets=[OTHER.symmetric]).id == "evt_1"
    assert taken(headers(signatures()[0]), secrets=[OTHER.symmetric, OURS.symmetric]).id == "evt_1"


@pytest.mark.parametrize(
    ("given", "body"),
    [
        (headers(signatures()[0]), BODY.replace(b"dec_1", b"dec_2")),
        (headers(signatures()[0], at=NOW + 1), BODY),
        (headers(signatures()[0]) | {"Webhook-Id": "evt_2"}, BODY),
        (headers(signatures(secret=OTHER)[0]), BODY),
        (headers(signatures()[1]), BODY),
        (headers(signatures()[0].replace("v1,", "v1a,")), BODY),
        (headers(signatures()[0][:20]), BODY),
        (headers("v1,"), BODY),
        (headers(""), BODY),
        (headers(signatures()[0]) | {"webhook-timestamp": "now"}, BODY),
        (headers(signatures()[0]) | {"webhook-timestamp": "9" * 5000}, BODY),
        (headers(signatures(at=NOW - 301)[0], at=NOW - 301), BODY),
        (headers(signatures(at=NOW + 301)[0], at=NOW + 301), BODY),
        ({}, BODY),
    ],
    ids=[
        "another body",
        "another time",
        "another identifier",
        "another secret",
        "a signature of the other kind",
        "a signature under the other name",
        "half a signature",
        "an empty signature",
        "no signature",
        "no time",
        "no time of this world",
        "an old request",
        "a request from the future",
        "no headers",
    ],
)
def test_what_is_refused(given: dict[str, str], body: bytes) -> None:
    """Nothing of it is looked at."""
    with pytest.raises(WebhookVerificationError):
        taken(given, body=body)


def test_a_request_of_300_seconds_ago_is_still_taken() -> None:
    """A second more is too old, as the table above has it."""
    assert taken(headers(signatures(at=NOW - 300)[0], at=NOW - 300)).id == "evt_1"


def test_public_keys_need_a_further_package(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install; secrets need nothing."""
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    with pytest.raises(ImportError, match=r"hauptbuch-client\[ed25519\]"):
        taken(headers(" ".join(signatures())), public_keys=[OURS.public])
    assert taken(headers(" ".join(signatures()))).id == "evt_1"


@pytest.mark.parametrize("given", [headers(signatures()[0]), {}], ids=["a request", "no headers"])
@pytest.mark.parametrize(
    ("argument", "keys"),
    [
        ("secrets", {"secrets": []}),
        ("secrets", {"secrets": "whsec_AAAA"}),
        ("secrets", {"secrets": ["AAAA"]}),
        ("secrets", {"secrets": ["whsec_"]}),
        ("secrets", {"secrets": ["whsec_%%%%"]}),
        ("secrets", {"secrets": ["whsec_" + base64.b64encode(b"short").decode()]}),
        ("secrets", {"secrets": [f"{OURS.symmetric}\n"]}),
        ("secrets", {"secrets": [None]}),
        ("secrets", {"secrets": None}),
        ("public_keys", {"public_keys": [OURS.symmetric]}),
        ("public_keys", {"public_keys": ["whpk_" + base64.b64encode(b"short").decode()]}),
    ],
)
def test_a_key_that_is_none_is_a_mistake_of_the_receiver(
    argument: str, keys: dict[str, list[str]], given: dict[str, str]
) -> None:
    """It is told apart from a request that is not genuine, before that is looked at, and shows no key."""
    with pytest.raises(ArgumentError, match=rf"^{argument}: ") as raised:
        taken(given, **keys)
    assert OURS.symmetric not in str(raised.value)


def test_a_body_may_be_bytes_of_any_kind_or_their_text() -> None:
    """What a framework has parsed is refused."""
    given = headers(signatures()[0])
    for body in (bytearray(BODY), memoryview(BODY), BODY.decode()):
        assert taken(given, body=body).id == "evt_1"  # type: ignore[arg-type]  # as typed by frameworks
    with pytest.raises(ArgumentError, match=r"^body: "):
        taken(given, body={"type": "decision.made"})  # type: ignore[arg-type]  # the mistake


def test_headers_that_no_text_has_are_refused_as_others() -> None:
    """Some servers keep bytes that are no UTF-8 as lone surrogates."""
    with pytest.raises(WebhookVerificationError):
        taken(headers(signatures()[0]) | {"Webhook-Id": "evt_\udcff"})
    with pytest.raises(WebhookVerificationError):
        taken(headers("v1,\udcff"))


def test_without_a_secret_and_a_key_it_is_said_what_to_give() -> None:
    """Nothing can be verified by nothing."""
    with pytest.raises(ArgumentError, match=r"^secrets: is empty, and so is public_keys: give one of them$"):
        verify(BODY, headers(signatures()[0]), secrets=[], public_keys=[], now=NOW)


def test_a_time_that_is_none_is_not_now() -> None:
    """Whatever the caller's clock says."""
    with pytest.raises(WebhookVerificationError, match="not now"):
        verify(BODY, headers(signatures()[0]), secrets=[OURS.symmetric], now=float("nan"))


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b'{"type": 1, "timestamp": "t", "data": {}}', b"[" * 100_000]
)
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    """Its signature is right."""
    with pytest.raises(WebhookVerificationError, match="no event"):
        taken(headers(OURS.sign("evt_1", NOW, body)), body=body)
