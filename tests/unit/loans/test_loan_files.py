"""Files of loans: what is understood, what is refused, and with which words."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.decisions.loans import (
    Closed,
    ConditionMet,
    Correction,
    Granted,
    Instalment,
    Paid,
    Planned,
    Removed,
    Restructured,
    euro,
)
from scoring.store.loans import NewEntry, StoredEntry, StoredLoan
from scoring.usecases.loan_files import LoanFileError, parse_cents, parse_day, read_loans, write_loans

DAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("1234.56", 1_234_56),
        ("1234,56", 1_234_56),
        ("1.234,56", 1_234_56),
        ("1,234.56", 1_234_56),
        ("1.234.567,8", 1_234_567_80),
        ("1234", 1_234_00),
        ("0,01", 1),
        (" 12,5 € ", 12_50),
        ("EUR 12.50", 12_50),
        ("100000000", 100_000_000_00),
    ],
)
def test_amounts_as_people_and_programs_write_them(text: str, cents: int) -> None:
    """With comma or point, with or without signs between thousands."""
    assert parse_cents(text) == cents


@pytest.mark.parametrize(
    "text",
    ["", "0", "0,00", "-5", "1.234", "1,234", "12.345.6", "1,2,3", "1.23,456", "abc", "1e3", "²"],
)
def test_what_is_no_amount_or_could_be_two_is_refused(text: str) -> None:
    """1.234 is 1,234 euro in one country and a mistake in the other."""
    with pytest.raises(ValueError, match=r"must be above 0|is not an amount"):
        parse_cents(text)


@given(st.integers(1, 100_000_000_00))
def test_every_amount_is_read_back(cents: int) -> None:
    """In the form in which files are written, and in the German one."""
    german = f"{cents // 100:,}".replace(",", ".") + f",{cents % 100:02d}"
    assert parse_cents(euro(cents)) == parse_cents(german) == cents


@pytest.mark.parametrize("text", ["2026-11-28", "28.11.2026"])
def test_days_in_both_forms(text: str) -> None:
    """Of programs and of people."""
    assert parse_day(text) == DAY


@pytest.mark.parametrize("text", ["", "28.11.26", "31.02.2026", "2026-02-30", "11/28/2026", "20261128", "28.11.2026 1"])
def test_what_is_no_day_is_refused(text: str) -> None:
    """A month in front of a day could be either."""
    with pytest.raises(ValueError, match=r"is not a day such as 2026-11-28 or 28\.11\.2026"):
        parse_day(text)


def test_a_german_file_of_excel_is_read() -> None:
    """Semicolons, Windows-1252, German names, commas in numbers: nothing has to be prepared."""
    file = read_loans(
        (
            "Kreditnummer;Entscheidung;Buchungsnummer;Vorgang;Datum;Betrag;Fällig am;Laufzeit;Zinssatz;"
            "Bedingung;Sachbearbeiter;Nachweis\r\n"
            "K1;dec_1;;bewilligt;01.10.2026;9.000,00;;12;7,25 %;;Meier\r\n"
            "K1;;;Ratenplan;01.10.2026;4.600,00;20.11.2026;;;;\r\n"
            "K1;;;Rate;01.10.2026;4.600,00;20.12.2026;;;;\r\n"
            "\r\n"
            "K1;;B7;Zahlung;20.11.2026;4600;;;;;\r\n"
            "K1;;B2;Bedingung;01.10.2026;;;;;identity;;Akte 7\r\n"
        ).encode("cp1252")
    )
    (loan,) = file.loans
    assert (loan.loan_ref, loan.decision_id, loan.lines) == ("K1", "dec_1", (2, 3, 4, 6, 7))
    assert loan.entries[-1].proof == "Akte 7"
    assert [one.entry for one in loan.entries] == [
        Granted(
            ref="granted",
            happened_on=date(2026, 10, 1),
            amount_cents=900_000,
            term_months=12,
            annual_rate_bps=725,
        ),
        Planned(
            ref="plan",
            happened_on=date(2026, 10, 1),
            instalments=(
                Instalment(due_on=date(2026, 11, 20), due_cents=460_000),
                Instalment(due_on=date(2026, 12, 20), due_cents=460_000),
            ),
        ),
        Paid(ref="B7", happened_on=date(2026, 11, 20), amount_cents=460_000),
        ConditionMet(ref="B2", happened_on=date(2026, 10, 1), condition="identity"),
    ]
    assert (file.unused, file.faults) == (("Sachbearbeiter",), ())


def test_a_column_of_any_name_can_be_named() -> None:
    """Where the lender's system calls it otherwise."""
    file = read_loans(
        b"loan,id,kind,date,EUR gross\nL,1,paid,2026-11-28,5\n", {"entry_ref": "id", "amount": "EUR gross"}
    )
    assert file.loans[0].entries == (NewEntry(entry=Paid(ref="1", happened_on=DAY, amount_cents=500)),)


HEADER = "loan_ref,entry_ref,kind,happened_on,amount,condition,is_forbearance,due_on,corrects,why,decision_id\n"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("L,1,paid,2026-11-28,1.234", "amount: '1.234' is not an amount such as 1.234,56 or 1234.56"),
        ("L,1,paid,2026-13-28,5", "happened_on: '2026-13-28' is not a day such as"),
        ("L,1,paid,,5", "happened_on: is missing"),
        ("L,,paid,2026-11-28,5", "entry_ref: is missing: it makes it safe to read a file again"),
        ("L,1,pays,2026-11-28,5", "kind: 'pays' is none of granted, condition_met"),
        ("L,1,condition_met,2026-11-28,,identity", "proof: is missing"),
        ("L,1,restructured,2026-11-28,5,,maybe,2026-12-01", "is_forbearance: 'maybe' is neither yes nor no"),
        ("L,1,paid,2026-11-28,5,,,,0", "why: give corrects and why together, or neither"),
        ("L,1,paid,2026-11-28,5,,,,0,because", "why: 'because' is none of wrong_amount, wrong_day"),
        (",1,paid,2026-11-28,5", "loan_ref: must be 1 to 120 printable characters"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(lines: str, said: str) -> None:
    """With its number, its column, what is there and what it should be."""
    file = read_loans((HEADER + lines + "\n").encode())
    assert file.loans == ()
    assert [(one.where, one.said.startswith(said)) for one in file.faults] == [("line 2", True)], file.faults


def test_a_plan_is_of_one_day() -> None:
    """A file that writes the day on which an instalment is due where the plan's belongs is not half understood."""
    lines = "L,1,planned,2026-11-28,5,,,2026-12-20\nL,1,planned,28.11.2026,5,,,2027-01-20\n"
    assert len(read_loans((HEADER + lines).encode()).loans) == 1
    *_, fault = read_loans((HEADER + lines.replace("28.11.2026", "2027-01-20")).encode()).faults
    assert (fault.where, fault.said) == ("line 3", "happened_on: '1' is of another day in line 2; see due_on")


def test_with_a_line_the_rest_of_its_loan_is_left_out_and_no_other_loan() -> None:
    """A loan without one of its payments would be late."""
    text = HEADER + "A,1,paid,2026-11-28,5\nB,1,paid,2026-11-28,x\nB,2,paid,2026-11-28,5\nA,1,paid,2026-11-29,6\n"
    text += "C,1,closed,2026-11-28\n"
    file = read_loans(text.encode())
    assert [one.loan_ref for one in file.loans] == ["C"]
    assert [(one.where, one.loan_ref, one.said.partition(":")[0]) for one in file.faults] == [
        ("line 2", "A", "left out with the other lines of the loan"),
        ("line 3", "B", "amount"),
        ("line 4", "B", "left out with the other lines of the loan"),
        ("line 5", "A", "entry_ref"),
    ]


@pytest.mark.parametrize(
    ("content", "columns", "said"),
    [
        (b"", {}, "names no column for loan_ref, kind, happened_on; it names: none"),
        (b"loan,kind\n", {}, "names no column for happened_on; it names: loan, kind"),
        (b"loan,kind,date,day\n", {}, "two columns mean happened_on"),
        (b"loan,kind,date\n", {"amount": "Betrag"}, "has no column 'Betrag'"),
        (b"loan,kind,date\n", {"sum": "kind"}, "'sum' is no column"),
    ],
)
def test_a_file_without_the_needed_columns_is_refused(content: bytes, columns: dict[str, str], said: str) -> None:
    """What it names, and what is missing."""
    with pytest.raises(LoanFileError, match=said):
        read_loans(content, columns)


def test_what_is_written_is_read_back() -> None:
    """Every kind of entry, corrections in their order among them. Nothing is a formula to a spreadsheet."""
    entries = (
        Granted(ref="granted", happened_on=DAY, amount_cents=1, term_months=2, annual_rate_bps=5),
        Planned(ref="plan", happened_on=DAY, instalments=(Instalment(due_on=DAY, due_cents=7),) * 2),
        Paid(ref='a,"b"', happened_on=DAY, amount_cents=123_456),
        Paid(ref="-7", happened_on=DAY, amount_cents=2),
        Paid(ref="'=7", happened_on=DAY, amount_cents=3),
        Paid(ref="c", happened_on=DAY, amount_cents=1, corrects='a,"b"', why=Correction.WRONG_AMOUNT),
        Removed(ref="d", happened_on=DAY, corrects="c", why=Correction.OTHER),
        Restructured(
            ref="e", happened_on=DAY, instalments=(Instalment(due_on=DAY, due_cents=9),), is_forbearance=False
        ),
        ConditionMet(ref="f", happened_on=DAY, condition="identity"),
        Closed(ref="g", happened_on=DAY),
    )
    loan = StoredLoan(
        id="lon_1",
        lender_id="bank",
        borrower_id="bor_1",
        borrower_ref="firm-1",
        decision_id="dec_1",
        loan_ref="L",
        created_at="",
        is_restricted=False,
        entries=tuple(
            StoredEntry(
                number=n,
                entry=one,
                proof='=HYPERLINK("https://evil.example")' if n == 9 else None,
                recorded_at="",
                recorded_by="",
            )
            for n, one in enumerate(entries, start=1)
        ),
    )
    written = write_loans([loan])
    assert not any(cell.startswith(tuple("=+-@")) for row in csv.reader(io.StringIO(written)) for cell in row)
    (found,) = read_loans(written.encode()).loans
    assert {one.entry.ref: one for one in found.entries} == {
        one.entry.ref: NewEntry(entry=one.entry, proof=one.proof) for one in loan.entries
    }
    assert [one.entry.ref for one in found.entries][-2:] == ["c", "d"]
    assert found.decision_id == "dec_1"
