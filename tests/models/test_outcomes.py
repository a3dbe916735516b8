from datetime import date, timedelta

import msgspec
import polars as pl
import pytest

from models.outcomes import REPAYMENTS, UNLIKELY_TO_PAY, Definition, RepaymentsError, outcomes

AS_OF = date(2024, 1, 31)
DUE = date(2024, 3, 1)
WINDOW_END = date(2025, 1, 31)
LATER = date(2025, 6, 30)


def loan(
    *instalments: tuple[date, int, date | None], observed_until: date = LATER, as_of: date = AS_OF
) -> pl.DataFrame:
    """The repayments of one loan of borrower 1, from (due_on, due_cents, paid_on)."""
    return pl.DataFrame(
        [
            (1, as_of, number, due_on, cents, paid_on, observed_until)
            for number, (due_on, cents, paid_on) in enumerate(instalments, start=1)
        ],
        schema=REPAYMENTS,
        orient="row",
    )


def outcome_of(repayments: pl.DataFrame) -> tuple[str, int]:
    """Outcome and worst days past due of the one loan."""
    row = outcomes(repayments, Definition.crr_178()).row(0, named=True)
    return row["outcome"], row["worst_dpd"]


@pytest.mark.parametrize(
    ("days_late", "expected"),
    [
        (-5, "good"),
        (0, "good"),
        (1, "good"),
        (29, "good"),
        (30, "indeterminate"),
        (90, "indeterminate"),
        (91, "bad"),
        (200, "bad"),
    ],
)
def test_outcome_follows_from_days_past_due(days_late: int, expected: str) -> None:
    """Good below 30 days, indeterminate from 30 to 90, bad from the 91st day past due on."""
    repayments = loan((DUE, 500_00, DUE + timedelta(days=days_late)))
    assert (expected, max(days_late, 0)) == outcome_of(repayments)


def test_an_instalment_that_is_never_paid_counts_to_the_end_of_the_window() -> None:
    """What stays unpaid is past due until the window ends, not until the observation ends."""
    assert ("bad", (WINDOW_END - DUE).days) == outcome_of(loan((DUE, 500_00, None)))


@pytest.mark.parametrize(
    ("due_on", "expected"),
    [
        (WINDOW_END - timedelta(days=91), ("bad", 91)),
        (WINDOW_END - timedelta(days=90), ("indeterminate", 90)),
        (WINDOW_END - timedelta(days=30), ("indeterminate", 30)),
        (WINDOW_END - timedelta(days=29), ("good", 29)),
        (WINDOW_END, ("good", 0)),
        (WINDOW_END + timedelta(days=1), ("good", 0)),
    ],
)
def test_days_after_the_window_do_not_count(due_on: date, expected: tuple[str, int]) -> None:
    """The performance window ends 12 months after the loan's day; the counter is read there."""
    assert expected == outcome_of(loan((due_on, 500_00, None)))


@pytest.mark.parametrize(
    ("observed_until", "paid_on", "expected"),
    [
        (WINDOW_END, DUE, "good"),
        (WINDOW_END - timedelta(days=1), DUE, "indeterminate"),
        (DUE + timedelta(days=91), None, "bad"),
        (DUE + timedelta(days=90), None, "indeterminate"),
    ],
)
def test_incomplete_observation_is_indeterminate_unless_the_default_was_seen(
    observed_until: date, paid_on: date | None, expected: str
) -> None:
    """Good needs the whole window; bad needs only the default. Another loan of the month is observed for longer."""
    other = loan((DUE, 500_00, DUE), as_of=AS_OF - timedelta(days=1))
    both = pl.concat([other, loan((DUE, 500_00, paid_on), observed_until=observed_until)])
    assert outcomes(both, Definition.crr_178())["outcome"].to_list() == ["good", expected]


@pytest.mark.parametrize(
    ("observed_until", "expected"),
    [(WINDOW_END, ["bad", "good"]), (WINDOW_END - timedelta(days=1), ["indeterminate", "indeterminate"])],
)
def test_a_cohort_is_left_out_as_a_whole_until_its_latest_window_has_ended(
    observed_until: date, expected: list[str]
) -> None:
    """Defaults are seen before good ends: of a month that is not over, all known loans would be bad."""
    early = loan((date(2024, 2, 1), 500_00, None), as_of=date(2024, 1, 1), observed_until=observed_until)
    both = pl.concat([early, loan((DUE, 500_00, DUE), observed_until=observed_until)])
    found = outcomes(both, Definition.crr_178())
    assert found["outcome"].to_list() == expected
    assert found["is_mature"].to_list() == [expected[0] == "bad"] * 2


def test_another_month_is_another_cohort() -> None:
    """The loan of January is known, that of February is not yet, although its default was seen."""
    february = loan((date(2024, 3, 1), 500_00, None), as_of=date(2024, 2, 29), observed_until=WINDOW_END)
    both = pl.concat([loan((DUE, 500_00, DUE), observed_until=WINDOW_END), february])
    assert outcomes(both, Definition.crr_178())["outcome"].to_list() == ["good", "indeterminate"]


@pytest.mark.parametrize(
    ("short", "expected"),
    [
        # ten bads and ninety that would have gone on: of one lender, which knows half a year
        ([DUE + timedelta(days=100)] * 100, ["indeterminate"] * 100),
        # the same bads, each known until its own default; the ninety are known for the whole window
        ([DUE + timedelta(days=91 + number) for number in range(10)] + [LATER] * 90, ["bad"] * 10 + ["good"] * 90),
    ],
)
def test_loans_that_another_lender_knows_for_longer_make_no_cohort_mature(
    short: list[date], expected: list[str]
) -> None:
    """Ten bads of a hundred loans are not ten of ten, only because somebody else's loan of the month is over."""
    known = [
        loan((DUE, 500_00, None if number < 10 else DUE), observed_until=until).with_columns(
            borrower=pl.lit(number + 1, dtype=pl.Int64)
        )
        for number, until in enumerate(short)
    ]
    other = loan((DUE, 500_00, DUE)).with_columns(borrower=pl.lit(101, dtype=pl.Int64))
    found = outcomes(pl.concat([*known, other]), Definition.crr_178())
    assert found["outcome"].to_list() == [*expected, "good"]


def test_a_month_is_not_mature_because_another_one_is() -> None:
    """Nobody has observed February to the end, so its default says nothing of a rate."""
    february = loan((date(2024, 3, 1), 500_00, None), as_of=date(2024, 2, 29), observed_until=WINDOW_END)
    both = pl.concat([loan((DUE, 500_00, DUE), observed_until=LATER), february])
    assert outcomes(both, Definition.crr_178())["outcome"].to_list() == ["good", "indeterminate"]


@pytest.mark.parametrize(
    ("unlikely_on", "counts", "expected"),
    [
        (AS_OF, True, "bad"),
        (WINDOW_END, True, "bad"),
        (WINDOW_END + timedelta(days=1), True, "good"),
        (WINDOW_END, False, "good"),
    ],
)
def test_a_firm_that_is_unlikely_to_pay_defaults(unlikely_on: date, counts: bool, expected: str) -> None:  # noqa: FBT001  a column of the table
    """Within the window, where the definition counts it, however well it paid."""
    definition = msgspec.structs.replace(Definition.crr_178(), counts_unlikely_to_pay=counts)
    unlikely = pl.DataFrame([(1, AS_OF, unlikely_on)], schema=UNLIKELY_TO_PAY, orient="row")
    found = outcomes(loan((DUE, 500_00, DUE)), definition, unlikely)
    assert found.select("outcome", "is_unlikely_to_pay").rows() == [(expected, unlikely_on <= WINDOW_END)]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((1, AS_OF, AS_OF - timedelta(days=1)), "before the loan's day"),
        ((2, AS_OF, LATER), "borrower 2 has no loan of 2024-01-31"),
        ((1, AS_OF, None), "null"),
    ],
)
def test_what_was_found_must_be_about_a_loan(row: tuple[int, date, date | None], message: str) -> None:
    """On its day or later."""
    unlikely = pl.DataFrame([row], schema=UNLIKELY_TO_PAY, orient="row")
    with pytest.raises(RepaymentsError, match=message):
        outcomes(loan((DUE, 500_00, DUE)), Definition.crr_178(), unlikely)


def test_the_counter_runs_on_while_a_later_instalment_is_overdue() -> None:
    """Three instalments, each 40 days late and the next due before: the sum is overdue for 102 days without a break."""
    dues = [date(2024, 3, 1), date(2024, 4, 1), date(2024, 5, 2)]
    repayments = loan(*[(due, 500_00, due + timedelta(days=40)) for due in dues])
    assert outcome_of(repayments) == ("bad", 102)


def test_the_counter_starts_again_after_a_day_without_arrears() -> None:
    """Two instalments, each 60 days late, the first paid before the second is due: 60 days, not 120."""
    dues = [date(2024, 3, 1), date(2024, 6, 1)]
    repayments = loan(*[(due, 500_00, due + timedelta(days=60)) for due in dues])
    assert outcome_of(repayments) == ("indeterminate", 60)


@pytest.mark.parametrize(("cents", "expected"), [(100_00, "good"), (100_01, "bad")])
def test_an_immaterial_sum_does_not_count(cents: int, expected: str) -> None:
    """Up to 100 euro overdue are no default; a cent more is."""
    assert expected == outcome_of(loan((DUE, cents, None)))[0]


def test_two_immaterial_instalments_are_material_together() -> None:
    """The threshold is on the overdue sum, and the counter starts when it is passed."""
    second = date(2024, 4, 1)
    assert ("bad", (WINDOW_END - second).days) == outcome_of(loan((DUE, 60_00, None), (second, 60_00, None)))


def test_the_window_of_a_loan_of_29_february_ends_on_28_february() -> None:
    """Twelve months after a leap day is the last day of that month."""
    repayments = loan(
        (date(2024, 4, 1), 500_00, date(2024, 4, 1)), as_of=date(2024, 2, 29), observed_until=date(2025, 2, 28)
    )
    assert outcome_of(repayments)[0] == "good"


def test_loans_of_one_borrower_are_told_apart_by_their_day() -> None:
    """Each loan has its own outcome, sorted by borrower and day."""
    later = date(2024, 6, 30)
    both = pl.concat([loan((date(2024, 8, 1), 500_00, None), as_of=later), loan((DUE, 500_00, DUE))])
    result = outcomes(both, Definition.crr_178())
    assert [(AS_OF, "good"), (later, "bad")] == result.select("as_of", "outcome").rows()


def test_no_loans_have_no_outcomes() -> None:
    """An empty frame gives an empty frame."""
    assert outcomes(pl.DataFrame(schema=REPAYMENTS), Definition.crr_178()).height == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (pl.col("due_cents") * 0, "not above zero"),
        (pl.col("due_cents") * -1, "not above zero"),
        (pl.lit(AS_OF).alias("due_on"), "due on or before"),
        (pl.lit(date(2024, 1, 30)).alias("paid_on"), "paid before"),
        (pl.lit(LATER + timedelta(days=1)).alias("paid_on"), "later than the observation"),
        (pl.lit(None, dtype=pl.Int64).alias("borrower"), "null"),
        (pl.lit(1, dtype=pl.Int32).alias("instalment"), "twice"),
        (pl.lit(0, dtype=pl.Int32).alias("instalment"), "below 1|twice"),
    ],
)
def test_contradicting_repayments_are_refused(change: pl.Expr, message: str) -> None:
    """Impossible amounts, dates and numbers are errors, not outcomes."""
    repayments = loan((DUE, 500_00, None), (date(2024, 4, 1), 500_00, None)).with_columns(change)
    with pytest.raises(RepaymentsError, match=message):
        outcomes(repayments, Definition.crr_178())


def test_another_schema_is_refused() -> None:
    """A frame of other columns names what is expected."""
    with pytest.raises(RepaymentsError, match="columns"):
        outcomes(pl.DataFrame({"borrower": [1]}), Definition.crr_178())
