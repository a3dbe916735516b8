"""Tests of the verifier, with literal signatures that were not computed by the verifier itself."""

import base64
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from unittest import mock

import pytest
from standard_webhooks_verifier import NotVerified, verify

# The message of the specification, section "Signature scheme".
SPEC_ID = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"
SPEC_TIMESTAMP = 1674087231
SPEC_MINIFIED = (
    b'{"type":"contact.created","timestamp":"2022-11-03T20:26:10.344522Z",'
    b'"data":{"id":"1f81eb52-5198-4599-803e-771906343485"}}'
)
SPEC_PRETTY = b"""{
  "type": "contact.created",
  "timestamp": "2022-11-03T20:26:10.344522Z",
  "data": {
    "id": "1f81eb52-5198-4599-803e-771906343485"
  }
}"""

# The example of the webhook-signature header in the specification. The v1a signature is that of the message
# below, and verifies with the public key below; no key was published for the v1 signature.
SPEC_SIGNATURES = (
    "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4= "
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="
)
KNOWN_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
KNOWN_TIMESTAMP = 1614265330
KNOWN_BODY = b'{"test": 2432232314}'
KNOWN_PUBLIC = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
KNOWN_V1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="

SECRET_24 = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SECRET_64 = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw=="
# The public key of the first test of RFC 8032, section 7.1.
PUBLIC = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="

# Signatures of SPEC_ID and SPEC_TIMESTAMP with each body, made with the openssl command.
MINIFIED_24 = "v1,ARw42xaAApl/nxRo+iPGYwSaMQaOwMo2eyH5JBRA+bQ="
MINIFIED_64 = "v1,9LtGxwbZoGrF8oS2FH4IGhfQpdLVQZEa0OR1k5rX7yE="
MINIFIED_ED = "v1a,pbpYBMlty2hExn4zt0UTGb6BaP2Vq5AfyzjB9GGV3x/wCJKd8UjOCf8Qhaji6TKY9C5eNMnlF0GG4udaO6B7Ag=="
PRETTY_24 = "v1,4HuEea/oaF3+OtFX8BvqJIZzpuCJaLMrICSrGHc6fhg="
PRETTY_64 = "v1,qyVonn0xrW/AzJxzVAcriBO/DWe9mioJs/P51YHMyBI="
PRETTY_ED = "v1a,yvE1LtE3vSvCxoTgC2acCutG784j79+UOZyyPi2uamvSw6P02J+qNDcERkhgBzYM113vO7fHUWfREBpNyx/QCQ=="
EMPTY_24 = "v1,A5hMMR9P/3wRdDlYQIpfU6eGBMB4KECXzx5EMRv7TBg="
EMPTY_64 = "v1,SooBm9R7odtJpwGvBMYNT/jbnpVYtWOMljDchb6fmbo="
EMPTY_ED = "v1a,wp3LOIo+8g6PH5PTKOGGS8Q+o801rrMr8pefr9bss3i2raLNgg3C0FHMk+dqtEOca6n69XjgZdTdtLGyKkTPAQ=="
BINARY = b"\xff\x00\xfe\n"
BINARY_24 = "v1,48cf4aVhnWyvLxJ1cDaey4J19wTzgrwAPNFY/c1ACA0="
BINARY_64 = "v1,mzhqc2RzTA6cQ3N/aXxSG7a8GqDdBPRCugdp+RRmAhU="
BINARY_ED = "v1a,DsHOw/FBJ4zg4jW8aZqbOhVgYN5IV8xNnBxGbyPiC70ubaY6Yc841E5DN9QmO3D+pUK+zYAa2/AvlDOwhNJDCQ=="

UNKNOWN = "v2,AAAA"


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def headers(signature: str, message_id: str = SPEC_ID, timestamp: str = str(SPEC_TIMESTAMP)) -> dict[str, str]:
    return {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signature}


def check(
    given: Mapping[str, str], keys: Sequence[str], body: bytes = SPEC_MINIFIED, now: float = SPEC_TIMESTAMP
) -> str:
    return verify(given, body, keys, at(now))


def test_specification_v1a_example() -> None:
    given = headers(SPEC_SIGNATURES, KNOWN_ID, str(KNOWN_TIMESTAMP))
    assert verify(given, KNOWN_BODY, [KNOWN_PUBLIC], at(KNOWN_TIMESTAMP)) == KNOWN_ID


def test_specification_v1a_example_is_not_of_the_message_shown_beside_it() -> None:
    for body in (SPEC_MINIFIED, SPEC_PRETTY):
        with pytest.raises(NotVerified, match="no signature matches any of the keys"):
            check(headers(SPEC_SIGNATURES), [KNOWN_PUBLIC, SECRET_24], body)


def test_known_v1_signature() -> None:
    given = headers(KNOWN_V1, KNOWN_ID, str(KNOWN_TIMESTAMP))
    assert verify(given, KNOWN_BODY, [SECRET_24], at(KNOWN_TIMESTAMP)) == KNOWN_ID


@pytest.mark.parametrize(
    ("key", "signature", "body"),
    [
        (SECRET_24, MINIFIED_24, SPEC_MINIFIED),
        (SECRET_64, MINIFIED_64, SPEC_MINIFIED),
        (PUBLIC, MINIFIED_ED, SPEC_MINIFIED),
        (SECRET_24, PRETTY_24, SPEC_PRETTY),
        (SECRET_64, PRETTY_64, SPEC_PRETTY),
        (PUBLIC, PRETTY_ED, SPEC_PRETTY),
        (SECRET_24, EMPTY_24, b""),
        (SECRET_64, EMPTY_64, b""),
        (PUBLIC, EMPTY_ED, b""),
        (SECRET_24, BINARY_24, BINARY),
        (SECRET_64, BINARY_64, BINARY),
        (PUBLIC, BINARY_ED, BINARY),
    ],
)
def test_literal_vectors_and_their_tampering(key: str, signature: str, body: bytes) -> None:
    given = headers(signature)
    assert check(given, [key], body) == SPEC_ID

    tampered = [body + b"\n", b" " + body, body + b"\x00"]
    if body:
        tampered += [body[:-1], body[1:], bytes([body[0] ^ 1]) + body[1:], body[:-1] + bytes([body[-1] ^ 0x80])]
    for other in tampered:
        with pytest.raises(NotVerified, match="no signature matches any of the keys"):
            check(given, [key], other)

    for other_id in (SPEC_ID + "x", SPEC_ID[:-1], SPEC_ID.lower(), "x"):
        with pytest.raises(NotVerified, match="no signature matches any of the keys"):
            check(headers(signature, message_id=other_id), [key], body)

    for other_time in (str(SPEC_TIMESTAMP + 1), str(SPEC_TIMESTAMP - 1), f"0{SPEC_TIMESTAMP}"):
        with pytest.raises(NotVerified, match="no signature matches any of the keys"):
            check(headers(signature, timestamp=other_time), [key], body)


@pytest.mark.parametrize(("key", "signature"), [(SECRET_24, MINIFIED_24), (PUBLIC, MINIFIED_ED)])
def test_every_flipped_bit_of_a_signature_is_refused(key: str, signature: str) -> None:
    version, _, text = signature.partition(",")
    raw = base64.b64decode(text)
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(NotVerified, match="no signature matches any of the keys"):
            check(headers(f"{version},{base64.b64encode(changed).decode()}"), [key])


@pytest.mark.parametrize("keys", [[SECRET_24], [SECRET_64], [PUBLIC], [SECRET_64, PUBLIC], [KNOWN_PUBLIC, SECRET_24]])
def test_one_matching_signature_of_several_is_enough(keys: list[str]) -> None:
    for order in (
        [MINIFIED_24, MINIFIED_64, MINIFIED_ED],
        [MINIFIED_ED, MINIFIED_64, MINIFIED_24],
        [UNKNOWN, PRETTY_24, PRETTY_64, PRETTY_ED, MINIFIED_ED, MINIFIED_24, MINIFIED_64, UNKNOWN],
    ):
        assert check(headers(" ".join(order)), keys) == SPEC_ID


@pytest.mark.parametrize(
    "beside", ["v1", "v1,", "v1,!!!!", "v1,AAAA", "v1a,AAAA", "v9,x,y", "nonsense", ",", "V1,x", "v1=AAAA", ""]
)
def test_an_unusable_signature_does_not_hide_a_good_one(beside: str) -> None:
    assert check(headers(f"{beside} {MINIFIED_24}"), [SECRET_24]) == SPEC_ID
    assert check(headers(f"{MINIFIED_24} {beside}"), [SECRET_24]) == SPEC_ID


def test_other_keys_do_not_match() -> None:
    for signature, key in ((MINIFIED_24, SECRET_64), (MINIFIED_64, SECRET_24), (MINIFIED_ED, KNOWN_PUBLIC)):
        with pytest.raises(NotVerified, match="no signature matches any of the keys"):
            check(headers(signature), [key])


def test_a_public_key_is_never_used_as_a_secret() -> None:
    raw = base64.b64decode(PUBLIC.removeprefix("whpk_"))
    signed = f"{SPEC_ID}.{SPEC_TIMESTAMP}.".encode() + SPEC_MINIFIED
    forged = "v1," + base64.b64encode(hmac.digest(raw, signed, "sha256")).decode()
    with pytest.raises(NotVerified, match="of a version that the keys can check"):
        check(headers(forged), [PUBLIC])
    with pytest.raises(NotVerified, match="no signature matches any of the keys"):
        check(headers(forged), [PUBLIC, SECRET_24])


def test_a_good_signature_under_another_version_is_refused() -> None:
    text = MINIFIED_24.partition(",")[2]
    with pytest.raises(NotVerified, match="v1a signature is not 64 bytes long"):
        check(headers(f"v1a,{text}"), [SECRET_24, PUBLIC])
    for version in ("v2", "V1", "v01", "", "v1b"):
        with pytest.raises(NotVerified, match="no signature of a known version"):
            check(headers(f"{version},{text}"), [SECRET_24, PUBLIC])


@pytest.mark.parametrize("names", [str.upper, str.title, str.lower])
def test_header_names_in_any_case(names: Callable[[str], str]) -> None:
    given = {names(name): value for name, value in headers(MINIFIED_24).items()} | {"Content-Type": "application/json"}
    assert check(given, [SECRET_24]) == SPEC_ID


def test_blanks_around_header_values_are_not_part_of_them() -> None:
    given = {name: f" \t{value} " for name, value in headers(f"{MINIFIED_64}  {MINIFIED_24}").items()}
    assert check(given, [SECRET_24]) == SPEC_ID


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_missing_empty_and_repeated_headers(name: str) -> None:
    given = headers(MINIFIED_24)
    with pytest.raises(NotVerified, match=f"the {name} header is missing"):
        check({key: value for key, value in given.items() if key != name}, [SECRET_24])
    for empty in ("", " ", "\t"):
        with pytest.raises(NotVerified, match=f"the {name} header is empty"):
            check(given | {name: empty}, [SECRET_24])
    with pytest.raises(NotVerified, match=f"the {name} header appears more than once"):
        check(given | {name.upper(): given[name]}, [SECRET_24])


@pytest.mark.parametrize(
    "message_id", ["msg.1", ".", "msg 1", "msg\n1", "msg_\u00e9", "msg_\u0661", "msg\x00", "msg\x7f"]
)
def test_message_ids_that_are_refused(message_id: str) -> None:
    with pytest.raises(NotVerified, match="the webhook-id header holds a full stop"):
        check(headers(MINIFIED_24, message_id=message_id), [SECRET_24])


def test_the_parts_of_a_message_cannot_be_moved() -> None:
    # The signed bytes would be the same, with the start of the body moved into the headers.
    raw = base64.b64decode(SECRET_24.removeprefix("whsec_"))
    signature = "v1," + base64.b64encode(hmac.digest(raw, b"a.1674087231.1674087232.{}", "sha256")).decode()
    assert check(headers(signature, "a", "1674087231"), [SECRET_24], b"1674087232.{}") == "a"
    with pytest.raises(NotVerified, match="full stop"):
        check(headers(signature, "a.1674087231", "1674087232"), [SECRET_24], b"{}")
    with pytest.raises(NotVerified, match="not a whole number"):
        check(headers(signature, "a", "1674087231.1674087232"), [SECRET_24], b"{}")


@pytest.mark.parametrize(
    "timestamp",
    ["now", "-1674087231", "+1674087231", "1674087231.0", "1_674_087_231", "1674087231\n", "1 674087231", "0x63c88bff",
     "\u0661\u0666\u0667\u0664\u0660\u0668\u0667\u0662\u0663\u0661", "9" * 400, "nan", "1e9", "2023-01-19T00:13:51Z"],
)  # fmt: skip
def test_timestamps_that_are_not_whole_seconds(timestamp: str) -> None:
    with pytest.raises(NotVerified, match="not a whole number of seconds"):
        check(headers(MINIFIED_24, timestamp=timestamp), [SECRET_24])


@pytest.mark.parametrize(("key", "signature"), [(SECRET_24, MINIFIED_24), (PUBLIC, MINIFIED_ED)])
def test_old_and_future_timestamps(key: str, signature: str) -> None:
    given = headers(signature)
    for seconds in (-300, -299.5, 0, 0.5, 300):
        assert check(given, [key], now=SPEC_TIMESTAMP + seconds) == SPEC_ID
    for seconds in (300.5, 301, 86400):
        with pytest.raises(NotVerified, match="too old"):
            check(given, [key], now=SPEC_TIMESTAMP + seconds)
        with pytest.raises(NotVerified, match="too far in the future"):
            check(given, [key], now=SPEC_TIMESTAMP - seconds)


def test_milliseconds_are_in_the_future() -> None:
    with pytest.raises(NotVerified, match="too far in the future"):
        check(headers(MINIFIED_24, timestamp="1674087231000"), [SECRET_24])


def test_tolerance_and_time_zone() -> None:
    given = headers(MINIFIED_24)
    moment = at(SPEC_TIMESTAMP)
    assert verify(given, SPEC_MINIFIED, [SECRET_24], moment, 0) == SPEC_ID
    assert verify(given, SPEC_MINIFIED, [SECRET_24], moment + timedelta(hours=1), tolerance_seconds=3600) == SPEC_ID
    elsewhere = moment.astimezone(timezone(timedelta(hours=9)))
    assert verify(given, SPEC_MINIFIED, [SECRET_24], elsewhere, 0) == SPEC_ID
    with pytest.raises(NotVerified, match="too old"):
        verify(given, SPEC_MINIFIED, [SECRET_24], moment + timedelta(seconds=1), 0)
    with pytest.raises(ValueError, match="time zone"):
        verify(given, SPEC_MINIFIED, [SECRET_24], moment.replace(tzinfo=None))
    with pytest.raises(ValueError, match="negative"):
        verify(given, SPEC_MINIFIED, [SECRET_24], moment, -1)


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        ("v1", "v1 signature is not 32 bytes"),
        ("v1,", "v1 signature is not 32 bytes"),
        ("v1,AAAA", "v1 signature is not 32 bytes"),
        ("v1a,AAAA", "v1a signature is not 64 bytes"),
        ("v1,not base64", "v1 signature is not valid base64"),
        ("v1,ARw42xaAApl/nxRo+iPGYwSaMQaOwMo2eyH5JBRA+bQ", "v1 signature is not valid base64"),  # no padding
        ("v1,ARw42xaAApl_nxRo-iPGYwSaMQaOwMo2eyH5JBRA-bQ=", "v1 signature is not valid base64"),  # URL alphabet
        ("v1,ARw42xaAApl/nxRo+iPGYwSaMQaOwMo2eyH5JBRA+bR=", "v1 signature is not valid base64"),  # not canonical
        ("v1,ARw42xaAApl/nxRo+iPGYwSaMQaOwMo2eyH5JBRA+bQ==", "v1 signature is not valid base64"),
        ("v1,ARw42xaAApl/nxRo+iPGYwSaMQaOwMo2eyH5JBRA+bQ=\n", "v1 signature is not valid base64"),
        ("v1,,ARw42xaAApl/nxRo+iPGYwSaMQaOwMo2eyH5JBRA+bQ=", "v1 signature is not valid base64"),
        ("v1,\u0661", "v1 signature is not valid base64"),
        ("ARw42xaAApl/nxRo+iPGYwSaMQaOwMo2eyH5JBRA+bQ=", "no signature of a known version"),
        ("v1=ARw42xaAApl/nxRo+iPGYwSaMQaOwMo2eyH5JBRA+bQ=", "no signature of a known version"),
        (UNKNOWN, "no signature of a known version"),
        (MINIFIED_ED, "of a version that the keys can check"),
        ("v1a," + base64.b64encode(bytes(64)).decode(), "of a version that the keys can check"),
    ],
)
def test_signatures_that_are_refused(signature: str, reason: str) -> None:
    with pytest.raises(NotVerified, match=reason):
        check(headers(signature), [SECRET_24])


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "starts with neither"),
        ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "starts with neither"),
        (" " + SECRET_24, "starts with neither"),
        ("WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "starts with neither"),
        ("whsk_" + base64.b64encode(bytes(64)).decode(), "is a private key"),
        ("whsec_", "is 0 bytes long, but a whsec_ key has 24 to 64 bytes"),
        ("whsec_" + base64.b64encode(bytes(23)).decode(), "is 23 bytes long, but a whsec_ key has 24 to 64 bytes"),
        ("whsec_" + base64.b64encode(bytes(65)).decode(), "is 65 bytes long, but a whsec_ key has 24 to 64 bytes"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "not valid base64 after whsec_"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n", "not valid base64 after whsec_"),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!", "not valid base64 after whsec_"),
        ("whsec_\u00e9", "not valid base64 after whsec_"),
        ("whpk_", "is 0 bytes long, but a whpk_ key has 32 bytes"),
        ("whpk_" + base64.b64encode(bytes(31)).decode(), "is 31 bytes long, but a whpk_ key has 32 bytes"),
        ("whpk_" + base64.b64encode(bytes(33)).decode(), "is 33 bytes long, but a whpk_ key has 32 bytes"),
        (PUBLIC.rstrip("="), "not valid base64 after whpk_"),
        ("whpk_11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo=", "not valid base64 after whpk_"),
    ],
)
def test_keys_that_are_refused(key: str, reason: str) -> None:
    with pytest.raises(NotVerified, match=f"key 1 .*{reason}|key 1 {reason}"):
        check(headers(MINIFIED_24), [key])
    # A bad key is not overlooked because another one would match.
    with pytest.raises(NotVerified, match="key 2 ") as caught:
        check(headers(MINIFIED_24), [SECRET_24, key])
    secret_part = key.partition("_")[2]
    assert not secret_part or secret_part not in str(caught.value)


def test_no_key_and_one_text_instead_of_a_list() -> None:
    with pytest.raises(NotVerified, match="there is no key"):
        check(headers(MINIFIED_24), [])
    with pytest.raises(NotVerified, match="not one text"):
        check(headers(MINIFIED_24), SECRET_24)


def test_secrets_of_both_extreme_lengths_are_accepted() -> None:
    assert check(headers(MINIFIED_64), (SECRET_64, SECRET_24)) == SPEC_ID
    assert check(headers(MINIFIED_24), (SECRET_64, SECRET_24)) == SPEC_ID


def test_symmetric_signatures_are_compared_in_constant_time() -> None:
    with mock.patch("hmac.compare_digest", wraps=hmac.compare_digest) as compared:
        assert check(headers(MINIFIED_24), [SECRET_24, SECRET_64]) == SPEC_ID
    assert compared.call_count == 2
