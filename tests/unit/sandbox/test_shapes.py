import json
import os
from datetime import date
from pathlib import Path

import pytest

from sandbox.bookkeeping import names
from sandbox.firms.personas import PERSONAS
from sandbox.rendering.shapes import midnight, moment, money, number

TODAY = date(2026, 11, 20)
RECORDED = {
    "Invoice": ("invoice_list_cancelled_and_sr", "invoice_draft", "invoice_open_enshrined"),
    "CreditNote": ("credit_note_paid",),
    "Voucher": ("voucher_list_overpaid_and_partial", "voucher_paid_with_document"),
    "VoucherPos": ("voucher_positions",),
    "Contact": ("contact",),
    "CheckAccount": ("check_account_list",),
    "CheckAccountTransaction": ("transaction_list", "transaction_deleted_by_id"),
    "CheckAccountTransactionLog": ("transaction_log",),
}
IN_SYSTEM_1 = {"taxRule": "taxType", "accountDatev": "accountingType"}
ABSENT_WHEN_UNSET = {"supplier", "sourceTransaction", "targetTransaction"}
"""References that no recorded object of the resource happens to have."""


@pytest.mark.parametrize(
    ("cents", "text"),
    [(2900, "29"), (551, "5.51"), (-3920, "-39.2"), (0, "0"), (5, "0.05"), (-5, "-0.05"), (139118, "1391.18")],
)
def test_sums_drop_trailing_zeros(cents: int, text: str) -> None:
    """A sum is a string with a point and without trailing zeros."""
    assert money(cents) == text


@pytest.mark.parametrize(("cents", "value"), [(8000, 80), (8749, 87.49), (-1500, -15), (0, 0)])
def test_whole_sums_are_json_integers(cents: int, value: float) -> None:
    """A sum as a JSON number is an integer where it is whole."""
    assert json.dumps(number(cents)) == json.dumps(value)


def test_tax_numbers_are_valid_and_of_one_firm_each() -> None:
    """Their check digits are those of the examples that tax authorities and the European Union publish."""
    assert names.remainder_of_tax_number("513308150815") == 9
    assert names.with_vat_check("13669597") == "136695976"
    numbers = [names.tax_number(key) for key in range(10_000)]
    assert len(set(numbers)) == len(numbers)
    digits = [number.replace("/", "") for number in numbers]
    assert all(names.remainder_of_tax_number(f"5{one[:3]}0{one[3:10]}") == int(one[10]) for one in digits)
    assert names.vat_id(8_003) == "DE990080036"


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 3, 28), "2026-03-28T00:00:00+01:00"),
        (date(2026, 3, 29), "2026-03-29T00:00:00+01:00"),
        (date(2026, 3, 30), "2026-03-30T00:00:00+02:00"),
        (date(2026, 10, 25), "2026-10-25T00:00:00+02:00"),
        (date(2026, 10, 26), "2026-10-26T00:00:00+01:00"),
    ],
)
def test_midnight_has_the_offset_of_that_night(day: date, text: str) -> None:
    """Clocks change at two or three in the morning, after midnight."""
    assert midnight(day.toordinal()) == text


@pytest.mark.parametrize(("day", "offset"), [(date(2026, 3, 29), "+02:00"), (date(2026, 10, 25), "+01:00")])
def test_office_hours_have_the_offset_after_the_change(day: date, offset: str) -> None:
    """From eight o'clock on, the day on which clocks change has its new offset."""
    stamp = moment(day.toordinal(), 12345)
    assert stamp.endswith(offset)
    assert "08" <= stamp[11:13] < "18"


def test_an_iban_has_valid_check_digits() -> None:
    """The example of the IBAN standard comes out, and every persona's account number divides as it must."""
    assert names.iban(37_040_044, 532_013_000) == "DE89370400440532013000"
    assert all(int(p.iban[4:] + "1314" + p.iban[2:4]) % 97 == 1 for p in PERSONAS)


@pytest.mark.skipif("RECORDED_ANSWERS_DIR" not in os.environ, reason="RECORDED_ANSWERS_DIR names no recorded answers")
@pytest.mark.parametrize("resource", RECORDED)
@pytest.mark.parametrize("firm", ["healthy-agency", "awkward-books", "foreign-currency", "circular-money"])
def test_objects_have_the_keys_of_recorded_ones(firm: str, resource: str) -> None:
    """Every object has the keys that all recorded ones share, and none that no recorded one has."""
    (persona,) = (persona for persona in PERSONAS if persona.firm == firm)
    recorded = [
        set(item)
        for name in RECORDED[resource]
        for item in json.loads((Path(os.environ["RECORDED_ANSWERS_DIR"]) / f"{name}.json").read_text())["objects"]
    ]
    always, ever = set.intersection(*recorded), set.union(*recorded) | ABSENT_WHEN_UNSET
    optional = {"paymentMethod", "refSrcInvoice", "origin"}
    for item in persona.books(TODAY).objects[resource]:
        # All recorded ones are of system 2.0: documents of 1.0 have their own way to say how they are taxed and booked.
        is_old = item.get("taxType") is not None or "accountingType" in item
        assert not is_old or firm == "awkward-books"
        replaced, instead = (set(IN_SYSTEM_1), set(IN_SYSTEM_1.values())) if is_old else (set(), set())
        assert always - optional - replaced <= set(item) <= ever | optional | instead
