"""Events of distress in a ledger: when each happened, and when what led to it began.

All are dated by when they happened, not by when that was entered. A stage says how an event lies to an observation
point: ``before`` it happened up to ``lookback_months`` before or on the day; ``under_way`` it happened within the
window after the day and began on or before it; ``after`` all of it lies after the day.
"""

from datetime import date, timedelta
from typing import Final

import numpy as np
import polars as pl

from features.ledger import Ledger
from features.overdrafts import FEWEST_DAYS, WINDOW_DAYS, Integers, day_ends
from features.recognised import CONTRIBUTION_DAYS, TAXES
from models.distress_definition import EVENT, DistressDefinition

STAGE: Final = pl.Enum(["before", "under_way", "after"])
FOUND: Final = pl.Schema(
    {
        "borrower": pl.Int64(),
        "as_of": pl.Date(),
        "event": EVENT,
        "stage": STAGE,
        "event_on": pl.Date(),
        "known_on": pl.Date(),  # when the books held it
    }
)
PAID_SHARE: Final = 95
"""Per cent of a bill at which it counts as paid: discounts and small deductions leave a rest."""
BILL_YEAR_DAYS: Final = 365
_KEY: Final = ["borrower", "as_of"]
_OUT: Final = pl.col("amount_cents") < 0


def events(ledger: Ledger, points: pl.DataFrame, definition: DistressDefinition) -> pl.DataFrame:
    """All events of a definition that concern the points.

    Args:
        ledger: As ``features.recognised.recognised`` gives it: without copies, transfers recognised.
        points: ``borrower``, ``as_of``, ``earliest`` (from the day after which an event before counts), ``until`` (the
            last day of the window), and ``last_on``, the last day with a bank line.
        definition: What counts.

    Returns:
        With the schema ``FOUND``; several rows per point.
    """
    lines = ledger.transactions.filter(~pl.col("is_internal") & ~pl.col("is_register"))
    is_certain = pl.col("certainty") == "certain"
    own_return = lines.filter((pl.col("category") == "returned_debit") & (pl.col("amount_cents") != 0))
    insolvency = lines.filter((pl.col("category") == "insolvency_own") & is_certain)
    garnishment = lines.filter((pl.col("category") == "garnishment") & is_certain & _OUT)
    windows = [
        _repeated(_days(insolvency), 1, 1).with_columns(_named("insolvency")),
        _repeated(_days(garnishment), 1, 1).with_columns(_named("garnishment")),
        _repeated(_days(own_return), definition.returned_debits, definition.returned_debit_days).with_columns(
            _named("returned_debits")
        ),
        _repeated(_unpaid_levies(lines), definition.unpaid_levies, definition.unpaid_levy_days).with_columns(
            _named("levies_unpaid")
        ),
        _wages_stopped(lines, definition.months_without_wages).with_columns(_named("wages_stopped")),
    ]
    found = [_staged(pl.concat(windows), points), _overdue_bills(ledger, points, definition)]
    found.append(_beyond_line(ledger, points, definition))
    return pl.concat(found).filter(pl.col("event").is_in(definition.events)).sort(*_KEY, "event_on", "event")


def _named(event: str) -> pl.Expr:
    return pl.lit(event, dtype=EVENT).alias("event")


def _days(lines: pl.DataFrame) -> pl.DataFrame:
    return lines.select("borrower", day="happened_on", known_on=pl.max_horizontal("happened_on", "recorded_on"))


def _repeated(days: pl.DataFrame, count: int, within: int) -> pl.DataFrame:
    """Windows of so many days at most that hold so many facts: from the first fact to the last."""
    first = pl.col("day").shift(count - 1).over("borrower", order_by="day")
    return (
        days.sort("borrower", "day", "known_on")
        .with_columns(begins_on=first)
        .filter(pl.col("day") - pl.col("begins_on") < timedelta(days=within))
        .select("borrower", "begins_on", event_on="day", known_on="known_on")
    )


def _staged(windows: pl.DataFrame, points: pl.DataFrame) -> pl.DataFrame:
    stage = (
        pl.when(pl.col("event_on") <= pl.col("as_of"))
        .then(pl.lit("before"))
        .when(pl.col("begins_on") <= pl.col("as_of"))
        .then(pl.lit("under_way"))
        .otherwise(pl.lit("after"))
        .cast(STAGE)
    )
    return (
        points.join(windows, on="borrower")
        .filter((pl.col("event_on") > pl.col("earliest")) & (pl.col("event_on") <= pl.col("until")))
        .with_columns(stage=stage)
        .select(FOUND.names())
    )


def _unpaid_levies(lines: pl.DataFrame) -> pl.DataFrame:
    """Late fees and returned debits of tax offices and health funds, and months of wages without contributions."""
    key = ["borrower", "counterparty_account"]
    named = lines.filter(pl.col("counterparty_account").is_not_null())
    levied = named.filter(pl.col("category").is_in([*TAXES, "social_security"]) & _OUT).select(key).unique()
    is_trouble = ((pl.col("category") == "reminder_fee") & _OUT) | (
        (pl.col("category") == "returned_debit") & (pl.col("amount_cents") != 0)
    )
    trouble = _days(named.filter(is_trouble).join(levied, on=key, how="semi"))
    staff = lines.filter(pl.col("category").is_in(["wages", "social_security"]) & _OUT)
    is_contribution = pl.col("category") == "social_security"
    # Contributions are due in their month; what is paid in the first days of the next is late, and not left out.
    month = (
        pl.col("happened_on") - pl.when(is_contribution).then(timedelta(days=CONTRIBUTION_DAYS)).otherwise(timedelta(0))
    ).dt.truncate("1mo")
    months = staff.group_by("borrower", month=month).agg(
        has_wages=(~is_contribution).any(), has_contributions=is_contribution.any(), last=pl.col("happened_on").max()
    )
    first = pl.col("month").filter("has_contributions").min().over("borrower")
    last_line = lines.group_by("borrower").agg(last_on=pl.col("happened_on").max())
    due = pl.col("month").dt.month_end() + timedelta(days=CONTRIBUTION_DAYS)
    gaps = (
        months.filter((pl.col("month") > first) & pl.col("has_wages") & ~pl.col("has_contributions"))
        .join(last_line, on="borrower")
        .select("borrower", "last_on", day=due, known_on=due)
        # Where the lines end before it is due, nobody knows.
        .filter(pl.col("day") <= pl.col("last_on"))
        .drop("last_on")
    )
    return pl.concat([trouble, gaps])


def _wages_stopped(lines: pl.DataFrame, count: int) -> pl.DataFrame:
    """Months without wages where there were wages in the month before, and in the same months a year before."""
    months = (
        lines.filter((pl.col("category") == "wages") & _OUT)
        .select("borrower", number=pl.col("happened_on").dt.year() * 12 + pl.col("happened_on").dt.month() - 1)
        .unique()
    )
    paid = months.with_columns(is_paid=pl.lit(value=True))
    starts = months.select("borrower", first=pl.col("number") + 1)
    for offset in range(count):
        now = starts.with_columns(number=pl.col("first") + offset)
        before = now.with_columns(pl.col("number") - 12)
        starts = now.join(paid, on=["borrower", "number"], how="anti").select("borrower", "first")
        starts = starts.join(
            before.join(paid, on=["borrower", "number"], how="semi"), on=["borrower", "first"], how="semi"
        )
    last_line = lines.group_by("borrower").agg(last_on=pl.col("happened_on").max())
    end = pl.col("first") + count - 1
    return (
        starts.with_columns(
            begins_on=pl.date(pl.col("first") // 12, pl.col("first") % 12 + 1, 1),
            event_on=pl.date(end // 12, end % 12 + 1, 1).dt.month_end(),
        )
        .join(last_line, on="borrower")
        # Books that end look as if wages had: they say nothing.
        .filter(pl.col("event_on") <= pl.col("last_on"))
        .select("borrower", "begins_on", "event_on", known_on="event_on")
    )


def _overdue_bills(ledger: Ledger, points: pl.DataFrame, definition: DistressDefinition) -> pl.DataFrame:
    """Days on which bills that are long past due add up to a material amount."""
    bills = _with_paid_day(ledger)
    seen = points.join(bills, on="borrower")
    year_ago = pl.col("as_of") - timedelta(days=BILL_YEAR_DAYS)
    year = seen.filter(pl.col("issued_on").is_between(year_ago, pl.col("as_of"), closed="right"))
    late_day = pl.col("due_on") + timedelta(days=definition.bill_days_late)
    ripe = seen.filter((late_day <= pl.col("as_of")) & (late_day > year_ago))
    is_paid = pl.col("paid_on") <= pl.col("as_of")
    per_point = points.join(year.group_by(_KEY).agg(year_cents=pl.col("gross_cents").sum()), on=_KEY).join(
        ripe.group_by(_KEY).agg(
            ripe_cents=pl.col("gross_cents").sum(), matched_cents=pl.col("gross_cents").filter(is_paid).sum()
        ),
        on=_KEY,
    )
    # Where payments are not entered with the bills, every bill would look unpaid: such books tell nothing of bills.
    told = per_point.filter(
        pl.col("matched_cents") >= definition.bills_matched_share * pl.col("ripe_cents")
    ).with_columns(
        material=pl.max_horizontal(
            definition.bill_material_cents, definition.bill_material_share * pl.col("year_cents")
        )
    )
    late = seen.with_columns(late_on=late_day).filter(
        (pl.col("late_on") <= pl.col("until")) & (pl.col("paid_on").is_null() | (pl.col("paid_on") > pl.col("late_on")))
    )
    whole = _stretches(late, told)
    fresh = _stretches(late.filter(pl.col("due_on") > pl.col("as_of")), told)
    is_after = pl.col("day") > pl.col("as_of")
    before = whole.filter((pl.col("day") <= pl.col("as_of")) & (pl.col("next_day") > pl.col("earliest")))
    return pl.concat(
        [
            _of_stage(before, "before"),
            _of_stage(whole.filter(is_after), "under_way"),
            _of_stage(fresh.filter(is_after), "after"),
        ]
    )


def _with_paid_day(ledger: Ledger) -> pl.DataFrame:
    """Bills with the day on which they were paid, null while they are not."""
    key = ["borrower", "document_id"]
    bills = ledger.bills.filter(pl.col("gross_cents") > 0).select(*key, "issued_on", "due_on", "gross_cents")
    closings = ledger.closings.filter(pl.col("document") == "voucher")
    paid = (
        closings.join(bills, on=key)
        .sort("happened_on", "amount_cents")
        .with_columns(sum_cents=pl.col("amount_cents").cum_sum().over(key))
        .filter(pl.col("sum_cents") * 100 >= pl.col("gross_cents") * PAID_SHARE)
        .group_by(key)
        .agg(paid_on=pl.col("happened_on").min())
    )
    return bills.join(paid, on=key, how="left")


def _stretches(late: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """Stretches of days with more than the material amount of late bills, each from ``day`` to before ``next_day``."""
    opened = late.select(*_KEY, day="late_on", change="gross_cents")
    closed = late.filter(pl.col("paid_on") <= pl.col("until")).select(
        *_KEY, day="paid_on", change=-pl.col("gross_cents")
    )
    return (
        pl.concat([opened, closed])
        .group_by(*_KEY, "day")
        .agg(pl.col("change").sum())
        .sort(*_KEY, "day")
        .with_columns(late_cents=pl.col("change").cum_sum().over(_KEY), next_day=pl.col("day").shift(-1).over(_KEY))
        .join(told, on=_KEY)
        .with_columns(pl.col("next_day").fill_null(pl.col("until") + timedelta(days=1)))
        .filter(pl.col("late_cents") > pl.col("material"))
    )


def _of_stage(rows: pl.DataFrame, stage: str) -> pl.DataFrame:
    return (
        rows.group_by(_KEY)
        .agg(event_on=pl.col("day").min())
        .select(
            *_KEY,
            _named("overdue_bills"),
            pl.lit(stage, dtype=STAGE).alias("stage"),
            "event_on",
            known_on="event_on",
        )
    )


def _beyond_line(ledger: Ledger, points: pl.DataFrame, definition: DistressDefinition) -> pl.DataFrame:
    """Days on which an account has been deeper below zero for some days than ever in the year before the point."""
    found: list[tuple[int, date, str, str, date, date]] = []
    spans = points.group_by("borrower").agg(first=pl.col("as_of").min(), end=pl.col("until").max()).sort("borrower")
    windows = {key[0]: mine.select("as_of", "until").rows() for key, mine in points.group_by("borrower")}
    borrower: int
    first: date
    end: date
    for borrower, first, end in spans.iter_rows():
        # Levels are of the last day of the books, which may lie after every window.
        books_end = max([end, *_days_of(ledger, borrower)])
        back = (books_end - first).days + WINDOW_DAYS
        for ends in day_ends(ledger, borrower, books_end, back).values():
            for as_of, until in windows[borrower]:
                day = beyond_line(ends, (books_end - as_of).days, (books_end - until).days, definition)
                if day is not None:
                    on = books_end - timedelta(days=day)
                    found.append((borrower, as_of, "overdraft", "after", on, on))
    return pl.DataFrame(found, schema=FOUND, orient="row")


def _days_of(ledger: Ledger, borrower: int) -> list[date]:
    """The last days on which anything of the accounts happened or was entered."""
    own = pl.col("borrower") == borrower
    latest = pl.max_horizontal("happened_on", "recorded_on").max()
    days = (frame.filter(own).select(latest).item() for frame in (ledger.levels, ledger.transactions))
    return [day for day in days if day is not None]


def beyond_line(ends: Integers, as_of: int, until: int, definition: DistressDefinition) -> int | None:
    """The day on which an account had been beyond its estimated line for as long as the definition asks.

    The line is the deepest level of the year up to the point, of an account that lived below zero in that year; of
    another one no line is known, and nothing is beyond it.

    Args:
        ends: Levels at the ends of days, by days before the end of the books.
        as_of: The point, in the same days.
        until: The last day of the window, in the same days.
        definition: How far, and for how many days on end.

    Returns:
        In the same days; None where it never was.
    """
    year = ends[as_of : as_of + WINDOW_DAYS]
    if np.count_nonzero(year < 0) < FEWEST_DAYS:
        return None
    line = int(-year.min())
    floor = -line - max(definition.overdraft_material_cents, int(line * definition.overdraft_material_share))
    run = 0
    for day in range(as_of - 1, until - 1, -1):
        run = run + 1 if ends[day] < floor else 0
        if run == definition.overdraft_days:
            return day
    return None
