"""From books to outcomes: what befell a firm after days in the past, as its own books told it later.

For lenders without outcomes of loans. Points are month ends in the past; each is bad where an event of distress befell
the firm within the window after it. Points whose window is not over when the books were read are left out whatever was
seen, because distress is seen before its absence is: the newest known outcomes would all be bad.
"""

from datetime import date, timedelta
from typing import Final

import polars as pl

from features.ledger import Ledger
from features.recognised import recognised
from models.distress_definition import EVENT, EVENTS, DistressDefinition, Event
from models.distress_events import events
from models.outcomes import OUTCOME

SILENT_DAYS: Final = 31
"""Books without a bank line for longer have fallen silent: what befell the firm since is not known."""
LEFT_OUT: Final = pl.Enum(["not_over", "in_distress", "under_way", "silent"])
"""Why a point has no outcome: its window was not over when the books were read; there was distress before it; what led
to distress had begun before it; the books fell silent before the window was over."""
DISTRESS: Final = pl.Schema(
    {
        "borrower": pl.Int64(),
        "as_of": pl.Date(),
        "outcome": OUTCOME,
        "left_out": LEFT_OUT,  # null where the outcome is good or bad
        "event": EVENT,  # the first, where the outcome is bad
        "event_on": pl.Date(),
        "known_on": pl.Date(),  # the day since when the books held it
    }
)
_KEY: Final = ["borrower", "as_of"]


def distress(
    ledger: Ledger, definition: DistressDefinition, *, read_on: date, days: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The outcome of every point of every borrower in a ledger.

    Args:
        ledger: Of one or many borrowers, all facts up to the end of their books.
        definition: What counts, and which days are looked at.
        read_on: No facts are of a later day.
        days: ``borrower`` and ``as_of`` to look at, in place of the month ends of the definition.

    Returns:
        With the schema ``DISTRESS``, sorted by borrower and as_of.
    """
    known = recognised(ledger)
    points = _points(known, definition, read_on, days)
    over = points.filter("is_over")
    found = events(known, over, definition)
    first = (
        found.filter(pl.col("stage") == "after")
        .sort(*_KEY, "event_on", pl.col("event").to_physical())
        .group_by(_KEY, maintain_order=True)
        .first()
        .select(*_KEY, "event", "event_on", "known_on")
    )
    stages = found.group_by(_KEY).agg(
        **{f"is_{stage}": (pl.col("stage") == stage).any() for stage in ("before", "under_way")}
    )
    return (
        points.join(first, on=_KEY, how="left")
        .join(stages, on=_KEY, how="left")
        .with_columns(pl.col("is_before", "is_under_way").fill_null(value=False))
        .with_columns(
            left_out=pl.when(~pl.col("is_over"))
            .then(pl.lit("not_over"))
            .when("is_before")
            .then(pl.lit("in_distress"))
            .when(pl.col("event").is_not_null())
            .then(None)
            .when("is_under_way")
            .then(pl.lit("under_way"))
            .when(pl.col("last_on") + timedelta(days=SILENT_DAYS) < pl.col("until"))
            .then(pl.lit("silent"))
            .cast(LEFT_OUT)
        )
        .with_columns(
            outcome=pl.when(pl.col("left_out").is_not_null())
            .then(pl.lit("indeterminate"))
            .when(pl.col("event").is_not_null())
            .then(pl.lit("bad"))
            .otherwise(pl.lit("good"))
            .cast(OUTCOME)
        )
        .with_columns(
            pl.when(pl.col("outcome") == "bad").then(pl.col(name)).alias(name)
            for name in ("event", "event_on", "known_on")
        )
        .select(DISTRESS.names())
        .sort(_KEY)
    )


def _points(ledger: Ledger, definition: DistressDefinition, read_on: date, days: pl.DataFrame | None) -> pl.DataFrame:
    """Month ends on which each borrower is looked at, with the window after and the months before."""
    books = _books(ledger, read_on)
    if books.is_empty():
        return _NO_POINTS.to_frame()
    looked_at = (
        books.join(_month_ends(books, definition, read_on), how="cross")
        if days is None
        else books.join(days.select(_KEY), on="borrower")
    )
    return (
        looked_at.filter(
            (pl.col("as_of") >= pl.col("first_on").dt.offset_by(f"{definition.history_months}mo"))
            & (pl.col("as_of") >= pl.col("held_on"))
            & (pl.col("as_of") <= pl.col("last_on"))
        )
        .with_columns(
            earliest=pl.col("as_of").dt.offset_by(f"-{definition.lookback_months}mo"),
            until=pl.col("as_of").dt.offset_by(f"{definition.horizon_months}mo"),
        )
        .with_columns(is_over=pl.col("until") <= pl.col("known_until"))
        .select(_NO_POINTS.names())
        .sort(_KEY)
    )


def _month_ends(books: pl.DataFrame, definition: DistressDefinition, read_on: date) -> pl.DataFrame:
    first: date = books.select(pl.col("first_on").min()).item()
    months = pl.date_range(first.replace(day=1), read_on, interval="1mo", eager=True)
    return months.filter(months.dt.month() % definition.every_months == 0).dt.month_end().alias("as_of").to_frame()


_NO_POINTS: Final = pl.Schema(
    {
        "borrower": pl.Int64(),
        "as_of": pl.Date(),
        "earliest": pl.Date(),
        "until": pl.Date(),
        "last_on": pl.Date(),
        "is_over": pl.Boolean(),
    }
)


def _books(ledger: Ledger, read_on: date) -> pl.DataFrame:
    """Per borrower with bank lines their first and last day, since when the books held any, and until when they know.

    The last is said by the bank's data, which go on where a firm does not: so a firm whose business ends is not taken
    for one whose window is not over. Without a feed it is the day of the last entry of any kind.
    """
    bank = ledger.transactions.filter(~pl.col("is_register"))
    lines = bank.group_by("borrower").agg(
        first_on=pl.col("happened_on").min(),
        last_on=pl.col("happened_on").max(),
        # Lines that a bank delivered of the time before it was connected were not in the books then.
        held_on=pl.col("recorded_on").min(),
    )
    covered = ledger.accounts.group_by("borrower").agg(covered_until=pl.col("covered_until").max())
    entered = pl.concat(
        frame.select("borrower", "recorded_on") for frame in (ledger.transactions, ledger.invoices, ledger.bills)
    )
    latest = entered.group_by("borrower").agg(entered_on=pl.col("recorded_on").max())
    known = pl.min_horizontal(pl.coalesce("covered_until", "entered_on"), pl.lit(read_on))
    return (
        lines.join(covered, on="borrower", how="left")
        .join(latest, on="borrower", how="left")
        .with_columns(known_until=known)
    )


def counted_events(found: pl.DataFrame) -> dict[Event, int]:
    """How often each event was the first, in the order of ``EVENTS``."""
    counts = dict(found.drop_nulls("event").group_by("event").len().rows())
    return {event: int(counts.get(event, 0)) for event in EVENTS}
