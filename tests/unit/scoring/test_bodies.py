"""Applications on the wire: what is accepted, and what is said about the rest."""

import json
from datetime import date
from typing import Any

import msgspec
import pytest

from scoring.api.applications import parse_application, parse_body
from scoring.api.errors import InvalidFieldsError, MalformedJsonError
from scoring.api.iban import normalise_iban
from scoring.api.schemas.applications import ApplicationRequest
from scoring.api.schemas.loans import LoanPlanEntry
from scoring.base.credentials import TokenCredential
from scoring.base.secrets import Secret
from scoring.decisions.decision import LegalForm
from scoring.sources.http import HttpClient
from scoring.sources.registry import open_sources

TODAY = date(2026, 10, 1)
SOURCES = open_sources(HttpClient(), sevdesk_url="https://sevdesk.example/api/v1", is_sevdesk_sandbox=False)
TOKEN = "0123456789abcdef0123456789ABCDEF"
GOOD: dict[str, Any] = {
    "borrower_ref": "firm-1",
    "legal_form": "gmbh",
    "product": "working_capital",
    "amount": {"value": "25000.00", "currency": "EUR"},
    "term_months": 12,
    "connection_id": "con_1",
}


def faults(**changes: Any) -> dict[str, str]:  # noqa: ANN401  any JSON
    """Field to message of an application with these changes."""
    with pytest.raises(InvalidFieldsError) as caught:
        parse_application(
            json.dumps(GOOD | changes).encode(), today=TODAY, products=frozenset({"working_capital"}), sources=SOURCES
        )
    return {error.field: error.message for error in caught.value.errors}


def test_an_application_is_read() -> None:
    """Money becomes cents; what is left out has its default."""
    read = parse_application(
        json.dumps(GOOD).encode(), today=TODAY, products=frozenset({"working_capital"}), sources=SOURCES
    )
    assert (read.terms.amount_cents, read.terms.legal_form, read.terms.language) == (2500000, LegalForm.GMBH, "de")
    assert (read.payout_iban, read.as_of, read.credential) == (None, None, None)


@pytest.mark.parametrize(
    ("value", "cents"), [("0.01", 1), ("1", 100), ("1.5", 150), ("100000000.00", 10**10), ("007.10", 710)]
)
def test_amounts_are_exact(value: str, cents: int) -> None:
    """Decimal text to whole cents, without floats in between."""
    body = json.dumps(GOOD | {"amount": {"value": value, "currency": "EUR"}}).encode()
    assert (
        parse_application(
            body, today=TODAY, products=frozenset({"working_capital"}), sources=SOURCES
        ).terms.amount_cents
        == cents
    )


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("-5.00", "must be above 0"),
        ("0.00", "must be above 0"),
        ("0.001", "at most two decimal places"),
        ("12.000", "a point is the decimal sign, and thousands have none"),
        ("100000000.01", "must be at most 100000000.00"),
        ("9" * 30, "must be at most"),
        ("1e6", "must be a decimal number"),
        ("NaN", "must be a decimal number"),
        ("٣", "must be a decimal number"),
        ("1,5", "must be a decimal number"),
        ("", "must be a decimal number"),
        (" 1", "must be a decimal number"),
        ("1\n", "must be a decimal number"),
        ("1.", "must be a decimal number"),
        (25000, "must be text, not a whole number"),
        (None, "must be text, not null"),
    ],
)
def test_an_amount_that_is_none_is_refused(value: object, said: str) -> None:
    """Negative, zero, absurd, too fine, or no number at all."""
    assert said in faults(amount={"value": value, "currency": "EUR"})["amount.value"]


@pytest.mark.parametrize("currency", ["USD", "eur", "", "€"])
def test_only_euro_is_lent(currency: str) -> None:
    """The field and the currency are named."""
    assert faults(amount={"value": "1.00", "currency": currency}) == {"amount.currency": "must be EUR"}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("legal_form", "inc", "one of gmbh, ug"),
        ("language", "fr", "one of de, en"),
        ("term_months", "12", "must be a whole number, not text"),
        ("term_months", 12.5, "must be a whole number, not a decimal number"),
        ("term_months", True, "must be a whole number, not true or false"),
        ("term_months", 0, ">= 1"),
        ("term_months", 361, "<= 360"),
        ("product", "yacht", "is not a product of the policy; its products are working_capital"),
        ("as_of", "2026-10-02", "is in the future; today is 2026-10-01"),
        ("as_of", "1999-12-31", "is before 2000-01-01"),
        ("as_of", "01.10.2026", "must be a day such as 2026-01-31"),
        ("payout_iban", "DE00", "must be an IBAN"),
        ("borrower_ref", " firm", "must contain only printable"),
        ("borrower_ref", "a\u0000b", "must contain only printable"),
        ("borrower_ref", "", "length >= 1"),
        ("borrower_ref", "x" * 121, "length <= 120"),
        ("purpose", "x" * 201, "length <= 200"),
        ("purpose", 5, "must be text or null, not a whole number"),
        ("purpose", "a\u0000b", "must be a single line"),
        ("purpose", "a\nb", "must be a single line"),
        ("sevdesk_token", "a b", "32 hexadecimal digits"),
        ("unknown", 1, "is not a field of this request"),
        ("amount", "25000", "must be an object"),
    ],
)
def test_a_bad_field_is_named_with_what_is_wrong(field: str, value: object, said: str) -> None:
    """Wrong types are not converted, unknown fields not dropped."""
    assert said in faults(**{field: value})[field]


@pytest.mark.parametrize("form", [{"sevdesk_token": TOKEN}, {"credential": {"source": "sevdesk", "secret": TOKEN}}])
def test_a_token_of_sevdesk_has_a_short_form(form: dict[str, Any]) -> None:
    """Both say the same, and neither shows its secret."""
    body = json.dumps(GOOD | {"connection_id": None} | form).encode()
    read = parse_application(body, today=TODAY, products=frozenset({"working_capital"}), sources=SOURCES)
    assert read.credential == TokenCredential(source="sevdesk", secret=Secret(TOKEN))
    assert TOKEN not in repr(read)


@pytest.mark.parametrize(
    ("credential", "field", "said"),
    [
        ({"source": "datev", "secret": TOKEN}, "credential.source", "is not a source of books; known: sevdesk"),
        ({"source": "", "secret": TOKEN}, "credential.source", "known: sevdesk"),
        ({"source": "sevdesk", "secret": TOKEN[1:]}, "credential.secret", "32 hexadecimal digits"),
        ({"source": "sevdesk", "secret": ""}, "credential.secret", "length >= 1"),
        ({"source": "sevdesk"}, "credential.secret", "is missing"),
        ({"secret": TOKEN}, "credential.source", "is missing"),
        ({"source": "sevdesk", "secret": TOKEN, "user": "x"}, "credential.user", "is not a field of this request"),
        ({"source": 1, "secret": TOKEN}, "credential.source", "must be text"),
        (TOKEN, "credential", "must be an object"),
    ],
)
def test_a_bad_credential_is_named_with_what_is_wrong(credential: object, field: str, said: str) -> None:
    """Before its source is asked."""
    found = faults(connection_id=None, credential=credential)
    assert list(found) == [field]
    assert said in found[field]
    assert TOKEN not in str(found)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"sevdesk_token": TOKEN}, "connection_id"),
        ({"connection_id": None}, "connection_id"),
        ({"credential": {"source": "sevdesk", "secret": TOKEN}}, "connection_id"),
        (
            {"connection_id": None, "sevdesk_token": TOKEN, "credential": {"source": "sevdesk", "secret": TOKEN}},
            "sevdesk_token",
        ),
    ],
)
def test_there_is_exactly_one_way_to_the_books(changes: dict[str, Any], field: str) -> None:
    """A connection, a credential or its short form; not two, not none. A field that was sent is named."""
    assert faults(**changes) == {field: "give exactly one of connection_id, credential and sevdesk_token"}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"a": "\xff"}', "the body is not UTF-8 text"),
        (b"[" * 30_000, "the body is nested too deeply"),
        (b"{]", "the body is not JSON: object keys must be strings (byte 1)"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_in_plain_words(body: bytes, said: str) -> None:
    """None of the words of the decoder's inside."""
    with pytest.raises(MalformedJsonError) as refused:
        parse_body(body, ApplicationRequest, lambda _: iter(()))
    assert str(refused.value) == said


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ('"term_months": 12, "term_months": 12', ["term_months"]),
        ('"term_months": 12, "term_months": 360, "product": "x"', ["term_months", "product"]),
        ('"amount": {"value": "1", "currency": "EUR", "value": "2"}', ["amount", "amount.value"]),
        ('"term_\\u006donths": 1', ["term_months"]),
    ],
)
def test_a_member_that_is_given_twice_is_refused(body: str, fields: list[str]) -> None:
    """Also with the same value, and however its name is written: which one counts is not for the service to guess."""
    content = f"{json.dumps(GOOD)[:-1]}, {body}}}".encode()
    with pytest.raises(InvalidFieldsError) as caught:
        parse_application(content, today=TODAY, products=frozenset({"working_capital"}), sources=SOURCES)
    assert sorted({error.field for error in caught.value.errors}) == sorted(fields)
    assert {error.message for error in caught.value.errors} == {"is given more than once"}


def test_a_member_that_is_given_twice_in_a_list_is_refused() -> None:
    """With the place of the item: an instalment of 1 euro could else hide one of 100,000."""
    amount = '"amount": {"value": "1.00", "currency": "EUR"}'
    last = f'{{"due_on": "2027-02-01", {amount}, {amount.replace("1.00", "100000.00")}}}'
    body = f'{{"kind": "planned", "entry_ref": "plan", "happened_on": "2027-01-01", "instalments": [{last}]}}'
    content = body.replace("[", f'[{{"due_on": "2027-01-01", {amount}}}, ', 1).encode()
    with pytest.raises(InvalidFieldsError) as caught:
        parse_body(content, LoanPlanEntry, lambda _: iter(()))
    assert [(error.field, error.message) for error in caught.value.errors] == [
        ("instalments[1].amount", "is given more than once")
    ]


@pytest.mark.parametrize("depth", [100, 480, 960, 1_000, 1_500, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"x":', "}")])
def test_a_body_that_is_nested_deeply_is_read_or_refused(depth: int, opening: str, closing: str) -> None:
    """Also in a field that nothing reads; no depth is an error of the service."""

    class _Kind(msgspec.Struct):
        kind: str

    nested = f"{opening * depth}1{closing * depth}"
    told = None
    try:
        parse_body(f'{{"kind": "paid", "x": {nested}}}'.encode(), _Kind, lambda _: iter(()))
    except MalformedJsonError as error:
        told = str(error)
    refused = "the body is nested too deeply"
    assert told in {100: {None}, 100_000: {refused}}.get(depth, {None, refused})


def test_all_faults_are_told_at_once() -> None:
    """Of the form first; of the content once the form is right."""
    assert faults(term_months="x", legal_form="x", extra=1, amount={"value": 1, "currency": "EUR", "x": 1}).keys() == {
        "term_months",
        "legal_form",
        "extra",
        "amount.value",
        "amount.x",
    }
    assert faults(amount={"value": "-1", "currency": "USD"}, as_of="2030-01-01", payout_iban="x").keys() == {
        "amount.value",
        "amount.currency",
        "as_of",
        "payout_iban",
    }


def test_what_is_missing_is_named() -> None:
    """Every required field."""
    with pytest.raises(InvalidFieldsError) as caught:
        parse_application(b"{}", today=TODAY, products=frozenset(), sources=SOURCES)
    missing = {error.field for error in caught.value.errors if error.message == "is missing"}
    assert missing == {"borrower_ref", "legal_form", "product", "amount", "term_months"}


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"nul", b"{}{}", b"[" * 100_000, b'{"borrower_ref": "\\ud800"}', b"{'a': 1}"]
)
def test_what_is_not_json_is_told_apart(body: bytes) -> None:
    """Deep nesting included, which must not exhaust the stack."""
    with pytest.raises(MalformedJsonError):
        parse_application(body, today=TODAY, products=frozenset(), sources=SOURCES)


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"x"'])
def test_another_json_value_is_no_application(body: bytes) -> None:
    """It is JSON, but no object."""
    with pytest.raises(InvalidFieldsError, match="must be an object"):
        parse_application(body, today=TODAY, products=frozenset(), sources=SOURCES)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DE89370400440532013000", "DE89370400440532013000"),
        ("de89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        ("AT611904300234573201", "AT611904300234573201"),
        ("MT84MALT011000012345MTLCAST001S", "MT84MALT011000012345MTLCAST001S"),
    ],
)
def test_ibans_are_written_alike(text: str, expected: str) -> None:
    """Blanks and small letters do not matter."""
    assert normalise_iban(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("DE89370400440532013001", "check digits"),
        ("DE8937040044053201300", "must have 22 characters for DE, but has 21"),
        ("1234", "must be an IBAN"),
        ("DE8937040044053201300Ä", "must be an IBAN"),
        ("", "must be an IBAN"),
    ],
)
def test_a_wrong_iban_is_refused_without_repeating_it(text: str, said: str) -> None:
    """Account numbers do not belong into messages."""
    with pytest.raises(ValueError, match=said) as caught:
        normalise_iban(text)
    assert not text or text not in str(caught.value)
