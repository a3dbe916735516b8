"""The features of catalogue 1 at one day, as docs/features.md defines them, in plain loops."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from math import log

from oracle.calendar_days import (
    days_in,
    full_months,
    last_full_month,
    median,
    median_slope,
    month_end,
    month_of,
    month_start,
)
from oracle.facts import Document, Facts
from oracle.values import DOCUMENTS, EARLIER, HISTORY, LEVEL, UNDEFINED, Value, first_cause, has_days, has_months, ratio

SETTLED = ("write_off", "discount", "fee", "unknown")
FINANCING = ("debt_service", "loan_proceeds", "owner_contribution")
ELIGIBLE_DAYS = 60


class Seen:
    """One document as it was visible on a day."""

    def __init__(self, one: Document, at: date, due: date) -> None:
        self.one, self.at, self.due = one, at, due
        self.closings = [closing for closing in one.booked if max(closing.happened, closing.recorded) <= at]
        self.events = [(closing.happened, closing.amount) for closing in self.closings]

    @cached_property
    def open(self) -> int:
        """What is open, at least 0."""
        return max(0, self.one.gross - sum(amount for _, amount in self.events))

    @cached_property
    def paid_on(self) -> date | None:
        """The day on which the open amount reached 0 for good."""
        paid, total = None, 0
        by_day: dict[date, int] = defaultdict(int)
        for day, amount in self.events:
            by_day[day] += amount
        for day in sorted(by_day):
            total += by_day[day]
            if total < self.one.gross:
                paid = None
            elif paid is None:
                paid = day
        return paid

    @property
    def days_past_due(self) -> int:
        """Days from due until today."""
        return (self.at - self.due).days

    @property
    def delay(self) -> int:
        """Days from due to paid, or until today."""
        paid = self.paid_on
        return self.days_past_due if paid is None else (paid - self.due).days


class Catalogue1:
    """Everything that the features of one day are about."""

    def __init__(self, facts: Facts, at: date, *, is_reconstructed: bool) -> None:
        self.at, self.is_reconstructed = at, is_reconstructed
        self.last = last_full_month(at)
        self.year = range(self.last - 11, self.last + 1)
        self.notes = [one for one in facts.credit_notes if max(one.issued, one.recorded) <= at]
        self.all_sales = facts.sales
        self.sales = self._seen(facts.sales)
        self.bills = self._seen(facts.bills)
        invoices = {sale.one.id: sale for sale in self.sales if sale.one.kind == "invoice"}
        for note in self.notes:
            if note.invoice in invoices:
                invoices[note.invoice].events.append((note.issued, note.gross))
        self.lines = [line for line in facts.lines if max(line.happened, line.recorded) <= at]
        self.external = [line for line in self.lines if not line.is_internal]
        self.levels = facts.balances
        self.first_sale = min((sale.one.issued for sale in self.sales), default=None)
        self.first_bill = min((bill.one.issued for bill in self.bills), default=None)
        self.first_line = min((line.happened for line in self.lines), default=None)

    def _seen(self, documents: Iterable[Document]) -> list[Seen]:
        return [
            Seen(one, self.at, one.due_as_stated)
            for one in documents
            if max(one.issued, one.recorded) <= self.at and not any(day <= self.at for day in one.cancelled)
        ]

    def values(self) -> Mapping[str, Value]:
        """All features by name."""
        return {
            **self.receivables(),
            **self.sold(),
            **self.payables(),
            **self.liquidity(),
            **self.trust(),
        }

    def in_year(self, day: date) -> bool:
        """Whether a day is in the last twelve full months."""
        return month_of(day) in self.year

    def since_year(self, day: date) -> bool:
        """Whether a day is in these months or later."""
        return month_start(self.year[0]) <= day <= self.at

    def in_days(self, day: date, count: int) -> bool:
        """Whether a day is one of the last ones."""
        return self.at - timedelta(days=count) < day <= self.at

    def gross_sales(self, months: Iterable[int]) -> int:
        """Gross sales issued in months."""
        wanted = set(months)
        return sum(sale.one.gross for sale in self.sales if month_of(sale.one.issued) in wanted)

    def net_sales(self, months: Iterable[int]) -> int:
        """Net sales issued in months."""
        wanted = set(months)
        return sum(sale.one.net for sale in self.sales if month_of(sale.one.issued) in wanted)

    def sold_for(self, months: int) -> tuple[bool, str]:
        """The condition that sales have a history of so many months."""
        return has_months(self.first_sale, self.at, months), HISTORY

    def banked_for(self, months: int) -> tuple[bool, str]:
        """The condition that bank transactions have one."""
        return has_months(self.first_line, self.at, months), HISTORY

    def receivables(self) -> dict[str, Value]:
        """Receivables."""
        due = [sale for sale in self.sales if sale.one.gross > 0 and self.in_year(sale.due)]
        still_open = [sale for sale in self.sales if sale.one.gross > 0 and sale.open > 0]
        total = sum(sale.open for sale in still_open)
        quarter = range(self.last - 2, self.last + 1)
        credited = sum(note.gross for note in self.notes if self.in_year(note.issued))
        discounts = sum(
            closing.amount
            for sale in self.sales
            for closing in sale.closings
            if closing.means == "discount" and self.in_year(closing.happened)
        )
        invoices = [sale for sale in self.sales if sale.one.kind == "invoice" and self.in_year(sale.one.issued)]
        dunned = [sale for sale in invoices if any(day <= self.at for day in sale.one.reminded)]
        enough_due = (len(due) >= 10, DOCUMENTS)
        enough_open = (len(still_open) >= 5, DOCUMENTS)
        all_due = sum(sale.one.gross for sale in due)
        by_month: dict[int, list[int]] = defaultdict(list)
        for sale in due:
            by_month[month_of(sale.due)].append(sale.delay)
        medians = [(month, median(delays)) for month, delays in sorted(by_month.items())]
        on_time = sum(sale.one.gross for sale in due if sale.paid_on is not None and sale.paid_on <= sale.due)
        overdue = sum(sale.open for sale in still_open if sale.due < self.at)
        late = sum(sale.open for sale in still_open if sale.days_past_due > ELIGIBLE_DAYS)
        return {
            "receivables_dso_days_3m": first_cause(
                [self.sold_for(3)], lambda: _times(ratio(total, self.gross_sales(quarter)), days_in(quarter))
            ),
            "receivables_countback_dso_days": first_cause([self.sold_for(6)], lambda: self._count_back(total)),
            "receivables_weighted_delay_days_12m": first_cause(
                [enough_due], lambda: ratio(sum(sale.one.gross * sale.delay for sale in due), all_due)
            ),
            "receivables_delay_trend_days_12m": first_cause(
                [self.sold_for(6), (len(medians) >= 6, DOCUMENTS)], lambda: median_slope(medians)
            ),
            "receivables_on_time_share_12m": first_cause([enough_due], lambda: ratio(on_time, all_due)),
            "receivables_overdue_share": first_cause([enough_open], lambda: ratio(overdue, total)),
            "receivables_over_60d_share": first_cause([enough_open], lambda: ratio(late, total)),
            "receivables_dilution_share_12m": first_cause(
                [self.sold_for(6)], lambda: ratio(credited + discounts, self.gross_sales(self.year))
            ),
            "receivables_dunned_share_12m": first_cause(
                [(len(invoices) >= 20, DOCUMENTS)], lambda: ratio(len(dunned), len(invoices))
            ),
            "receivables_eligible_cents": Fraction(self._eligible()),
        }

    def _count_back(self, total: int) -> Value:
        left, days = Fraction(total), Fraction(0)
        months = list(range(self.last, self.last - 12, -1))
        if self.last != month_of(self.at):
            months.insert(0, month_of(self.at))
        for month in months:
            if left <= 0:
                break
            length = (min(month_end(month), self.at) - month_start(month)).days + 1
            sold = self.gross_sales([month])
            if sold >= left:
                return days + length * left / sold
            left -= max(sold, 0)
            days += length
        return days

    def _eligible(self) -> int:
        open_of: dict[str, list[Seen]] = defaultdict(list)
        for sale in self.sales:
            if sale.one.gross > 0:
                open_of[sale.one.party or f"document {sale.one.kind} {sale.one.id}"].append(sale)
        total = 0
        for sales in open_of.values():
            late = sum(sale.open for sale in sales if sale.days_past_due > ELIGIBLE_DAYS)
            if 2 * late <= sum(sale.open for sale in sales):
                total += sum(sale.open for sale in sales if sale.days_past_due <= ELIGIBLE_DAYS)
        return total

    def sold(self) -> dict[str, Value]:
        """Customers and revenue."""
        by_customer: dict[str, int] = defaultdict(int)
        earlier, later = set(), set()
        for sale in self.sales:
            month = month_of(sale.one.issued)
            if month in self.year:
                by_customer[sale.one.party or "nobody"] += sale.one.net
            if sale.one.party is not None and self.last - 11 <= month <= self.last - 6:
                earlier.add(sale.one.party)
            elif sale.one.party is not None and month > self.last - 6:
                later.add(sale.one.party)
        total = self.net_sales(self.year)
        known = 0 if self.first_sale is None else full_months(self.first_sale, self.at)
        by_month = [(month, Fraction(self.net_sales([month]))) for month in self.year if month > self.last - known]
        typical = median([value for _, value in by_month]) if by_month else Fraction(0)
        spread = median([abs(value - typical) for _, value in by_month]) if by_month else Fraction(0)
        quarter = range(self.last - 2, self.last + 1)
        before = self.net_sales(month - 12 for month in quarter)
        named = [value for party, value in by_customer.items() if party != "nobody"]
        positive = sum(value for value in by_customer.values() if value > 0)
        return {
            "customers_top1_share_12m": first_cause([self.sold_for(6)], lambda: ratio(max(named, default=0), positive)),
            "customers_churn_share_12m": first_cause(
                [self.sold_for(12)], lambda: ratio(len(earlier - later), len(earlier))
            ),
            "revenue_log_12m": first_cause([self.sold_for(6)], lambda: log(1 + max(0, total) / 100)),
            "revenue_net_12m_cents": first_cause([self.sold_for(6)], lambda: Fraction(total)),
            "revenue_trend_12m": first_cause(
                [self.sold_for(6)], lambda: UNDEFINED if typical <= 0 else median_slope(by_month) / typical
            ),
            "revenue_volatility_12m": first_cause([self.sold_for(6)], lambda: ratio(spread, typical)),
            "revenue_drop_3m": first_cause(
                [self.sold_for(15)], lambda: ratio(self.net_sales(quarter) - before, before)
            ),
        }

    def payables(self) -> dict[str, Value]:
        """Bills and reminder fees."""
        due = [
            bill for bill in self.bills if bill.one.gross > 0 and not bill.one.is_due_assumed and self.in_year(bill.due)
        ]
        still_open = [bill for bill in self.bills if bill.one.gross > 0 and bill.open > 0]
        return {
            "payables_own_delay_days_12m": first_cause(
                [(len(due) >= 10, DOCUMENTS)],
                lambda: ratio(sum(bill.one.gross * bill.delay for bill in due), sum(bill.one.gross for bill in due)),
            ),
            "payables_overdue_share": first_cause(
                [(len(still_open) >= 5, DOCUMENTS)],
                lambda: ratio(
                    sum(bill.open for bill in still_open if bill.due < self.at), sum(bill.open for bill in still_open)
                ),
            ),
            "payables_reminder_fee_count_12m": self._count("reminder_fee", 6),
        }

    def _count(self, nature: str, months: int) -> Value:
        found = sum(line.nature == nature and self.since_year(line.happened) for line in self.lines)
        return Fraction(found) if found else first_cause([self.banked_for(months)], lambda: Fraction(0))

    def liquidity(self) -> dict[str, Value]:
        """Flows, levels, debt service and bad signs."""
        recent = [line for line in self.external if self.in_days(line.happened, 90)]
        money_in = sum(line.amount for line in recent if line.amount > 0)
        money_out = -sum(line.amount for line in recent if line.amount < 0)
        year = [line for line in self.external if self.in_year(line.happened)]
        service = -sum(line.amount for line in year if line.nature == "debt_service")
        surplus = sum(line.amount for line in year if line.nature not in FINANCING)
        enough = (has_days(self.first_line, self.at, 90), HISTORY)
        usable = [level for level in self.levels if level.happened <= self.at]
        confirmed = (all(level.state == "verified" for level in usable), LEVEL)
        moved: dict[date, int] = defaultdict(int)
        for line in self.lines:
            moved[line.happened] += line.amount
        end = sum(level.cents for level in self.levels) + sum(moved.values())
        ends = []
        for back in range(90):
            ends.append(end)
            end -= moved[self.at - timedelta(days=back)]
        returned = sum(line.nature == "returned_debit" and self.in_days(line.happened, 90) for line in self.lines)
        return {
            "liquidity_inflow_outflow_ratio_90d": first_cause([enough], lambda: ratio(money_in, money_out)),
            "liquidity_minimum_balance_months_90d": first_cause(
                [enough, confirmed], lambda: _times(ratio(min(ends), money_out), 3) if money_out > 0 else UNDEFINED
            ),
            "liquidity_overdraft_days_90d": first_cause(
                [enough, confirmed], lambda: Fraction(sum(end < 0 for end in ends))
            ),
            "liquidity_returned_debit_count_90d": Fraction(returned)
            if returned
            else first_cause([enough], lambda: Fraction(0)),
            "liquidity_garnishment_count_12m": self._count("garnishment", 12),
            "liquidity_debt_service_cover_12m": first_cause([self.banked_for(12)], lambda: ratio(surplus, service)),
            "liquidity_operating_surplus_12m_cents": first_cause([self.banked_for(12)], lambda: Fraction(surplus)),
            "liquidity_debt_service_12m_cents": first_cause([self.banked_for(12)], lambda: Fraction(service)),
        }

    def trust(self) -> dict[str, Value]:
        """Trust in the books."""
        year = [sale for sale in self.sales if self.in_year(sale.one.issued)]
        invoices = [sale for sale in year if sale.one.kind == "invoice"]
        payments = [
            closing
            for one in self.all_sales
            if one.kind == "invoice"
            for closing in one.booked
            if closing.means not in SETTLED
            and closing.amount > 0
            and max(closing.happened, closing.recorded) <= self.at
            and self.in_year(closing.happened)
        ]
        received = sum(
            line.amount
            for line in self.external
            if line.amount > 0
            and line.nature not in ("loan_proceeds", "owner_contribution")
            and self.in_year(line.happened)
        )
        feeds = [line for line in self.lines if not line.is_register and self.in_year(line.happened)]
        firsts = [day for day in (self.first_sale, self.first_bill, self.first_line) if day is not None]
        periods = [0] * 7
        for sale in self.sales:
            number = (self.at - sale.one.issued).days // 30
            if number < len(periods):
                periods[number] += sale.one.net
        typical = median(periods[1:])
        spread = Fraction("1.4826") * median([abs(one - typical) for one in periods[1:]])
        months = 0
        while firsts and has_months(min(firsts), self.at, months + 1):
            months += 1
        return {
            "trust_history_months": Fraction(months),
            "trust_paid_without_inflow_share_12m": first_cause(
                [(len(payments) >= 5, DOCUMENTS)],
                lambda: ratio(
                    sum(closing.amount for closing in payments if closing.means == "document"),
                    sum(closing.amount for closing in payments),
                ),
            ),
            "trust_bank_feed_share_12m": first_cause(
                [(not self.is_reconstructed, EARLIER)],
                lambda: ratio(
                    sum(abs(line.amount) for line in feeds if line.is_from_feed),
                    sum(abs(line.amount) for line in feeds),
                ),
            ),
            "trust_assumed_due_share_12m": ratio(sum(sale.one.is_due_assumed for sale in invoices), len(invoices)),
            "trust_sales_inflow_ratio_12m": first_cause(
                [self.banked_for(12)], lambda: ratio(sum(sale.one.gross for sale in year), received)
            ),
            "trust_sales_burst_score_30d": first_cause(
                [self.sold_for(7)], lambda: ratio(periods[0] - typical, max(spread, typical / 10))
            ),
        }


def _times(value: Value, factor: int) -> Value:
    return value if isinstance(value, str) else value * factor


def features_at(facts: Facts, at: date, *, is_reconstructed: bool = False) -> Mapping[str, Value]:
    """All features of catalogue 1 on a day."""
    return Catalogue1(facts, at, is_reconstructed=is_reconstructed).values()
