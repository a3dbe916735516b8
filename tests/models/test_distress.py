"""Distress from books: what counts, from which day on, and what is left out."""

from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from builders import Row, make_account, make_bill, make_closing, make_ledger, make_level, make_transaction
from hypothesis import given
from hypothesis import strategies as st

from features.ledger import Ledger
from features.spine import ONLINE_BORROWER
from models.distress import DISTRESS, distress
from models.distress_dataset import read_distress_definition
from models.distress_definition import DistressDefinition

DEFINITION = DistressDefinition.usual()
AS_OF = date(2025, 6, 30)
WINDOW_END = date(2026, 6, 30)
READ_ON = date(2026, 11, 23)
FIRST = date(2023, 1, 10)
OFFICE, FUND = 71, 72


def day(text: str) -> date:
    """A day, ISO 8601."""
    return date.fromisoformat(text)


def monthly(*, until: date = READ_ON, **values: Any) -> list[Row]:  # noqa: ANN401  fields of a line
    """A line on the tenth of each month."""
    months = pl.date_range(FIRST, until, interval="1mo", eager=True).to_list()
    return [make_transaction(happened_on=one, **values) for one in months]


def line(on: str, category: str, cents: int = -100_00, **values: Any) -> Row:  # noqa: ANN401  the same
    """One line."""
    return make_transaction(happened_on=day(on), category=category, amount_cents=cents, **values)


def books(
    lines: Iterable[Row] = (),
    *,
    until: date = READ_ON,
    covered_until: date | None = READ_ON,
    level_cents: int = 50_000_00,
    recorded_on: date = FIRST,
    **frames: Iterable[Row],
) -> Ledger:
    """A firm with income each month, and what befell it."""
    return make_ledger(
        accounts=[make_account(covered_until=covered_until, recorded_on=recorded_on)],
        levels=[make_level(level_cents=level_cents, happened_on=READ_ON)],
        transactions=sorted([*monthly(until=until, amount_cents=5_000_00), *lines], key=lambda row: row["happened_on"]),
        **frames,
    )


def outcome(ledger: Ledger, as_of: date = AS_OF, definition: DistressDefinition = DEFINITION) -> tuple[Any, ...]:
    """Outcome, reason, event and its day at one point."""
    days = pl.DataFrame([(ONLINE_BORROWER, as_of)], schema={"borrower": pl.Int64, "as_of": pl.Date}, orient="row")
    found = distress(ledger, definition, read_on=READ_ON, days=days)
    assert found.schema == DISTRESS
    return found.select("outcome", "left_out", "event", "event_on").row(0)


GOOD = ("good", None, None, None)
IN_DISTRESS = ("indeterminate", "in_distress", None, None)
UNDER_WAY = ("indeterminate", "under_way", None, None)


def bad(event: str, on: str) -> tuple[Any, ...]:
    """An event after the point."""
    return ("bad", None, event, day(on))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([], GOOD),
        ([line("2025-07-01", "garnishment")], bad("garnishment", "2025-07-01")),
        ([line("2025-06-30", "garnishment")], IN_DISTRESS),
        ([line("2024-07-01", "garnishment")], IN_DISTRESS),
        ([line("2024-06-30", "garnishment")], GOOD),
        ([line("2026-06-30", "garnishment")], bad("garnishment", "2026-06-30")),
        ([line("2026-07-01", "garnishment")], GOOD),
        ([line("2025-07-01", "garnishment", certainty="probable")], GOOD),
        ([line("2025-07-01", "wage_garnishment")], GOOD),
        ([line("2025-07-01", "garnishment", is_duplicate=True)], GOOD),
        ([line("2025-09-01", "insolvency_own")], bad("insolvency", "2025-09-01")),
        ([line("2025-09-01", "customer_insolvency", 100_00)], GOOD),
        # Of several the first counts; of one day the gravest.
        ([line("2025-09-01", "garnishment"), line("2025-08-01", "insolvency_own")], bad("insolvency", "2025-08-01")),
        ([line("2025-09-01", "garnishment"), line("2025-09-01", "insolvency_own")], bad("insolvency", "2025-09-01")),
    ],
)
def test_a_line_is_an_event_within_its_window(lines: list[Row], expected: tuple[Any, ...]) -> None:
    """After the day and until the end of the window; distress of the year before leaves the firm out."""
    assert outcome(books(lines)) == expected


def returned(*days: str) -> list[Row]:
    """Own debits that came back."""
    return [line(one, "returned_debit", 80_00) for one in days]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (returned("2025-08-01", "2025-08-02"), GOOD),
        (returned("2025-08-01", "2025-09-01", "2025-10-29"), bad("returned_debits", "2025-10-29")),
        (returned("2025-08-01", "2025-09-01", "2025-10-30"), GOOD),
        (returned("2025-06-30", "2025-07-10", "2025-07-20"), UNDER_WAY),
        (returned("2025-06-30", "2025-07-10", "2025-07-20", "2025-07-30"), bad("returned_debits", "2025-07-30")),
        (returned("2025-04-30", "2025-05-30", "2025-06-30"), IN_DISTRESS),
        ([line(one, "returned_customer_debit", -80_00) for one in ("2025-08-01", "2025-08-02", "2025-08-03")], GOOD),
    ],
)
def test_returned_debits_count_from_the_first_of_three(lines: list[Row], expected: tuple[Any, ...]) -> None:
    """Three of the firm's own within 90 days, all of them after the point; customers' returns are not the firm's."""
    assert outcome(books(lines)) == expected


LEVIES = [
    *monthly(amount_cents=-300_00, category="vat", counterparty_account=OFFICE),
    *monthly(amount_cents=-900_00, category="wages"),
]
PAID = monthly(amount_cents=-400_00, category="social_security", counterparty_account=FUND)


def without(rows: list[Row], *months: str) -> list[Row]:
    """The rows of other months."""
    return [row for row in rows if f"{row['happened_on']:%Y-%m}" not in months]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (PAID, GOOD),
        ([*PAID, line("2025-08-01", "reminder_fee", counterparty_account=OFFICE)], GOOD),
        (
            [
                *PAID,
                line("2025-08-01", "reminder_fee", counterparty_account=OFFICE),
                line("2026-01-27", "returned_debit", 50_00, counterparty_account=FUND),
            ],
            bad("levies_unpaid", "2026-01-27"),
        ),
        (
            [
                *PAID,
                line("2025-08-01", "reminder_fee", counterparty_account=OFFICE),
                line("2026-01-28", "returned_debit", 50_00, counterparty_account=FUND),
            ],
            GOOD,
        ),
        ([*PAID, *[line(f"2025-08-0{n}", "reminder_fee", counterparty_account=99) for n in (1, 2)]], GOOD),
        (without(PAID, "2025-08", "2025-09"), bad("levies_unpaid", "2025-10-05")),
        (without(PAID, "2025-08"), GOOD),
        ([], GOOD),
    ],
)
def test_levies_are_unpaid_after_two_signs(lines: list[Row], expected: tuple[Any, ...]) -> None:
    """Late fees, returns and missing contributions within 180 days; a firm that never paid contributions owes none."""
    assert outcome(books([*LEVIES, *lines])) == expected


WAGES = monthly(amount_cents=-900_00, category="wages")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (WAGES, GOOD),
        (without(WAGES, "2025-08"), GOOD),
        (without(WAGES, "2025-08", "2025-09"), bad("wages_stopped", "2025-09-30")),
        # Who pays no wages in these months of any year has a season.
        (without(WAGES, *[f"{year}-{month:02}" for year in (2023, 2024, 2025) for month in (8, 9)]), GOOD),
        (without(WAGES, "2025-06", "2025-07"), UNDER_WAY),
        (without(WAGES, *[f"2026-{month:02}" for month in range(5, 12)]), bad("wages_stopped", "2026-06-30")),
        (without(WAGES, *[f"2026-{month:02}" for month in range(6, 12)]), GOOD),
    ],
)
def test_wages_stop_after_two_months_outside_the_season(lines: list[Row], expected: tuple[Any, ...]) -> None:
    """Against the month before, and the same months a year before."""
    assert outcome(books(lines)) == expected


def bills(*late: tuple[str, int, str | None], matched: bool = True) -> dict[str, list[Row]]:
    """A bill a month that is paid when due, and others: due day, euro, and day of payment."""
    usual = [
        make_bill(issued_on=one, due_on=one + timedelta(days=14), net_cents=1_000_00, gross_cents=1_000_00)
        for one in pl.date_range(FIRST, READ_ON, interval="1mo", eager=True).to_list()
    ]
    paid = [make_closing(bill, happened_on=bill["due_on"]) for bill in usual] if matched else []
    for due, euro, paid_on in late:
        one = make_bill(
            issued_on=day(due) - timedelta(days=14), due_on=day(due), net_cents=euro * 100, gross_cents=euro * 100
        )
        usual.append(one)
        if paid_on:
            paid.append(make_closing(one, happened_on=day(paid_on)))
    return {
        "bills": sorted(usual, key=lambda row: row["document_id"]),
        "closings": sorted(paid, key=lambda row: (row["document_id"], row["happened_on"])),
    }


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (bills(), GOOD),
        (bills(("2025-07-01", 1_001, None)), bad("overdue_bills", "2025-09-29")),
        (bills(("2025-07-01", 1_000, None)), GOOD),
        (bills(("2025-07-01", 600, None), ("2025-08-01", 600, None)), bad("overdue_bills", "2025-10-30")),
        (bills(("2025-07-01", 600, "2025-10-30"), ("2025-08-01", 600, None)), GOOD),
        (bills(("2025-07-01", 2_000, "2025-09-29")), GOOD),
        (bills(("2025-07-01", 2_000, "2025-09-30")), bad("overdue_bills", "2025-09-29")),
        (bills(("2025-06-30", 2_000, None)), UNDER_WAY),
        (bills(("2025-01-01", 2_000, "2025-06-01")), IN_DISTRESS),
        (bills(("2026-04-01", 2_000, None)), bad("overdue_bills", "2026-06-30")),
        (bills(("2026-04-02", 2_000, None)), GOOD),
        # A firm that does not enter payments with its bills is not 90 days late with all of them.
        (bills(matched=False), GOOD),
    ],
)
def test_bills_are_overdue_by_what_is_late_together(found: dict[str, list[Row]], expected: tuple[Any, ...]) -> None:
    """90 days late, more than 1,000 euro in all, due after the point; paid on the day is paid."""
    assert outcome(books(**found)) == expected


def test_a_large_firm_may_owe_more() -> None:
    """The amount is also a share of the bills of a year."""
    large = bills(("2025-05-01", 40_000, "2025-05-01"), ("2025-07-01", 2_736, None))
    larger = bills(("2025-05-01", 40_000, "2025-05-01"), ("2025-07-01", 2_737, None))
    assert outcome(books(**large)) == GOOD
    assert outcome(books(**larger)) == bad("overdue_bills", "2025-09-29")


def overdrawn(*stretches: tuple[str, str, int]) -> list[Row]:
    """Lines by which an account is so many euro below 50,000 from one day to before another."""
    rows = []
    for first, end, euro in stretches:
        rows += [line(first, "other", -euro * 100), line(end, "other", euro * 100)]
    return rows


def level_of(ledger: Ledger, on: date) -> int:
    """The level at the end of a day."""
    later = ledger.transactions.filter(pl.col("happened_on") > on)["amount_cents"].sum()
    return int(ledger.levels["level_cents"][0]) - later


@pytest.mark.parametrize(
    ("stretches", "lived_below", "expected"),
    [
        (("2025-09-01", "2025-09-11"), True, bad("overdraft", "2025-09-10")),
        (("2025-09-01", "2025-09-10"), True, GOOD),
        (("2025-09-01", "2025-09-11"), False, GOOD),
    ],
)
def test_an_overdraft_is_beyond_the_line_of_the_year_before(
    stretches: tuple[str, str],
    lived_below: bool,  # noqa: FBT001  a column of the table
    expected: tuple[Any, ...],
) -> None:
    """Ten days on end, a quarter deeper than ever; of a firm that did not live below zero no line is known."""
    base = books(level_cents=500_000_00)
    deepest = level_of(base, day("2025-03-30")) + 4_000_00
    far = level_of(base, day("2025-09-10")) + 12_000_00
    lines = overdrawn(("2025-03-01", "2025-03-31", deepest // 100)) if lived_below else []
    ledger = books([*lines, *overdrawn((*stretches, far // 100))], level_cents=500_000_00)
    assert outcome(ledger) == expected


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        (date(2025, 11, 23), GOOD),
        (date(2025, 11, 24), ("indeterminate", "not_over", None, None)),
        (date(2024, 1, 10), GOOD),
    ],
)
def test_a_window_is_over_or_leaves_the_point_out(as_of: date, expected: tuple[Any, ...]) -> None:
    """Whatever was seen: the books were read on 23 November 2026."""
    assert outcome(books(), as_of) == expected


def test_what_was_seen_before_a_window_is_over_does_not_count() -> None:
    """Else all known firms of the newest points would be bad."""
    ledger = books([line("2026-01-10", "garnishment")])
    assert outcome(ledger, date(2025, 12, 31)) == ("indeterminate", "not_over", None, None)


@pytest.mark.parametrize(
    ("until", "lines", "expected"),
    [
        (day("2026-06-10"), [], GOOD),
        (day("2026-05-10"), [], ("indeterminate", "silent", None, None)),
        (day("2025-12-10"), [line("2025-12-01", "garnishment")], bad("garnishment", "2025-12-01")),
    ],
)
def test_books_that_fall_silent_tell_nothing_but_what_they_told(
    until: date, lines: list[Row], expected: tuple[Any, ...]
) -> None:
    """The bank's data go on, the firm does not."""
    assert outcome(books(lines, until=until)) == expected


def test_points_are_quarter_ends_with_a_year_of_lines_before() -> None:
    """And none after the last line."""
    found = distress(books(until=day("2026-08-10")), DEFINITION, read_on=READ_ON)
    assert found["as_of"].min() == date(2024, 3, 31)
    assert found["as_of"].max() == date(2026, 6, 30)
    assert found["as_of"].dt.month().unique().sort().to_list() == [3, 6, 9, 12]


def test_lines_of_the_time_before_an_account_was_connected_make_no_points() -> None:
    """They were not in the books then: no decision could have seen them."""
    ledger = books(recorded_on=day("2025-01-15"))
    assert distress(ledger, DEFINITION, read_on=READ_ON)["as_of"].min() == date(2025, 3, 31)


def test_what_is_entered_late_counts_from_the_day_on_which_it_happened() -> None:
    """And is told apart by when the books held it."""
    late = line("2025-07-01", "garnishment", recorded_on=day("2026-08-01"))
    found = distress(books([late]), DEFINITION, read_on=READ_ON).filter(pl.col("as_of") == AS_OF)
    assert found.select("outcome", "event_on", "known_on").row(0) == ("bad", day("2025-07-01"), day("2026-08-01"))


@given(shift=st.integers(min_value=1, max_value=365), event=st.sampled_from(["garnishment", "insolvency_own"]))
def test_nothing_before_or_on_the_day_makes_a_firm_bad(shift: int, event: str) -> None:
    """It leaves it out, or is forgotten; the same fact after the day makes it bad."""
    before = make_transaction(happened_on=AS_OF - timedelta(days=shift - 1), category=event, amount_cents=-100)
    after = make_transaction(happened_on=AS_OF + timedelta(days=shift), category=event, amount_cents=-100)
    assert outcome(books([before]))[0] != "bad"
    assert outcome(books([after]))[0] == "bad"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "x"\nevents = []', "events must be named"),
        ('name = "x"\nevents = ["tax"]', "Invalid enum value 'tax'"),
        ('name = "x"\nhorizon = 6', "unknown field `horizon`"),
        ('name = "x"\nreturned_debits = 0', "Expected `int` >= 1"),
        ("horizon_months = 6", "missing required field `name`"),
    ],
)
def test_a_definition_that_cannot_be_read_is_told_with_its_key(tmp_path: Path, text: str, message: str) -> None:
    """In one line, with the file."""
    path = tmp_path / "distress.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_distress_definition(path)


def test_a_definition_chooses_events_and_thresholds(tmp_path: Path) -> None:
    """What is not named is as usual, or does not count."""
    path = tmp_path / "distress.toml"
    path.write_text('name = "garnishments, 6 months"\nevents = ["garnishment"]\nhorizon_months = 6\n')
    chosen = read_distress_definition(path)
    lines = [line("2025-08-01", "insolvency_own"), line("2025-12-31", "garnishment")]
    assert outcome(books(lines), definition=chosen) == GOOD
    assert outcome(books([*lines, line("2025-12-30", "garnishment")]), definition=chosen)[0] == "bad"
    assert "garnishment" in chosen.describe()
    assert "insolvency" not in chosen.describe()
