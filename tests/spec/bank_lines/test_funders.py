"""Which funder a bank line names, as a code of the documented list."""

import re
from pathlib import Path

import polars as pl
import pytest

from scoring.sources.bank_lines.categorise import categorise
from scoring.sources.bank_lines.funders import FUNDED, FUNDERS
from scoring.sources.bank_lines.text import phrases

PAGE = Path(__file__).parents[3] / "docs" / "facilities.md"
KINDS = {"promotional", "bank", "card", "car", "lessor", "online", "advance", "factor"}


def funder_of(purpose: str | None, name: str | None, cents: int = -100_00) -> tuple[str, str | None]:
    """Category and funder of one line."""
    line = {"amount_cents": cents, "purpose": purpose, "name": name, "entry_text": "", "is_private": False}
    found = categorise(pl.DataFrame([line], schema_overrides={"purpose": pl.String, "name": pl.String}))
    return found["category"][0], found["funder"][0]


@pytest.mark.parametrize(
    ("purpose", "name", "cents", "expected"),
    [
        ("Rate 3 Kredit 881", "iwoca Deutschland GmbH", -500_00, ("loan_service", "online/iwoca")),
        ("Auszahlung Darlehen", "Teylor AG", 20_000_00, ("loan_proceeds", "online/teylor")),
        # A promotional loan goes through a bank; only the purpose names who lends.
        ("Darlehen KfW 0815 Zinsen", "Volksbank Mitte eG", -900_00, ("loan_service", "promotional/kfw")),
        ("Darlehen 0815 Zinsen", "Volksbank Mitte eG", -900_00, ("loan_service", "bank/genossenschaftsbank")),
        ("Darlehen 0815 Zinsen", "VR-Bank Süd eG", -900_00, ("loan_service", "bank/genossenschaftsbank")),
        ("Darlehen 0815 Zinsen", "Kreissparkasse Köln", -900_00, ("loan_service", "bank/sparkasse")),
        # Who is paid counts, not what the text mentions beside.
        ("Darlehen Ablösung iwoca", "Sparkasse Bremen", -900_00, ("loan_service", "bank/sparkasse")),
        ("Leasingrate 12 B-XY 1", "Volkswagen Leasing GmbH", -300_00, ("lease", "car/volkswagen")),
        ("Leasingrate Kopierer", "grenke AG", -80_00, ("lease", "lessor/grenke")),
        ("Factoring Abrechnung 7", "GRENKEFACTORING GmbH", 9_000_00, ("factoring_payout", "factor/grenke")),
        ("Working Capital Darlehen Auszahlung", "PayPal Europe", 5_000_00, ("loan_proceeds", "advance/paypal")),
        # No name: the bank's own booking, or a line that somebody entered.
        ("Darlehen 4711 Tilgung", None, -900_00, ("loan_service", None)),
        ("iwoca Rate 3", None, -900_00, ("loan_service", "online/iwoca")),
        # A bank cuts texts into lines of 27 characters, or where it likes.
        ("Rate 03 zu Kredit 8 von IWO CA Deutschland", None, -500_00, ("loan_service", "online/iwoca")),
        ("EREF+1 SVWZ+Rate 3 Darlehen an Tey lor AG", None, -500_00, ("loan_service", "online/teylor")),
        ("Kreditrate 3", "IWO\nCA Deutschland GmbH", -500_00, ("loan_service", "online/iwoca")),
        ("Kreditrate 3", "Niederlassung Mainz der IWO CA Ltd", -500_00, ("loan_service", "online/iwoca")),
        # A blank elsewhere is one of the text.
        ("Darlehen 4711 Tilgung IWO CA", None, -500_00, ("loan_service", None)),
        # Known names in lines of other categories say nothing.
        ("Kontoführung", "Sparkasse Bremen", -9_90, ("bank_fee", None)),
        ("PAYPAL AUSZAHLUNG", "PayPal Europe", 300_00, ("provider_payout", None)),
    ],
)
def test_a_line_has_the_code_of_its_funder(
    purpose: str | None, name: str | None, cents: int, expected: tuple[str, str | None]
) -> None:
    """Of loans, leases and factoring alone, whatever else their texts say."""
    assert funder_of(purpose, name, cents) == expected


def test_every_code_is_of_a_known_kind_and_stands_once() -> None:
    """Its kind says how such funders lend."""
    codes = [code for code, _ in FUNDERS]
    assert len(set(codes)) == len(codes)
    assert {code.partition("/")[0] for code in codes} == KINDS
    assert all(re.fullmatch(r"[a-z]+/[a-z0-9_]+", code) for code in codes)
    assert all(phrases(words) for _, words in FUNDERS)


def test_promotional_banks_stand_first() -> None:
    """So that a promotional loan is told from the bank that handles it."""
    kinds = [code.partition("/")[0] for code, _ in FUNDERS]
    assert kinds == sorted(kinds, key=lambda kind: kind != "promotional")


def test_the_page_lists_every_code() -> None:
    """``docs/facilities.md`` is the documented list."""
    listed = set(re.findall(r"`([a-z]+/[a-z0-9_]+)`", PAGE.read_text()))
    assert listed == {code for code, _ in FUNDERS}


def test_no_line_without_a_category_of_funding_has_a_funder() -> None:
    """Not one of many others costs a search."""
    assert categorise(pl.DataFrame(schema={"amount_cents": pl.Int64, "purpose": pl.String, "name": pl.String,
                                           "entry_text": pl.String, "is_private": pl.Boolean})).height == 0  # fmt: skip
    assert "other" not in FUNDED
