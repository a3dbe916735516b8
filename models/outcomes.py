"""From repayments to outcomes: how a loan performed in the window after the day it was granted.

Days past due follow the counting of Article 178 CRR and Delegated Regulation (EU) 2018/171: the counter runs on every
day on which the overdue sum of the loan is above the materiality threshold, and starts again when it is not. An
instalment that is due on one day and unpaid on the next is one day past due. A day on which the lender found that a
borrower was unlikely to pay (Article 178(3)) is a default as well.
"""

from typing import Self

import msgspec
import polars as pl

REPAYMENTS = pl.Schema(
    {
        "borrower": pl.Int64(),
        "as_of": pl.Date(),  # the day the loan was granted
        "instalment": pl.Int32(),  # from 1
        "due_on": pl.Date(),
        "due_cents": pl.Int64(),
        "paid_on": pl.Date(),  # null: not paid until observed_until
        "observed_until": pl.Date(),
    }
)
DECISIONS = pl.Schema({"borrower": pl.Int64(), "as_of": pl.Date(), "decision_id": pl.String()})
"""Which decision each point of an export was."""
FIRMS = pl.Schema({"borrower": pl.Int64(), "firm": pl.Int64()})
"""Which borrowers of a dataset are one firm, so that a firm stays on one side of every split."""
SEGMENTS = pl.Schema(
    {"borrower": pl.Int64(), "legal_form": pl.String(), "founded_on": pl.Date(), "sector": pl.String()}
)
"""What a lender knows of a firm beside its books; each may be null. Reports read it, models never do."""
UNLIKELY_TO_PAY = pl.Schema(
    {
        "borrower": pl.Int64(),
        "as_of": pl.Date(),
        "unlikely_on": pl.Date(),  # insolvency, a forced restructuring, a write-off, a sale at a loss, and the like
    }
)
OUTCOME = pl.Enum(["good", "bad", "indeterminate"])
OUTCOMES = pl.Schema(
    {
        "borrower": pl.Int64(),
        "as_of": pl.Date(),
        "outcome": OUTCOME,
        "worst_dpd": pl.Int64(),  # within the performance window and the observation
        "is_unlikely_to_pay": pl.Boolean(),  # found within the performance window and the observation
        "is_complete": pl.Boolean(),  # observed to the end of the performance window
        "is_mature": pl.Boolean(),  # its cohort was observed to the end of the performance window
    }
)

LOAN = ["borrower", "as_of"]


class RepaymentsError(ValueError):
    """Repayments that contradict themselves; the message names the rule and the first loan that breaks it."""


MOST_MONTHS = 120
"""The longest performance window."""


class Definition(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What counts as bad. It is stored with every model: labels of different definitions must not be mixed."""

    name: str
    bad_above_dpd: int
    """More consecutive days past due than this are a default."""
    good_below_dpd: int
    """Fewer days past due than this are good; what lies between is indeterminate and not trained on."""
    horizon_months: int
    """Length of the performance window, which starts on the day after ``as_of``."""
    materiality_cents: int
    """Overdue sums up to this do not count."""
    counts_unlikely_to_pay: bool = True
    """Whether a day on which the borrower was found unlikely to pay is a default."""

    def __post_init__(self) -> None:
        if (
            not 0 < self.good_below_dpd <= self.bad_above_dpd + 1
            or not 1 <= self.horizon_months <= MOST_MONTHS
            or self.materiality_cents < 0
        ):
            raise ValueError(
                f"definition {self.name!r}: days past due are out of order, the sum is negative, or the window is "
                f"not of 1 to {MOST_MONTHS} months"
            )

    @classmethod
    def crr_178(cls) -> Self:
        """More than 90 consecutive days past due by more than 100 euro (retail), or unlikely to pay, in 12 months."""
        return cls(
            name="CRR 178, 90 days past due, 12 months",
            bad_above_dpd=90,
            good_below_dpd=30,
            horizon_months=12,
            materiality_cents=100_00,
        )

    def describe(self) -> str:
        """One sentence for people."""
        unlikely = ", or found unlikely to pay," if self.counts_unlikely_to_pay else ""
        return (
            f"Bad: more than {self.bad_above_dpd} consecutive days past due by more than "
            f"{self.materiality_cents / 100:.0f} euro{unlikely} within {self.horizon_months} months. "
            f"Good: observed for the whole window and never {self.good_below_dpd} days past due. Else indeterminate."
        )


def outcomes(
    repayments: pl.DataFrame, definition: Definition, unlikely_to_pay: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The outcome of every loan.

    A default that was seen is bad, even where the loan was not observed to the end of its performance window; such a
    loan is indeterminate otherwise. That would make all known loans of the latest months bad: defaults are seen before
    good ends. So a cohort, the loans of one calendar month, is indeterminate as a whole where observation ends before
    the performance window of its latest loan does. Observation may end on several days, of several lenders for example:
    the loans of a month that end on one day are left out together, as soon as one of them would have gone on. Where it
    ends early for loans in default alone, each with its default, they are bad.

    Args:
        repayments: With the schema ``REPAYMENTS``, one row per instalment.
        definition: What counts as bad.
        unlikely_to_pay: With the schema ``UNLIKELY_TO_PAY``; None: nothing was found.

    Returns:
        With the schema ``OUTCOMES``, one row per loan, sorted by borrower and as_of.

    Raises:
        RepaymentsError: another schema, nulls, a repeated instalment, or impossible dates or amounts.
    """
    _check(repayments)
    unlikely = UNLIKELY_TO_PAY.to_frame() if unlikely_to_pay is None else unlikely_to_pay
    _check_unlikely(unlikely, repayments)
    rows = repayments.with_columns(
        window_end=pl.col("as_of").dt.offset_by(f"{definition.horizon_months}mo"),
    ).with_columns(end=pl.min_horizontal("window_end", "observed_until"))
    worst = _runs(rows, definition).group_by(LOAN).agg(worst_dpd=pl.col("days").max())
    return (
        rows.group_by(LOAN)
        # All instalments of a loan are observed until the same day; the check made sure of it.
        .agg(pl.col("window_end", "observed_until").first())
        .with_columns(
            is_complete=pl.col("observed_until") >= pl.col("window_end"),
            month=pl.col("as_of").dt.truncate("1mo"),
        )
        .join(worst, on=LOAN, how="left", validate="1:1")
        .join(unlikely.group_by(LOAN).agg(pl.col("unlikely_on").min()), on=LOAN, how="left", validate="1:1")
        # No stretch of days past due: never late.
        .with_columns(
            pl.col("worst_dpd").fill_null(0),
            is_unlikely_to_pay=(pl.col("unlikely_on") <= pl.min_horizontal("window_end", "observed_until")).fill_null(
                value=False
            ),
        )
        .with_columns(
            is_default=(pl.col("worst_dpd") > definition.bad_above_dpd)
            | (pl.lit(definition.counts_unlikely_to_pay) & pl.col("is_unlikely_to_pay"))
        )
        .with_columns(
            is_mature=(pl.col("window_end").max().over("month") <= pl.col("observed_until").max().over("month"))
            & (pl.col("is_complete") | pl.col("is_default")).all().over("month", "observed_until")
        )
        .with_columns(
            outcome=pl.when(~pl.col("is_mature"))
            .then(pl.lit("indeterminate"))
            .when("is_default")
            .then(pl.lit("bad"))
            .when(~pl.col("is_complete") | (pl.col("worst_dpd") >= definition.good_below_dpd))
            .then(pl.lit("indeterminate"))
            .otherwise(pl.lit("good"))
            .cast(OUTCOME)
        )
        .select(OUTCOMES.names())
        .sort(LOAN)
    )


def _runs(rows: pl.DataFrame, definition: Definition) -> pl.DataFrame:
    """Per loan the stretches of days with a material overdue sum, with their lengths in days up to the end."""
    # An instalment adds to the overdue sum from the day it is due (which is day 0 of the count) to the day it is paid.
    late = rows.filter(pl.col("due_on") < pl.min_horizontal(pl.col("paid_on").fill_null(pl.col("end")), "end"))
    due = late.select(*LOAN, "end", day="due_on", change="due_cents")
    paid = late.filter(pl.col("paid_on") <= pl.col("end")).select(
        *LOAN, "end", day="paid_on", change=-pl.col("due_cents")
    )
    return (
        pl.concat([due, paid])
        # Only the sum at the end of a day counts: one instalment may be paid on the day on which the next is due.
        .group_by(*LOAN, "end", "day")
        .agg(pl.col("change").sum())
        .sort(*LOAN, "day")
        .with_columns(
            is_past_due=pl.col("change").cum_sum().over(LOAN) > definition.materiality_cents,
            until=pl.col("day").shift(-1).over(LOAN).fill_null(pl.col("end")),
        )
        # A number per stretch; the first day of a loan has no day before it and gets null, which is number 0 below.
        .with_columns(run=(pl.col("is_past_due") != pl.col("is_past_due").shift(1).over(LOAN)).cum_sum().over(LOAN))
        .filter("is_past_due")
        .group_by(*LOAN, pl.col("run").fill_null(0))
        .agg(days=(pl.col("until").max() - pl.col("day").min()).dt.total_days())
    )


def _check(repayments: pl.DataFrame) -> None:
    if repayments.schema != REPAYMENTS:
        raise RepaymentsError(f"repayments have the columns {dict(repayments.schema)}, not {dict(REPAYMENTS)}")
    first_observed = pl.col("observed_until").first().over(LOAN)
    rules = {
        "a value other than paid_on is null": pl.any_horizontal(pl.exclude("paid_on").is_null()),
        "an instalment occurs twice": pl.struct(*LOAN, "instalment").is_duplicated(),
        "an instalment number is below 1": pl.col("instalment") < 1,
        "an instalment is due on or before the loan's day": pl.col("due_on") <= pl.col("as_of"),
        "an instalment is not above zero": pl.col("due_cents") <= 0,
        "an instalment is paid before the loan's day": pl.col("paid_on") < pl.col("as_of"),
        "a payment is later than the observation": pl.col("paid_on") > pl.col("observed_until"),
        "the observation ends before the loan's day": pl.col("observed_until") < pl.col("as_of"),
        "instalments of one loan are observed until different days": pl.col("observed_until") != first_observed,
    }
    for text, broken in rules.items():
        hits = repayments.filter(broken)
        if hits.height:
            borrower, as_of = hits.select(LOAN).row(0)
            raise RepaymentsError(f"repayments: {text} (borrower {borrower}, loan of {as_of}; {hits.height} rows)")


def _check_unlikely(unlikely: pl.DataFrame, repayments: pl.DataFrame) -> None:
    if unlikely.schema != UNLIKELY_TO_PAY:
        raise RepaymentsError(f"unlikely_to_pay has the columns {dict(unlikely.schema)}, not {dict(UNLIKELY_TO_PAY)}")
    rules = {
        "a value is null": pl.any_horizontal(pl.all().is_null()),
        "found before the loan's day": pl.col("unlikely_on") < pl.col("as_of"),
    }
    for text, broken in rules.items():
        if hits := unlikely.filter(broken).rows():
            raise RepaymentsError(f"unlikely_to_pay: {text} (borrower {hits[0][0]}, loan of {hits[0][1]})")
    if strangers := unlikely.join(repayments, on=LOAN, how="anti").rows():
        borrower, as_of, _ = strangers[0]
        raise RepaymentsError(f"unlikely_to_pay: borrower {borrower} has no loan of {as_of} in the repayments")
