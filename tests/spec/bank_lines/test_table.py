"""The shape of the labelled bank lines: what a measurement on them may take for granted."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
FILES = ("develop", "held_out")
COLUMNS = ["category", "amount_cents", "purpose", "name", "entry_text", "note"]
INCOMING = frozenset(
    [
        "customer_receipt",
        "collected_debit",
        "provider_payout",
        "factoring_payout",
        "cash_deposit",
        "loan_proceeds",
        "owner_contribution",
        "subsidy",
        "tax_refund",
        "insurance_benefit",
        "refund_received",
        "customer_insolvency",
        "enforced_receipt",
        "interest_received",
        "returned_objection",
    ]
)
OUTGOING = frozenset(
    [
        "supplier",
        "wages",
        "wage_garnishment",
        "social_security",
        "vat",
        "payroll_tax",
        "income_tax",
        "trade_tax",
        "other_tax",
        "rent",
        "utilities",
        "communication",
        "insurance",
        "vehicle",
        "advertising",
        "software",
        "professional_fees",
        "chamber_dues",
        "travel",
        "shipping",
        "loan_service",
        "lease",
        "factoring_fee",
        "provider_fee",
        "card_settlement",
        "owner_drawing",
        "refund_paid",
        "cash_withdrawal",
        "bank_fee",
        "return_fee",
        "reminder_fee",
        "enforcement_cost",
        "returned_customer_debit",
    ]
)
EITHER = frozenset({"garnishment", "insolvency_own", "returned_debit", "transfer", "other"})
MADE_UP_CREDITOR = "DE98ZZZ09999999999"  # the example in the Bundesbank's description of creditor identifiers
ACCOUNT_NUMBER = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[0-9A-Z]{4}){3,7}(?: ?[0-9A-Z]{1,3})?\b")


def _rows(name: str) -> list[list[str]]:
    with (FOLDER / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _lines(name: str) -> list[dict[str, str]]:
    return [dict(zip(COLUMNS, row, strict=True)) for row in _rows(name)[1:]]


def _texts(line: dict[str, str]) -> tuple[str, str, str]:
    return line["purpose"], line["name"], line["entry_text"]


def _has_valid_check_digits(account: str) -> bool:
    """ISO 13616: with its first four characters moved to the end, and letters read as 10 to 35, it is 1 modulo 97."""
    compact = account.replace(" ", "")
    return int("".join(str(int(char, 36)) for char in compact[4:] + compact[:4])) % 97 == 1


@pytest.mark.parametrize("name", FILES)
def test_columns(name: str) -> None:
    """Every line has the six columns, without blanks around a text."""
    header, *rows = _rows(name)
    assert header == COLUMNS
    assert [row for row in rows if len(row) != len(COLUMNS) or any(text != text.strip() for text in row)] == []


@pytest.mark.parametrize("name", FILES)
def test_amount_fits_its_category(name: str) -> None:
    """A category of incoming money has positive amounts, one of outgoing money negative ones, none is zero."""
    unfit = [
        line
        for line in _lines(name)
        if int(line["amount_cents"]) == 0
        or line["category"] not in (INCOMING if int(line["amount_cents"]) > 0 else OUTGOING) | EITHER
    ]
    assert unfit == []


def test_every_category_has_lines() -> None:
    """Every category has at least twelve lines, and six in each file."""
    counts = [Counter(line["category"] for line in _lines(name)) for name in FILES]
    for count in counts:
        assert count.keys() == INCOMING | OUTGOING | EITHER
        assert min(count.values()) >= 6
    assert min(sum(counts, Counter[str]()).values()) >= 12


def test_no_line_is_there_twice() -> None:
    """No two lines differ in digits, case and punctuation only, neither within a file nor between the two."""
    wordings = Counter(
        re.sub(r"[\W\d_]+", " ", " / ".join(_texts(line)).lower()).strip() for name in FILES for line in _lines(name)
    )
    assert [wording for wording, count in wordings.items() if count > 1] == []


def test_no_purpose_is_in_both_files() -> None:
    """Who has read `develop` has not read a purpose of `held_out`, not even with other numbers."""
    develop, held_out = (
        {re.sub(r"[\W\d_]+", "", line["purpose"].lower()) for line in _lines(name)} - {""} for name in FILES
    )
    assert develop & held_out == set()


@pytest.mark.parametrize("name", FILES)
def test_no_account_number_can_be_real(name: str) -> None:
    """No text has an account number with valid check digits."""
    texts = (text.replace(MADE_UP_CREDITOR, "") for line in _lines(name) for text in _texts(line))
    found = [account for text in texts for account in ACCOUNT_NUMBER.findall(text)]
    assert len(found) >= 2
    assert [account for account in found if _has_valid_check_digits(account)] == []


def test_check_digits() -> None:
    """The check sees a valid number: the example of the German banking industry, not an account."""
    assert _has_valid_check_digits("DE89 3704 0044 0532 0130 00")
    assert not _has_valid_check_digits("DE00 3704 0044 0532 0130 00")
