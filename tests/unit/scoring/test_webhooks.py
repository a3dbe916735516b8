"""When a webhook is tried again, how it is signed, and where it may lead."""

import asyncio
import re
import ssl
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from receivers import Receiver, receiving
from standard_webhooks_verifier import NotVerified, verify

from scoring.base.tls import tls_context
from scoring.base.webhook_signing import WebhookSecret
from scoring.decisions.webhooks import (
    LONGEST_WAIT,
    MOST_TRIES,
    RETRIES,
    SAMPLES,
    EventType,
    Tried,
    TryError,
    next_wait,
)
from scoring.webhooks.network import Network, is_outside


@pytest.mark.parametrize(
    ("tries", "chance", "asked", "seconds"),
    [
        (1, 0.0, None, 5),
        (1, 1.0, None, 6),
        (2, 0.0, None, 300),
        (3, 0.5, None, 1980),
        (9, 0.0, None, 86_400),
        (10, 0.0, None, None),
        (11, 0.0, None, None),
        (1, 0.0, 120, 120),
        (2, 0.0, 120, 300),
        (1, 0.0, 10**6, 86_400),
        (10, 0.0, 120, None),
    ],
)
def test_waits_follow_the_schedule(tries: int, chance: float, asked: int | None, seconds: int | None) -> None:
    """That of the specification, longer where the endpoint asks for it, and no more than ten tries."""
    wait = next_wait(tries, chance=chance, asked=None if asked is None else timedelta(seconds=asked))
    assert wait == (None if seconds is None else timedelta(seconds=seconds))


def test_all_tries_together_take_three_days() -> None:
    """So an endpoint that is down over a weekend misses nothing."""
    assert timedelta(days=3) < sum(RETRIES, timedelta()) < timedelta(days=4)
    assert MOST_TRIES == 10


@given(
    tries=st.integers(1, 20), chance=st.floats(0, 1), asked=st.none() | st.timedeltas(timedelta(), timedelta(days=99))
)
def test_no_wait_is_shorter_than_its_place_or_longer_than_a_day_and_its_jitter(
    tries: int, chance: float, asked: timedelta | None
) -> None:
    """Whatever an endpoint asks for: it can neither be hammered nor keep a delivery for ever."""
    wait = next_wait(tries, chance=chance, asked=asked)
    if wait is None:
        assert tries >= MOST_TRIES
        return
    assert RETRIES[tries - 1] <= wait <= max(RETRIES[tries - 1] * 1.2, LONGEST_WAIT * 1.2)


@pytest.mark.parametrize(
    ("status", "is_delivered", "is_gone"),
    [
        (None, False, False),
        (199, False, False),
        (200, True, False),
        (299, True, False),
        (300, False, False),
        (410, False, True),
    ],
)
def test_only_2xx_is_a_success(status: int | None, is_delivered: bool, is_gone: bool) -> None:  # noqa: FBT001  a table
    """A redirect is none; 410 says that nothing more is wanted."""
    tried = Tried(status=status)
    assert (tried.is_delivered, tried.is_gone) == (is_delivered, is_gone)


@given(material=st.binary(min_size=64, max_size=64), body=st.binary(max_size=200), at=st.integers(0, 2**33))
def test_what_is_signed_is_proved_and_nothing_else_is(material: bytes, body: bytes, at: int) -> None:
    """By either key, by a verifier written from the specification; another body, time or identifier is not."""
    secret, now = WebhookSecret(material), datetime.fromtimestamp(at, tz=UTC)
    headers = {
        "webhook-id": "evt_1",
        "webhook-timestamp": str(at),
        "webhook-signature": secret.sign("evt_1", at, body),
    }
    for key in (secret.symmetric, secret.public):
        assert verify(headers, body, [key], now) == "evt_1"
        for changed, content in (
            (headers, body + b" "),
            (headers | {"webhook-id": "evt_2"}, body),
            (headers | {"webhook-timestamp": str(at + 1)}, body),
        ):
            with pytest.raises(NotVerified):
                verify(changed, content, [key], now)


def test_a_secret_shows_nothing_of_itself() -> None:
    """In no repr, such as a log has."""
    assert repr(WebhookSecret(bytes(range(64)))) == "***"


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",  # noqa: S104  compared, not bound
            "224.0.0.1",
        ),
        *("255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1"),
        *("fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "64:ff9b::a00:1", "2002:a00:1::", "2001::1"),
        *(
            "2001:db8::1",
            "::10.0.0.1",
            "",
            "localhost",
            "1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::7f00:1",
        ),
        *(
            "192.0.0.192",
            "168.63.129.16",
            "100.100.100.200",
            "0177.0.0.1",
            "0x7f000001",
            "2130706433",
            "127.1",
            "1.1.1.1.",
        ),
    ],
)
def test_an_address_inside_is_none_to_send_to(address: str) -> None:
    """Nor one that leads to it in another notation or through a translation."""
    assert not is_outside(address)


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "168.63.129.17", "192.0.1.1", "93.184.215.14", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"],
)
def test_an_address_of_the_internet_is_one_to_send_to(address: str) -> None:
    """Also next to a private range."""
    assert is_outside(address)


class Names:
    """A name server that answers each question with the next answer."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, _port: int) -> Sequence[str]:
        """The next answer."""
        self.asked.append(host)
        return self.answers.pop(0)


async def test_one_address_inside_is_enough_to_refuse() -> None:
    """Also beside others; and a name that leads outside once is looked at again the next time."""
    names = Names(["1.1.1.1", "127.0.0.1"], ["127.0.0.1"], ["::1"])
    network = Network(seconds=5, at_once=2, resolve=names)
    async with receiving() as receiver:
        port = receiver.url.split(":")[2].partition("/")[0]
        for _ in range(3):
            tried = await network.post(f"https://bank.example:{port}/", {}, b"")
            assert tried.error is TryError.INSIDE
        plain = await network.post(receiver.url, {}, b"")
    await network.aclose()
    assert (plain.status, plain.error) == (None, TryError.INSIDE)
    assert names.asked == ["bank.example"] * 3
    assert receiver.got == []


async def test_the_connection_goes_to_the_address_that_was_looked_at() -> None:
    """The name is asked for once, and stays in the request; no connection is kept for the next one."""
    names = Names(["127.0.0.1"], ["127.0.0.1"])
    network = Network(seconds=5, at_once=2, allows_inside=True, resolve=names)
    async with receiving() as receiver:
        url = receiver.url.replace("127.0.0.1", "bank.example")
        tried = [await network.post(url, {"webhook-id": "evt_1"}, b"{}") for _ in range(2)]
    await network.aclose()
    assert [one.status for one in tried] == [204, 204]
    assert [one.headers["host"].partition(":")[0] for one in receiver.got] == ["bank.example"] * 2
    assert names.asked == ["bank.example"] * 2


async def test_a_name_without_an_address_and_a_closed_port_are_unreachable() -> None:
    """Said so, and nothing raised."""
    network = Network(seconds=5, at_once=2, allows_inside=True, resolve=Names([], ["127.0.0.1"]))
    async with receiving() as receiver:
        url = receiver.url
    tried = [await network.post("http://bank.example/", {}, b""), await network.post(url, {}, b"")]
    await network.aclose()
    assert [one.error for one in tried] == [TryError.UNREACHABLE] * 2


def a_certificate(folder: Path, name: str) -> Path:
    """A certificate of a name with its key, which nobody has signed but itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    began = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(issuer)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    path.write_bytes(made.public_bytes(encoding) + key.private_bytes(encoding, form, serialization.NoEncryption()))
    return path


@pytest.mark.parametrize(
    ("name", "is_trusted", "expected"),
    [
        ("bank.example", True, None),
        ("other.example", True, TryError.CERTIFICATE),
        ("bank.example", False, TryError.CERTIFICATE),
    ],
)
async def test_the_certificate_must_be_that_of_the_name(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    is_trusted: bool,  # noqa: FBT001  a table
    expected: TryError | None,
) -> None:
    """Though the connection goes to an address."""
    certificate = a_certificate(tmp_path, "bank.example")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    if is_trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    receiver = Receiver()
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    tls_context.cache_clear()  # a process of its own would trust what is set now
    network = Network(seconds=5, at_once=2, allows_inside=True, resolve=Names(["127.0.0.1"]))
    tls_context.cache_clear()
    tried = await network.post(f"https://{name}:{port}/", {}, b"")
    await network.aclose()
    server.close()
    assert (tried.status, tried.error) == ((204, None) if expected is None else (None, expected))


def test_the_example_of_the_guide_verifies() -> None:
    """Copied from there as it stands: what was signed just now is genuine, and with one byte more it is not."""
    guide = Path(__file__).parents[3].joinpath("docs", "webhooks.md").read_text()
    code = next(one for one in re.findall(r"```python\n(.*?)```", guide, re.DOTALL) if "Ed25519" in one)
    names: dict[str, Any] = {}
    exec(compile(code, "docs/webhooks.md", "exec"), names)  # noqa: S102  our own guide
    secret, other, at = WebhookSecret(bytes(64)), WebhookSecret(bytes(range(64))), int(time.time())
    headers = {"webhook-id": "evt_1", "webhook-timestamp": str(at)}
    headers["webhook-signature"] = f"{other.sign('evt_1', at, b'{}')} {secret.sign('evt_1', at, b'{}')}"
    assert names["is_genuine"](headers, b"{}", [secret.public])
    assert not names["is_genuine"](headers, b"{} ", [secret.public])
    assert not names["is_genuine"](headers | {"webhook-timestamp": str(at - 301)}, b"{}", [secret.public])


def test_what_is_sent_on_demand_has_what_the_guide_names() -> None:
    """Of each type the same fields."""
    guide = (Path(__file__).parents[3] / "docs" / "webhooks.md").read_text()
    rows = [line.split("|") for line in guide.splitlines() if line.startswith("| `") and line.count("|") == 4]
    named = {kind: set(re.findall(r"`(\w+)`", row[3])) for row in rows for kind in re.findall(r"`([a-z_.]+)`", row[1])}
    assert SAMPLES.keys() == set(EventType) - {EventType.WEBHOOK_TEST}
    for kind, data in SAMPLES.items():
        assert data.keys() <= named[kind], kind
