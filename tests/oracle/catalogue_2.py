"""The features of catalogue 2 at one day, as docs/features.md defines them, in plain loops."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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
    quarter_end,
)
from oracle.facts import Closing, Document, Facts, Line
from oracle.values import (
    DOCUMENTS,
    EARLIER,
    HISTORY,
    LEVEL,
    UNDEFINED,
    Value,
    first_cause,
    has_days,
    has_months,
    ratio,
)

IMMATERIAL_CENTS, IMMATERIAL_PART = 500, 100
RETENTION_PART = 10
PAID_OUT = ("bank", "register", "provider", "set_off")
IN_CASH = ("cash_deposit", "cash_withdrawal")
LOSSES = ("clearing", "short")
NO_RECEIPTS = ("discount", "fee", "short", "set_off")
COLLECTIVE = ("provider_payout", "factoring_payout", "collected_debit", "customer_insolvency", "enforced_receipt")
NOT_FROM_CUSTOMERS = (
    "loan_proceeds",
    "owner_contribution",
    "cash_deposit",
    "subsidy",
    "tax_refund",
    "insurance_benefit",
    "refund_received",
    "interest_received",
    "returned_debit",
    "returned_objection",
    "transfer",
)
FINANCING = ("loan_service", "lease", "loan_proceeds", "owner_contribution")
DEBT = ("loan_service", "lease")
DAYS_AFTER_QUARTER = 45
ELIGIBLE_DAYS = 60
ACTIVE_MONTH_CENTS = 1000
MONTHS_LOOKED_BACK = 60
PAID_BY_CUSTOMER = ("bank", "manual", "register", "provider", "stated")


class Seen:
    """One document as it was visible on a day."""

    def __init__(self, one: Document, at: date) -> None:
        self.one, self.at = one, at
        self.closings = [closing for closing in one.closed if max(closing.happened, closing.recorded) <= at]
        self.events = [(closing.happened, closing.amount) for closing in self.closings]
        self.tolerance = max(0, min(IMMATERIAL_CENTS, one.gross // IMMATERIAL_PART))
        is_retained = one.retained_since is None or one.retained_since <= at
        self.retention = max(0, min(one.retention, one.gross // RETENTION_PART)) if is_retained else 0
        self.is_sold = one.sold is not None and one.sold <= at
        lost = sum(closing.amount for closing in self.closings if closing.means in LOSSES)
        self.lost = min(lost, one.gross) if one.gross > 0 else lost
        self.is_day_known = all(closing.is_day_known for closing in self.closings)

    def names(self, note: "Seen") -> bool:
        """Whether a credit note names this document."""
        return self.one.kind == "invoice" and note.one.invoice == self.one.id

    @cached_property
    def reduced(self) -> int:
        """What reduced it until now."""
        return sum(amount for _, amount in self.events)

    @property
    def paid_out(self) -> int:
        """Of a credit note or a negative document: the money that went to the customer, or was set off."""
        return sum(closing.amount for closing in self.closings if closing.means in PAID_OUT)

    @cached_property
    def open(self) -> int:
        """What is open, be it of a negative document of which more was paid out; nothing where that is immaterial."""
        left = self.one.gross - self.reduced
        return 0 if left <= self.tolerance else left

    @property
    def is_released(self) -> bool:
        """Whether the retention may be asked for."""
        return self.one.retained_until is not None and self.at >= self.one.retained_until

    @property
    def retained(self) -> int:
        """What of it the customer keeps back until later, or for an unknown time."""
        return 0 if self.is_released else min(self.open, self.retention)

    @property
    def is_rest_paid(self) -> bool:
        """Whether no more than retention and remainder are open."""
        return self.open <= self.retention + self.tolerance

    def late(self, days: int) -> int:
        """How much is overdue for that many days or longer."""
        if not self.is_rest_paid:
            return self.open - self.retained if self.days_past_due >= days else 0
        if not self.is_released or self.one.retained_until is None:
            return 0
        return self.open if (self.at - max(self.one.retained_until, self.one.due)).days >= days else 0

    @cached_property
    def paid_on(self) -> date | None:
        """The day on which what reduced the document reached what is needed, for good."""
        needed = self.one.gross - self.tolerance - self.retention
        paid, total = None, 0
        by_day: dict[date, int] = defaultdict(int)
        for day, amount in self.events:
            by_day[day] += amount
        for day in sorted(by_day):
            total += by_day[day]
            if total < needed:
                paid = None
            elif paid is None:
                paid = day
        return paid

    @property
    def days_past_due(self) -> int:
        """Days from due until today."""
        return (self.at - self.one.due).days

    @property
    def delay(self) -> int:
        """Days from due to paid, or until today."""
        paid = self.paid_on
        return self.days_past_due if paid is None else (paid - self.one.due).days

    @property
    def weighted_delay(self) -> int:
        """Its gross amount in cents times days; what was lost has the days until today."""
        return self.lost * max(0, self.days_past_due) + (self.one.gross - self.lost) * self.delay

    @property
    def is_on_time(self) -> bool:
        """Whether it was paid by its due day, without a loss that matters."""
        paid = self.paid_on
        return paid is not None and paid <= self.one.due and self.lost <= self.tolerance

    @property
    def typical_delay(self) -> int:
        """The delay that counts in a median."""
        return self.days_past_due if self.lost > self.tolerance else self.delay

    @cached_property
    def is_credible(self) -> bool:
        """Recorded near its day, or at least half paid through the bank by then."""
        recorded = max(self.one.recorded, self.one.sent or self.one.recorded)
        by = quarter_end(self.one.issued) + timedelta(days=DAYS_AFTER_QUARTER)
        if recorded <= by:
            return True
        banked = sum(
            closing.amount
            for closing in self.closings
            if closing.means in ("bank", "provider") and closing.is_day_known and closing.happened <= by
        )
        return 2 * abs(banked) >= abs(self.one.gross) and banked * self.one.gross > 0


def counted_on(sale: Seen, closing: Closing) -> date:
    """The closing's day; the document's, if the closing has none that is known."""
    return closing.happened if closing.is_day_known else min(closing.happened, sale.one.issued)


class Catalogue2:
    """Everything that the features of one day are about."""

    def __init__(self, facts: Facts, at: date, *, is_reconstructed: bool) -> None:
        self.at, self.is_reconstructed = at, is_reconstructed
        self.last = last_full_month(at)
        self.year = range(self.last - 11, self.last + 1)
        self.sales = self._seen(facts.sales)
        self.bills = self._seen(facts.bills)
        copies = {one.id for one in facts.sales if one.kind == "invoice" and self._is_copy(one)}
        self.notes = [
            Seen(one, at)
            for one in facts.credit_notes
            if max(one.issued, one.recorded) <= at and one.invoice not in copies
        ]
        self.paid_on_cancelled = self._paid_on_cancelled(facts.sales)
        invoices = {sale.one.id: sale for sale in self.sales if sale.one.kind == "invoice"}
        for note in self.notes:
            if note.one.invoice in invoices:
                invoices[note.one.invoice].events.append((note.one.issued, note.one.gross))
        visible = [line for line in facts.lines if max(line.happened, line.recorded, line.known_from) <= at]
        self.lines = [line for line in visible if not line.is_duplicate]
        self.line_of = {line.id: line for line in facts.lines}
        is_any_fed = any(line.is_fed for line in visible)
        self.proven = {line.id for line in self.lines if not line.is_register and (line.is_fed or not is_any_fed)}
        self.external = [
            line
            for line in self.lines
            if not line.is_register
            and (not line.is_transfer or line.category in IN_CASH)
            and (line.amount < 0 or line.id in self.proven)
        ]
        known = [level for level in facts.levels if max(level.happened, level.recorded) <= at]
        known.sort(key=lambda level: (level.happened, level.recorded))
        self.levels = {level.lines: level for level in known}.values()
        self.first_sale = min((sale.one.issued for sale in self.sales if sale.is_credible), default=None)
        self.first_line = min((line.happened for line in self.lines if line.id in self.proven), default=None)

    def _seen(self, documents: Iterable[Document]) -> list[Seen]:
        found = []
        for one in documents:
            visible = max(one.issued, one.recorded, one.sent or one.recorded)
            if visible <= self.at and not self._is_copy(one) and not any(day <= self.at for day in one.cancelled):
                found.append(Seen(one, self.at))
        return found

    def _paid_on_cancelled(self, documents: Iterable[Document]) -> list[tuple[str, int]]:
        """What customers paid on invoices that were cancelled."""
        found = []
        for one in documents:
            is_cancelled = any(day <= self.at for day in one.cancelled)
            visible = max(one.issued, one.recorded, one.sent or one.recorded)
            if is_cancelled and visible <= self.at and one.party is not None and not self._is_copy(one):
                paid = [each.amount for each in Seen(one, self.at).closings if each.means in PAID_BY_CUSTOMER]
                found.append((one.party, max(0, sum(paid))))
        return found

    def _is_copy(self, one: Document) -> bool:
        return one.is_duplicate and (one.duplicate_until is None or one.duplicate_until > self.at)

    def values(self) -> Mapping[str, Value]:
        """All features by name."""
        return {
            f"{name}_v2": value
            for part in (
                self.receivables(),
                self.customers(),
                self.revenue(),
                self.payables(),
                self.liquidity(),
                self.signs(),
                self.trust(),
            )
            for name, value in part.items()
        }

    # Windows

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

    # Groups

    def receivables(self) -> dict[str, Value]:
        """Receivables."""
        due = [sale for sale in self.sales if sale.one.gross > 0 and self.in_year(sale.one.due) and sale.is_day_known]
        still_open = [sale for sale in self.sales if sale.open > 0]
        total = sum(sale.open for sale in still_open)
        overdue = sum(sale.late(1) for sale in still_open)
        late = sum(sale.late(ELIGIBLE_DAYS + 1) for sale in still_open)
        quarter = range(self.last - 2, self.last + 1)
        billed = self.gross_sales(self.year)
        lost, lost_to_date, discounts = 0, 0, 0
        for sale in self.sales:
            for closing in sale.closings:
                amount = closing.amount if closing.means in LOSSES and sale.one.gross > 0 else 0
                day = counted_on(sale, closing)
                lost_to_date += amount if self.since_year(day) else 0
                if self.in_year(day):
                    lost += amount
                    discounts += closing.amount if closing.means == "discount" else 0
        credited = sum(note.one.gross for note in self.notes if self.in_year(note.one.issued))
        invoices = [sale for sale in self.sales if sale.one.kind == "invoice" and self.in_year(sale.one.issued)]
        dunned = [sale for sale in invoices if any(day <= self.at for day in sale.one.reminded)]
        enough_due = (len(due) >= 10, DOCUMENTS)
        enough_open = (len(still_open) >= 5, DOCUMENTS)
        all_due = sum(sale.one.gross for sale in due)
        by_month: dict[int, list[int]] = defaultdict(list)
        for sale in due:
            by_month[month_of(sale.one.due)].append(sale.typical_delay)
        medians = [(month, median(delays)) for month, delays in sorted(by_month.items())]
        return {
            "receivables_dso_days_3m": first_cause(
                [self.sold_for(3)], lambda: _times(ratio(total, self.gross_sales(quarter)), days_in(quarter))
            ),
            "receivables_countback_dso_days": first_cause([self.sold_for(6)], lambda: self._count_back(total)),
            "receivables_weighted_delay_days_12m": first_cause(
                [enough_due], lambda: ratio(sum(sale.weighted_delay for sale in due), all_due)
            ),
            "receivables_delay_trend_days_12m": first_cause(
                [self.sold_for(6), (len(medians) >= 6, DOCUMENTS)], lambda: median_slope(medians)
            ),
            "receivables_on_time_share_12m": first_cause(
                [enough_due], lambda: ratio(sum(sale.one.gross for sale in due if sale.is_on_time), all_due)
            ),
            "receivables_overdue_share": first_cause([enough_open], lambda: ratio(overdue, total)),
            "receivables_over_60d_share": first_cause([enough_open], lambda: ratio(late, total)),
            "receivables_dilution_share_12m": first_cause(
                [self.sold_for(6)], lambda: ratio(credited + discounts + lost, billed)
            ),
            "receivables_dunned_share_12m": first_cause(
                [(len(invoices) >= 20, DOCUMENTS)], lambda: ratio(len(dunned), len(invoices))
            ),
            "receivables_eligible_cents": Fraction(self._eligible()),
            "receivables_loss_share_12m": first_cause(
                [self.sold_for(6)], lambda: _at_most_one(ratio(max(0, lost_to_date), billed))
            ),
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

    def _credits(self) -> tuple[dict[str, int], int]:
        """What is owed to each customer, and to nobody who is named."""
        credit: dict[str, int] = defaultdict(int)
        unnamed = 0
        owed_to: list[tuple[str | None, int]] = list(self.paid_on_cancelled)
        for sale in self.sales:
            if sale.one.gross < 0:
                owed_to.append((sale.one.party, -sale.one.gross + sale.paid_out))
            elif sale.one.party is not None:
                paid_out = sum(note.paid_out for note in self.notes if sale.names(note))
                fees = sum(closing.amount for closing in sale.closings if closing.means == "fee")
                owed_to.append((sale.one.party, sale.reduced - fees - sale.one.gross - paid_out))
        notes = [note for note in self.notes if not any(sale.names(note) for sale in self.sales)]
        owed_to += [(note.one.party, note.one.gross - note.paid_out) for note in notes]
        for party, owed in owed_to:
            if party is None:
                unnamed += max(0, owed)
            else:
                credit[party] += max(0, owed)
        return credit, unnamed

    def _eligible(self) -> int:
        of_customer: dict[str, list[Seen]] = defaultdict(list)
        for sale in self.sales:
            of_customer[sale.one.party or f"document {sale.one.kind} {sale.one.id}"].append(sale)
        credit, unnamed = self._credits()
        total = 0
        for party, sales in of_customer.items():
            if 2 * sum(sale.late(ELIGIBLE_DAYS + 1) for sale in sales) > sum(sale.open for sale in sales):
                continue
            eligible = sum(
                sale.open - sale.retained for sale in sales if not sale.late(ELIGIBLE_DAYS + 1) and not sale.is_sold
            )
            total += max(0, eligible - credit[party])
        return max(0, total - unnamed)

    def customers(self) -> dict[str, Value]:
        """Concentration and churn."""
        by_customer: dict[str, int] = defaultdict(int)
        for sale in self.sales:
            if self.in_year(sale.one.issued):
                by_customer[sale.one.party or f"document {sale.one.kind} {sale.one.id}"] += sale.one.net
        total = sum(by_customer.values())
        named = [value for party, value in by_customer.items() if not party.startswith("document ")]
        earlier, later = set(), set()
        for sale in self.sales:
            if sale.one.party is None:
                continue
            month = month_of(sale.one.issued)
            if self.last - 11 <= month <= self.last - 6:
                earlier.add(sale.one.party)
            elif month > self.last - 6:
                later.add(sale.one.party)
        return {
            "customers_top1_share_12m": first_cause(
                [self.sold_for(6)], lambda: _at_most_one(ratio(max(named, default=0), total))
            ),
            "customers_churn_share_12m": first_cause(
                [self.sold_for(12)], lambda: ratio(len(earlier - later), len(earlier))
            ),
        }

    def revenue(self) -> dict[str, Value]:
        """Revenue."""
        total = self.net_sales(self.year)
        less = sum(note.one.net for note in self.notes if self.in_year(note.one.issued))
        for sale in self.sales:
            if self.in_year(sale.one.issued) and sale.one.gross > 0:
                less += sale.lost * sale.one.net // sale.one.gross
        known = 0 if self.first_sale is None else full_months(self.first_sale, self.at)
        months = [month for month in self.year if month > self.last - known]
        by_month = [(month, Fraction(self.net_sales([month]))) for month in months]
        typical = median([value for _, value in by_month]) if by_month else Fraction(0)
        quarter = range(self.last - 2, self.last + 1)
        before = self.net_sales(month - 12 for month in quarter)
        return {
            "revenue_log_12m": first_cause([self.sold_for(6)], lambda: log(1 + max(0, total) / 100)),
            "revenue_net_12m_cents": first_cause([self.sold_for(6)], lambda: Fraction(total - less)),
            "revenue_trend_12m": first_cause(
                [self.sold_for(6)], lambda: UNDEFINED if typical <= 0 else median_slope(by_month) / typical
            ),
            "revenue_volatility_12m": first_cause(
                [self.sold_for(6)],
                lambda: (
                    UNDEFINED if typical <= 0 else median([abs(value - typical) for _, value in by_month]) / typical
                ),
            ),
            "revenue_drop_3m": first_cause(
                [self.sold_for(15)], lambda: ratio(self.net_sales(quarter) - before, before)
            ),
        }

    def payables(self) -> dict[str, Value]:
        """Bills and reminder fees."""
        due = [
            bill
            for bill in self.bills
            if bill.one.gross > 0
            and not bill.one.is_due_assumed
            and self.in_year(bill.one.due)
            and bill.is_day_known
            and bill.lost <= bill.tolerance
        ]
        still_open = [bill for bill in self.bills if bill.one.gross > 0 and bill.open > 0]
        return {
            "payables_own_delay_days_12m": first_cause(
                [(len(due) >= 10, DOCUMENTS)],
                lambda: ratio(sum(bill.one.gross * bill.delay for bill in due), sum(bill.one.gross for bill in due)),
            ),
            "payables_overdue_share": first_cause(
                [(len(still_open) >= 5, DOCUMENTS)],
                lambda: ratio(sum(bill.late(1) for bill in still_open), sum(bill.open for bill in still_open)),
            ),
            "payables_reminder_fee_count_12m": self._count(["reminder_fee"], 6),
        }

    def _count(self, categories: Sequence[str], months: int, *, certainty: str | None = None) -> Value:
        found = 0
        for line in self.lines:
            if line.category in categories and self.since_year(line.happened):
                found += certainty is None or line.certainty == certainty
        return Fraction(found) if found else first_cause([self.banked_for(months)], lambda: Fraction(0))

    def signs(self) -> dict[str, Value]:
        """Counts of bad signs, and debits that customers gave back."""
        returned = sum(
            line.category == "returned_debit" and self.in_days(line.happened, 90) and line.amount != 0
            for line in self.lines
        )
        collected = [
            line
            for line in self.external
            if line.category == "collected_debit" and line.amount > 0 and self.in_year(line.happened)
        ]
        given_back = sum(
            -line.amount
            for line in self.external
            if line.category == "returned_customer_debit" and self.in_year(line.happened)
        )
        enough = (has_days(self.first_line, self.at, 90), HISTORY)
        return {
            "liquidity_returned_debit_count_90d": Fraction(returned)
            if returned
            else first_cause([enough], lambda: Fraction(0)),
            "liquidity_garnishment_count_12m": self._count(["garnishment"], 12, certainty="certain"),
            "liquidity_garnishment_suspected_count_12m": self._count(["garnishment"], 12, certainty="probable"),
            "liquidity_insolvency_sign_count_12m": self._count(["insolvency_own"], 12),
            "liquidity_customer_return_share_12m": first_cause(
                [(len(collected) >= 5, DOCUMENTS)],
                lambda: _at_most_one(ratio(given_back, sum(line.amount for line in collected))),
            ),
        }

    def liquidity(self) -> dict[str, Value]:
        """Flows, levels and debt service."""
        recent = [line for line in self.external if self.in_days(line.happened, 90)]
        money_in = sum(line.amount for line in recent if line.amount > 0)
        money_out = -sum(line.amount for line in recent if line.amount < 0)
        year = [line for line in self.external if self.in_year(line.happened)]
        service = -sum(line.amount for line in year if line.category in DEBT)
        surplus = sum(line.amount for line in year if line.category not in FINANCING)
        enough = (has_days(self.first_line, self.at, 90), HISTORY)
        confirmed = (all(level.state in ("verified", "unused") for level in self.levels), LEVEL)
        ends = self._ends_of_days()
        return {
            "liquidity_inflow_outflow_ratio_90d": first_cause([enough], lambda: ratio(money_in, money_out)),
            "liquidity_minimum_balance_months_90d": first_cause(
                [enough, confirmed], lambda: _times(ratio(min(ends), money_out), 3)
            ),
            "liquidity_overdraft_days_90d": first_cause(
                [enough, confirmed], lambda: Fraction(sum(end < 0 for end in ends))
            ),
            "liquidity_debt_service_cover_12m": first_cause([self.banked_for(12)], lambda: ratio(surplus, service)),
            "liquidity_operating_surplus_12m_cents": first_cause([self.banked_for(12)], lambda: Fraction(surplus)),
            "liquidity_debt_service_12m_cents": first_cause([self.banked_for(12)], lambda: Fraction(service)),
        }

    def _ends_of_days(self) -> list[int]:
        moved: dict[date, int] = defaultdict(int)
        for line in self.lines:
            moved[line.happened] += line.amount
        end = sum(level.cents for level in self.levels) + sum(moved.values())
        ends = []
        for back in range(90):
            day = self.at - timedelta(days=back)
            ends.append(end)
            end -= moved[day]
        return ends

    def trust(self) -> dict[str, Value]:
        """Trust in the books."""
        receipts: list[tuple[Seen, Closing]] = [
            (sale, closing)
            for sale in self.sales
            for closing in sale.closings
            if self.since_year(counted_on(sale, closing)) and closing.means not in NO_RECEIPTS
        ]
        of_year = self._receipts_of_year()
        cash, proven_cash, from_tills = self._cash_of_year(of_year)
        received = sum(closing.amount for _, closing in receipts)
        own = {
            line.id for line in self.lines if line.is_transfer and not line.is_register and line.category not in IN_CASH
        }
        without = sum(
            closing.amount
            for _, closing in receipts
            if closing.means in ("manual", "stated", "clearing") or closing.transaction in own
        )
        without = min(received, max(0, without) + max(0, cash - proven_cash))
        on_accounts = sum(line.amount for line in self._from_customers())
        from_customers = on_accounts + from_tills
        accounts = [line for line in self.lines if not line.is_register and self.in_year(line.happened)]
        year = [sale for sale in self.sales if self.in_year(sale.one.issued)]
        billed = sum(sale.one.gross for sale in year)
        invoices = [sale for sale in year if sale.one.kind == "invoice"]
        return {
            "trust_history_months": Fraction(self._active_months()),
            "trust_paid_without_inflow_share_12m": first_cause(
                [(sum(closing.amount > 0 for _, closing in receipts) >= 5, DOCUMENTS)],
                lambda: ratio(without, received),
            ),
            "trust_bank_feed_share_12m": first_cause(
                [(not self.is_reconstructed, EARLIER)],
                lambda: ratio(
                    sum(abs(line.amount) for line in accounts if line.is_fed),
                    sum(abs(line.amount) for line in accounts),
                ),
            ),
            "trust_assumed_due_share_12m": ratio(sum(sale.one.is_due_assumed for sale in invoices), len(invoices)),
            "trust_sales_inflow_ratio_12m": first_cause([self.banked_for(12)], lambda: ratio(billed, from_customers)),
            "trust_sales_burst_score_30d": first_cause([self.sold_for(7)], self._burst),
            "trust_burst_in_season_score_30d": first_cause([self.sold_for(7)], self._burst_in_season),
            "trust_backdated_share_12m": ratio(
                sum(abs(sale.one.gross) for sale in year if not sale.is_credible),
                sum(abs(sale.one.gross) for sale in year),
            ),
            "trust_shared_payer_share_12m": self._shared_payers(of_year),
            "trust_round_trip_share_12m": Fraction(0) if on_accounts <= 0 else ratio(self._goes_round(), on_accounts),
        }

    def _receipts_of_year(self) -> list[tuple[Seen, Closing]]:
        return [
            (sale, closing)
            for sale in self.sales
            for closing in sale.closings
            if self.in_year(counted_on(sale, closing)) and closing.means not in NO_RECEIPTS
        ]

    def _from_customers(self) -> list[Line]:
        """Money that customers paid into accounts in twelve full months."""
        return [
            line
            for line in self.external
            if line.amount > 0 and line.category not in NOT_FROM_CUSTOMERS and self.in_year(line.happened)
        ]

    def _cash_of_year(self, receipts: Sequence[tuple[Seen, Closing]]) -> tuple[int, int, int]:
        """Cash in tills, what of it is proven, and what of all cash counts as received."""
        cash = sum(closing.amount for _, closing in receipts if closing.means == "register")
        deposits = sum(
            line.amount
            for line in self.external
            if line.amount > 0 and line.category == "cash_deposit" and self.in_year(line.happened)
        )
        withdrawals = -sum(
            line.amount
            for line in self.external
            if line.amount < 0 and line.category == "cash_withdrawal" and self.in_year(line.happened)
        )
        spent = sum(
            closing.amount
            for bill in self.bills
            for closing in bill.closings
            if closing.means == "register" and self.in_year(closing.happened)
        )
        proven_cash = max(0, min(cash, deposits + spent - withdrawals))
        return cash, proven_cash, proven_cash if cash > 0 else max(0, deposits - withdrawals)

    def _active_months(self) -> int:
        sums: dict[int, int] = defaultdict(int)
        for one in (*self.sales, *self.bills):
            if one.is_credible:
                sums[month_of(one.one.issued)] += abs(one.one.gross)
        for line in self.lines:
            if line.id in self.proven:
                sums[month_of(line.happened)] += abs(line.amount)
        window = range(self.last - MONTHS_LOOKED_BACK + 1, self.last + 1)
        return sum(sums[month] >= ACTIVE_MONTH_CENTS for month in window)

    def _burst(self, least: int | None = None) -> Value:
        periods = [0] * 7
        for sale in self.sales:
            number = (self.at - sale.one.issued).days // 30
            if number < len(periods):
                periods[number] += sale.one.net
        typical = median(periods[1:])
        spread = Fraction("1.4826") * median([abs(one - typical) for one in periods[1:]])
        usual = typical if least is None else max(typical, least)
        return ratio(periods[0] - usual, max(spread, typical / 10))

    def _burst_in_season(self) -> Value:
        days = [self.at - timedelta(days=back) for back in range(365, 395)]
        a_year_ago = sum(sale.one.net for sale in self.sales if sale.one.issued in days)
        return self._burst(a_year_ago if has_months(self.first_sale, self.at, 13) else None)

    def _shared_payers(self, receipts: Sequence[tuple[Seen, Closing]]) -> Value:
        paid: dict[str, int] = defaultdict(int)
        customers: dict[str, set[str]] = defaultdict(set)
        for sale, closing in receipts:
            line = self.line_of.get(closing.transaction or "")
            if (
                closing.means not in ("bank", "provider")
                or line is None
                or line.other_account is None
                or line.category in COLLECTIVE
            ):
                continue
            paid[line.other_account] += closing.amount
            if sale.one.party is not None:
                customers[line.other_account].add(sale.one.party)
        shared = sum(max(0, amount) for account, amount in paid.items() if len(customers[account]) > 1)
        measured = sum(max(0, amount) for amount in paid.values())
        return ratio(shared, measured) if measured else Fraction(0)

    def _goes_round(self) -> int:
        money_in: dict[str, int] = defaultdict(int)
        money_out: dict[str, int] = defaultdict(int)
        for line in self.external:
            if line.other_account is None or not self.in_year(line.happened):
                continue
            if line.amount > 0 and line.category not in COLLECTIVE and line.category not in NOT_FROM_CUSTOMERS:
                money_in[line.other_account] += line.amount
            elif line.amount < 0:
                money_out[line.other_account] -= line.amount
        return sum(min(amount, money_out[account]) for account, amount in money_in.items())


def _times(value: Value, factor: int) -> Value:
    return value if isinstance(value, str) else value * factor


def _at_most_one(value: Value) -> Value:
    return value if isinstance(value, str) else min(value, Fraction(1))


def features_at(facts: Facts, at: date, *, is_reconstructed: bool = False) -> Mapping[str, Value]:
    """All features of catalogue 2 on a day."""
    return Catalogue2(facts, at, is_reconstructed=is_reconstructed).values()
