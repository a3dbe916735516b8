"""Features of catalogue 2 on sales, customers and bills that have no predecessor, as docs/features.md defines them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction

from oracle.calendar_days import days_in, full_months, median, month_end, month_of
from oracle.catalogue_2 import LOSSES, NO_RECEIPTS, Catalogue2, Seen
from oracle.facts import Closing, Facts
from oracle.values import DOCUMENTS, HISTORY, UNDEFINED, Value, first_cause, has_months, ratio


class MoreOfDocuments(Catalogue2):
    """The documents of one day, and what catalogue 2 says of them beside."""

    def values(self) -> Mapping[str, Value]:
        """All features by name."""
        parts = (
            *(self.collection(), self.ageing(), self.more_of_customers()),
            *(self.more_of_revenue(), self.more_of_payables()),
        )
        return {f"{name}_v2": value for part in parts for name, value in part.items()}

    @property
    def quarter(self) -> range:
        """The last three full months."""
        return range(self.last - 2, self.last + 1)

    @property
    def before_quarter(self) -> range:
        """The nine full months before these."""
        return range(self.last - 11, self.last - 2)

    def due_in_year(self) -> list[Seen]:
        """Sales that fell due in the twelve full months and whose delay is known."""
        return [sale for sale in self.sales if sale.one.gross > 0 and self.in_year(sale.one.due) and sale.is_day_known]

    def collection(self) -> dict[str, Value]:
        """Speed of receivables."""
        delays = sorted(sale.typical_delay for sale in self.due_in_year())
        total = sum(sale.open for sale in self.sales)
        overdue = sum(sale.late(1) for sale in self.sales if sale.open > 0)
        billed, length = self.gross_sales(self.quarter), days_in(self.quarter)
        return {
            "receivables_true_dso_days": first_cause([self.sold_for(6)], self._true_dso),
            "receivables_best_dso_days_3m": first_cause(
                [self.sold_for(3)], lambda: ratio((total - overdue) * length, billed)
            ),
            "receivables_delinquent_days_3m": first_cause([self.sold_for(3)], lambda: ratio(overdue * length, billed)),
            "receivables_collected_share_90d": first_cause([self.sold_for(3)], lambda: self._collected(overdue)),
            "receivables_median_delay_days_12m": first_cause(
                [(len(delays) >= 10, DOCUMENTS)], lambda: median([Fraction(delay) for delay in delays])
            ),
            "receivables_late_delay_days_12m": first_cause(
                [(len(delays) >= 20, DOCUMENTS)], lambda: Fraction(_nine_in_ten(delays))
            ),
            "receivables_dso_change_days_6m": first_cause([self.sold_for(12)], lambda: self._dso_change(total)),
            **self._terms(),
        }

    def _true_dso(self) -> Value:
        billed: dict[int, int] = defaultdict(int)
        for sale in self.sales:
            billed[month_of(sale.one.issued)] += max(0, sale.one.gross)
        mean = Fraction(sum(billed[month] for month in self.year), 12)
        days = Fraction(0)
        for sale in self.sales:
            if sale.open <= 0:
                continue
            month = month_of(sale.one.issued)
            against = Fraction(billed[month]) if month >= self.year[0] else mean
            if against <= 0:
                return UNDEFINED
            days += (self.at - sale.one.issued).days * sale.open / against
        return days

    def _collected(self, overdue: int) -> Value:
        own = {line.id for line in self.lines if line.is_transfer and not line.is_register}
        own -= {line.id for line in self.lines if line.category in ("cash_deposit", "cash_withdrawal")}
        collected, lost = 0, 0
        for sale in self.sales:
            if sale.one.gross <= 0:
                continue
            for closing in sale.closings:
                if not self.in_days(_day(sale, closing), 90):
                    continue
                if closing.means in LOSSES:
                    lost += closing.amount
                elif closing.means not in NO_RECEIPTS and closing.transaction not in own:
                    collected += closing.amount
        collected, lost = max(0, collected), max(0, lost)
        return ratio(collected, collected + lost + overdue)

    def _dso_change(self, total: int) -> Value:
        end = month_end(self.last - 6)
        before = 0
        for sale in self.sales:
            if sale.one.gross > 0 and sale.one.issued <= end and sale.is_day_known:
                left = sale.one.gross - sum(amount for day, amount in sale.events if day <= end)
                before += left if left > sale.tolerance else 0
        months = range(self.last - 6, self.last - 18, -1)
        now = self._count_back(total)
        assert not isinstance(now, str)
        return Fraction(now) - self._walk(before, months)

    def _walk(self, amount: int, months: Iterable[int]) -> Fraction:
        """Days of full months whose sales add up to an amount."""
        left, days = Fraction(amount), Fraction(0)
        for month in months:
            if left <= 0:
                break
            sold = max(0, self.gross_sales([month]))
            part = min(Fraction(1), left / sold) if sold else Fraction(1)
            days += part * days_in([month])
            left -= sold
        return days

    def _terms(self) -> dict[str, Value]:
        stated = [
            sale
            for sale in self.sales
            if sale.one.kind == "invoice" and not sale.one.is_due_assumed and sale.one.gross > 0
        ]
        year, recent, before = (
            [sale for sale in stated if month_of(sale.one.issued) in months]
            for months in (self.year, self.quarter, self.before_quarter)
        )
        return {
            "receivables_term_days_12m": first_cause([(len(year) >= 10, DOCUMENTS)], lambda: Fraction(_term(year))),
            "receivables_term_change_days_12m": first_cause(
                [self.sold_for(12), (min(len(recent), len(before)) >= 5, DOCUMENTS)],
                lambda: _term(recent) - _term(before),
            ),
        }

    def ageing(self) -> dict[str, Value]:
        """Quality of receivables."""
        still_open = [sale for sale in self.sales if sale.open > 0]
        total = sum(sale.open for sale in still_open)

        def overdue(first: int, last: int | None = None) -> int:
            late = sum(sale.late(first) for sale in still_open)
            return late if last is None else late - sum(sale.late(last + 1) for sale in still_open)

        def share(cents: int) -> Value:
            return first_cause([(len(still_open) >= 5, DOCUMENTS)], lambda: ratio(cents, total))

        billed = self.gross_sales(self.year)
        return {
            "receivables_overdue_1_30d_share": share(overdue(1, 30)),
            "receivables_overdue_31_60d_share": share(overdue(31, 60)),
            "receivables_overdue_61_90d_share": share(overdue(61, 90)),
            "receivables_over_90d_share": share(overdue(91)),
            "receivables_roll_share_30d": self._rolled(),
            "receivables_over_180d_share_12m": first_cause(
                [self.sold_for(12)], lambda: ratio(min(overdue(181), billed), billed)
            ),
            "receivables_correction_days_12m": self._corrections(),
            **self._reminders(),
            "receivables_paid_early_share_12m": self._paid_early(),
            "receivables_part_paid_share_12m": self._part_paid(),
            "receivables_cross_aged_share": self._cross_aged(total),
        }

    def _rolled(self) -> Value:
        count, late, rolled = 0, 0, 0
        then = self.at - timedelta(days=30)
        for sale in self.sales:
            was_due = 1 <= (then - sale.one.due).days <= 30
            was_paid = sale.paid_on is not None and sale.paid_on <= then
            if sale.one.gross <= 0 or not sale.is_day_known or not was_due or was_paid:
                continue
            count, late = count + 1, late + sale.one.gross
            if sale.paid_on is None or sale.lost > sale.tolerance:
                rolled += sale.one.gross
        return first_cause([self.sold_for(6), (count >= 3, DOCUMENTS)], lambda: ratio(rolled, late))

    def _corrections(self) -> Value:
        invoices = {sale.one.id: sale for sale in self.sales if sale.one.kind == "invoice"}
        waits = [
            Fraction((note.one.issued - invoices[note.one.invoice].one.issued).days)
            for note in self.notes
            if self.in_year(note.one.issued) and note.one.invoice in invoices
        ]
        return first_cause([(len(waits) >= 5, DOCUMENTS)], lambda: median(waits))

    def _reminders(self) -> dict[str, Value]:
        invoices = [sale for sale in self.sales if sale.one.kind == "invoice" and self.in_year(sale.one.issued)]
        levels = []
        for sale in invoices:
            seen = [max(1, level) for day, level in sale.one.reminders if day <= self.at]
            levels += [max(seen)] if seen else []
        return {
            "receivables_dunned_firmly_share_12m": first_cause(
                [(len(invoices) >= 20, DOCUMENTS)], lambda: ratio(sum(level >= 2 for level in levels), len(invoices))
            ),
            "receivables_dunning_depth_12m": first_cause(
                [(len(levels) >= 5, DOCUMENTS)], lambda: ratio(sum(levels), len(levels))
            ),
        }

    def _paid_early(self) -> Value:
        offered, taken = 0, 0
        for sale in self.sales:
            one = sale.one
            if one.kind != "invoice" or one.gross <= 0 or not one.discount_days or not sale.is_day_known:
                continue
            until = one.issued + timedelta(days=one.discount_days)
            if not self.in_year(one.issued) or until > self.at:
                continue
            offered += 1
            taken += sale.paid_on is not None and sale.paid_on <= until and sale.lost <= sale.tolerance
        return first_cause([(offered >= 10, DOCUMENTS)], lambda: ratio(taken, offered))

    def _part_paid(self) -> Value:
        due = [sale for sale in self.sales if sale.one.gross > 0 and self.in_year(sale.one.due)]
        found = 0
        for sale in due:
            is_lost = sale.lost > sale.tolerance
            is_overdue = sale.open > 0 and sale.late(1) > 0
            found += (is_lost or is_overdue) and min(sale.reduced, sale.one.gross) > sale.lost
        return first_cause([(len(due) >= 20, DOCUMENTS)], lambda: ratio(found, len(due)))

    def debtors(self) -> dict[str, list[Seen]]:
        """What is open by customer; what names nobody is a customer of its own."""
        found: dict[str, list[Seen]] = defaultdict(list)
        for sale in self.sales:
            if sale.open > 0:
                found[sale.one.party or f"document {sale.one.kind} {sale.one.id}"].append(sale)
        return found

    def _cross_aged(self, total: int) -> Value:
        debtors = self.debtors().values()
        found = 0
        for sales in debtors:
            of_customer = sum(sale.open for sale in sales)
            found += of_customer if 2 * sum(sale.late(61) for sale in sales) > of_customer else 0
        return first_cause([(len(debtors) >= 5, DOCUMENTS)], lambda: ratio(found, total))

    def more_of_customers(self) -> dict[str, Value]:
        """Concentration, and who came, stays and pays how late."""
        named: dict[str, int] = defaultdict(int)
        alone = []
        for sale in self.sales:
            if self.in_year(sale.one.issued):
                if sale.one.party is None:
                    alone.append(sale.one.net)
                else:
                    named[sale.one.party] += sale.one.net
        total = self.net_sales(self.year)
        ordered = sorted((max(0, net) for net in named.values()), reverse=True)
        positive = [net for net in (*named.values(), *alone) if net > 0]
        squares, square = sum(net * net for net in positive), sum(positive) ** 2
        old_enough = self.sold_for(6)
        debtors = self.debtors()
        owed = sorted((sum(sale.open for sale in sales) for sales in debtors.values()), reverse=True)
        open_count = sum(len(sales) for sales in debtors.values())
        return {
            "customers_top3_share_12m": first_cause([old_enough], lambda: _part(sum(ordered[:3]), total)),
            "customers_top5_share_12m": first_cause([old_enough], lambda: _part(sum(ordered[:5]), total)),
            "customers_hhi_12m": first_cause([old_enough], lambda: ratio(squares, square)),
            "customers_effective_12m": first_cause([old_enough], lambda: ratio(square, squares)),
            "customers_top1_open_share": first_cause(
                [(open_count >= 5, DOCUMENTS)], lambda: ratio(max(owed, default=0), sum(owed))
            ),
            **self._clientele(),
            "customers_debtor_delay_days_12m": first_cause(
                [old_enough, (open_count >= 5, DOCUMENTS)], self._debtor_delay
            ),
            "customers_top1_slower_days_12m": first_cause([self.sold_for(12)], lambda: self._slower(named)),
        }

    def _clientele(self) -> dict[str, Value]:
        half = range(self.last - 5, self.last + 1)
        sold_in: dict[str, set[int]] = defaultdict(set)
        seen_in: dict[str, set[int]] = defaultdict(set)
        net_3m: dict[str, int] = defaultdict(int)
        net_6m: dict[str, int] = defaultdict(int)
        for sale in self.sales:
            party, month = sale.one.party, month_of(sale.one.issued)
            if party is None:
                continue
            seen_in[party].add(month)
            if sale.one.net > 0:
                sold_in[party].add(month)
            net_3m[party] += sale.one.net if month in self.quarter else 0
            net_6m[party] += sale.one.net if month in half else 0
        active = [party for party, months in sold_in.items() if months & set(self.quarter)]
        new = [party for party in active if not seen_in[party] & set(self.before_quarter)]
        regular = [party for party, months in sold_in.items() if len(months & set(half)) >= 4]
        return {
            "customers_active_count_3m": first_cause([self.sold_for(3)], lambda: Fraction(len(active))),
            "customers_new_share_3m": first_cause(
                [self.sold_for(12)],
                lambda: _part(sum(max(0, net_3m[party]) for party in new), self.net_sales(self.quarter)),
            ),
            "customers_regular_share_6m": first_cause(
                [self.sold_for(6)],
                lambda: _part(sum(max(0, net_6m[party]) for party in regular), self.net_sales(half)),
            ),
        }

    def _delays_of(self, party: str, months: Iterable[int]) -> list[Fraction]:
        wanted = set(months)
        return [
            Fraction(sale.typical_delay)
            for sale in self.due_in_year()
            if sale.one.party == party and month_of(sale.one.due) in wanted
        ]

    def _debtor_delay(self) -> Value:
        weighted, owed = Fraction(0), 0
        for party, sales in self.debtors().items():
            delays = self._delays_of(party, self.year)
            if delays:
                of_customer = sum(sale.open for sale in sales)
                weighted, owed = weighted + of_customer * median(delays), owed + of_customer
        return ratio(weighted, owed)

    def _slower(self, net: Mapping[str, int]) -> Value:
        largest = max(net.values(), default=0)
        found = []
        for party, amount in net.items():
            recent, before = self._delays_of(party, self.quarter), self._delays_of(party, self.before_quarter)
            if amount == largest > 0 and min(len(recent), len(before)) >= 3:
                found.append(median(recent) - median(before))
        return max(found) if found else DOCUMENTS

    def more_of_revenue(self) -> dict[str, Value]:
        """Growth, season, falls and invoice amounts."""
        before = range(self.last - 23, self.last - 11)
        total, total_before = self.net_sales(self.year), self.net_sales(before)
        recent = sum(sale.one.net for sale in self.sales if self.in_days(sale.one.issued, 90))
        year_ago = sum(sale.one.net for sale in self.sales if self.in_days(sale.one.issued + timedelta(days=365), 90))
        known = 0 if self.first_sale is None else full_months(self.first_sale, self.at)
        months = [month for month in self.year if month > self.last - known]
        return {
            "revenue_growth_12m": first_cause([self.sold_for(24)], lambda: ratio(total - total_before, total_before)),
            "revenue_change_90d": first_cause([self.sold_for(15)], lambda: ratio(recent - year_ago, year_ago)),
            "revenue_seasonality_24m": first_cause([self.sold_for(24)], self._season),
            "revenue_zero_months_12m": first_cause(
                [self.sold_for(6)], lambda: Fraction(sum(self.net_sales([month]) < 10_00 for month in months))
            ),
            "revenue_drawdown_share_12m": first_cause([self.sold_for(12)], self._deepest_fall),
            **self._tickets(),
        }

    def _season(self) -> Value:
        deviations = []
        for first in (self.last - 11, self.last - 23):
            year = [Fraction(self.net_sales([month])) for month in range(first, first + 12)]
            deviations.append([value - sum(year) / 12 for value in year])
        variance, rest = Fraction(0), Fraction(0)
        for one, other in zip(*deviations, strict=True):
            seasonal = (one + other) / 2
            variance += (one**2 + other**2) / 24
            rest += ((one - seasonal) ** 2 + (other - seasonal) ** 2) / 12
        explained = ratio(variance - rest, variance)
        return explained if isinstance(explained, str) else max(Fraction(0), Fraction(explained))

    def _deepest_fall(self) -> Value:
        sums = [self.net_sales(range(first, first + 3)) for first in range(self.last - 11, self.last - 1)]
        falls = []
        for number, amount in enumerate(sums):
            peak = max(sums[: number + 1])
            if peak > 0:
                falls.append(Fraction(peak - max(0, amount), peak))
        return max(falls) if falls else UNDEFINED

    def _tickets(self) -> dict[str, Value]:
        year, recent, before = (
            [
                sale.one.net
                for sale in self.sales
                if sale.one.kind == "invoice" and sale.one.net > 0 and month_of(sale.one.issued) in months
            ]
            for months in (self.year, self.quarter, self.before_quarter)
        )
        return {
            "revenue_ticket_12m_cents": first_cause([(len(year) >= 20, DOCUMENTS)], lambda: Fraction(_higher(year))),
            "revenue_ticket_change_12m": first_cause(
                [self.sold_for(12), (min(len(recent), len(before)) >= 5, DOCUMENTS)],
                lambda: Fraction(_higher(recent), _higher(before)) - 1,
            ),
        }

    def more_of_payables(self) -> dict[str, Value]:
        """What is owed to suppliers, how late it is paid, and to how many."""
        first = min((bill.one.issued for bill in self.bills if bill.is_credible), default=None)

        def billed_for(months: int) -> tuple[bool, str]:
            return has_months(first, self.at, months), HISTORY

        length = days_in(self.quarter)
        owed = sum(bill.open for bill in self.bills)
        purchased = sum(bill.one.gross for bill in self.bills if month_of(bill.one.issued) in self.quarter)
        claimed, billed = sum(sale.open for sale in self.sales), self.gross_sales(self.quarter)
        by_supplier: dict[str, int] = defaultdict(int)
        alone = []
        for bill in self.bills:
            if self.in_year(bill.one.issued):
                if bill.one.party is None:
                    alone.append(bill.one.net)
                else:
                    by_supplier[bill.one.party] += bill.one.net
        positive = [net for net in (*by_supplier.values(), *alone) if net > 0]
        fees = [
            -line.amount
            for line in self.lines
            if line.category == "reminder_fee" and line.amount < 0 and self.since_year(line.happened)
        ]
        return {
            "payables_dpo_days_3m": first_cause([billed_for(3)], lambda: ratio(owed * length, purchased)),
            "payables_delay_change_days_12m": self._own_delay_change(billed_for(12)),
            "payables_top1_share_12m": first_cause(
                [billed_for(6)], lambda: ratio(max([0, *by_supplier.values()]), sum(positive))
            ),
            "payables_hhi_12m": first_cause(
                [billed_for(6)], lambda: ratio(sum(net * net for net in positive), sum(positive) ** 2)
            ),
            "payables_reminder_fee_12m_cents": Fraction(sum(fees))
            if fees
            else first_cause([self.banked_for(6)], lambda: Fraction(0)),
            "payables_cash_gap_days_3m": first_cause(
                [self.sold_for(6), billed_for(6)],
                lambda: (
                    UNDEFINED
                    if billed <= 0 or purchased <= 0
                    else Fraction(claimed * length, billed) - Fraction(owed * length, purchased)
                ),
            ),
        }

    def _own_delay_change(self, old_enough: tuple[bool, str]) -> Value:
        recent, before = (
            [
                bill
                for bill in self.bills
                if bill.one.gross > 0
                and not bill.one.is_due_assumed
                and month_of(bill.one.due) in months
                and bill.is_day_known
                and bill.lost <= bill.tolerance
            ]
            for months in (self.quarter, self.before_quarter)
        )

        def mean(bills: Sequence[Seen]) -> Fraction:
            return Fraction(sum(bill.one.gross * bill.delay for bill in bills), sum(bill.one.gross for bill in bills))

        return first_cause(
            [old_enough, (min(len(recent), len(before)) >= 5, DOCUMENTS)], lambda: mean(recent) - mean(before)
        )


def _part(amount: int, total: int) -> Value:
    """A share, at most 1."""
    return ratio(min(amount, total), total)


def _day(sale: Seen, closing: Closing) -> date:
    """The day on which a closing counts: that of the sale where its own is not known."""
    return closing.happened if closing.is_day_known else min(closing.happened, sale.one.issued)


def _higher(values: Sequence[int]) -> int:
    """The median, of an even number the higher one."""
    return min(value for value in values if 2 * sum(other <= value for other in values) > len(values))


def _nine_in_ten(ordered: Sequence[int]) -> int:
    """The smallest value that at least nine in ten are not above."""
    return next(value for value in ordered if 10 * sum(other <= value for other in ordered) >= 9 * len(ordered))


def _term(invoices: Sequence[Seen]) -> Fraction:
    """Days from issue to due, weighted by gross amount."""
    weighted = sum(one.one.gross * (one.one.due - one.one.issued).days for one in invoices)
    return Fraction(weighted, sum(one.one.gross for one in invoices))


def features_at(facts: Facts, at: date, *, is_reconstructed: bool = False) -> Mapping[str, Value]:
    """These features on a day."""
    return MoreOfDocuments(facts, at, is_reconstructed=is_reconstructed).values()
