"""Features of catalogue 2 that look behind what something is called, as docs/features.md defines them."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

from oracle.catalogue_2 import (
    COLLECTIVE,
    ELIGIBLE_DAYS,
    IN_CASH,
    LOSSES,
    NO_RECEIPTS,
    Catalogue2,
    Seen,
    counted_on,
)
from oracle.facts import Document, Facts
from oracle.values import HISTORY, Value, first_cause, has_months, ratio

MONEY = ("bank", "register", "provider")
LATE = timedelta(days=30)
EARLY = timedelta(days=14)
TWO_YEARS = 730
STRETCHED = 60


class Substance(Catalogue2):
    """Losses, debtors, payers and bills of one day, whatever they are called."""

    def __init__(self, facts: Facts, at: date, *, is_reconstructed: bool) -> None:
        super().__init__(facts, at, is_reconstructed=is_reconstructed)
        self.cancelled = [
            (one, min(day for day in one.cancelled if day <= at)) for one in facts.sales if self._is_off(one)
        ]
        self.copied_until = {one.id: one.duplicate_until for one in facts.sales if one.kind == "invoice"}

    def _is_off(self, one: Document) -> bool:
        visible = max(one.issued, one.recorded, one.sent or one.recorded)
        return visible <= self.at and not self._is_copy(one) and any(day <= self.at for day in one.cancelled)

    def values(self) -> Mapping[str, Value]:
        """All features by name."""
        found = {
            "receivables_given_up_share_12m": first_cause([self.sold_for(6)], self._given_up),
            "receivables_known_eligible_cents": Fraction(self._known()),
            "payables_stretched_months": first_cause([self._billed_for(6)], self._stretched),
            "customers_top1_or_payer_share_12m": first_cause([self.sold_for(6)], self._largest),
        }
        return {f"{name}_v2": value for name, value in found.items()}

    def _given_up(self) -> Value:
        lost = 0
        for sale in self.sales:
            for closing in sale.closings:
                if closing.means in LOSSES and sale.one.gross > 0 and self.since_year(counted_on(sale, closing)):
                    lost += closing.amount
        billed = self.gross_sales(self.year)
        return ratio(min(billed, max(0, lost) + self._voided() + self._waived()), billed)

    def _voided(self) -> int:
        """Of one customer and day the greatest loss first; each paid invoice makes good one of them."""
        taken_back: list[tuple[date, int, int, str | None]] = []
        for one, day in self.cancelled:
            if one.gross > 0 and _is_late(one, day):
                taken_back.append((day, -_unpaid(Seen(one, self.at)), one.gross, one.party))
        for sale in self.sales:
            day = max(sale.one.issued, sale.one.recorded, sale.one.sent or sale.one.recorded)
            if sale.one.gross < 0:
                owed = max(0, min(0, _money(sale)) - sale.one.gross - self._set_off_in_time(sale, day))
                taken_back.append((day, -owed, -sale.one.gross, sale.one.party))
        free = sorted(
            (sale for sale in self.sales if sale.one.gross > 0 and 2 * _money(sale) >= sale.one.gross),
            key=lambda sale: sale.one.issued,
        )
        total = 0
        for day, lost, gross, party in sorted(taken_back, key=lambda one: one[:3]):
            fitting = [sale for sale in free if party is not None and _replaces(sale.one, party, gross, day)]
            if lost == 0:
                continue
            if fitting:
                free.remove(min(fitting, key=lambda sale: (abs(sale.one.gross - gross), sale.one.gross)))
            elif self.since_year(day):
                total -= lost
        return total

    def _set_off_in_time(self, negative: Seen, day: date) -> int:
        total = 0
        for back in negative.closings:
            against = [
                sale.one
                for sale in self.sales
                if sale.one.gross > 0 and sale.one.party is not None and sale.one.party == negative.one.party
                for closing in sale.closings
                if back.means == closing.means == "set_off"
                and (closing.happened, closing.amount) == (back.happened, -back.amount)
            ]
            if against and day <= min(
                min(one.issued for one in against) + LATE,
                max(min(one.due for one in against), min(one.issued for one in against) + EARLY),
            ):
                total -= back.amount
        return total

    def _waived(self) -> int:
        total = 0
        for note in self.notes:
            until = self.copied_until.get(note.one.invoice or "") or note.one.recorded
            day = max(note.one.issued, note.one.recorded, until)
            left = max(0, note.one.gross - max(0, _money(note)))
            of_note = [sale for sale in self.sales if sale.names(note)]
            for sale in of_note:
                left = min(left, _unpaid(sale)) if _is_late(sale.one, day) else 0
            total += left if self.since_year(day) else 0
        return total

    def _known(self) -> int:
        own = {
            line.id for line in self.lines if line.is_transfer and not line.is_register and line.category not in IN_CASH
        }
        paid: dict[str, int] = defaultdict(int)
        owing: dict[str, list[Seen]] = defaultdict(list)
        for sale in self.sales:
            if sale.one.party is None:
                continue
            owing[sale.one.party].append(sale)
            for closing in sale.closings:
                is_entered = closing.means == "manual" and closing.transaction in self.proven
                is_money = closing.means in ("bank", "provider") or is_entered
                is_recent = (self.at - counted_on(sale, closing)).days < TWO_YEARS
                if is_money and is_recent and closing.transaction not in own and closing.means not in NO_RECEIPTS:
                    paid[sale.one.party] += closing.amount
        credit, unnamed = self._credits()
        known, lendable = 0, 0
        for party, sales in owing.items():
            if 2 * sum(sale.late(ELIGIBLE_DAYS + 1) for sale in sales) > sum(sale.open for sale in sales):
                continue
            credible = sum(
                sale.open - sale.retained
                for sale in sales
                if sale.is_credible and not sale.late(ELIGIBLE_DAYS + 1) and not sale.is_sold
            )
            lendable += max(0, credible - credit[party])
            known += max(0, min(credible - credit[party], paid[party]))
        return max(0, min(lendable, known + known // 4) - unnamed)

    def _billed_for(self, months: int) -> tuple[bool, str]:
        first = min((bill.one.issued for bill in self.bills if bill.is_credible), default=None)
        return has_months(first, self.at, months), HISTORY

    def _stretched(self) -> Value:
        purchased = sum(max(0, bill.one.gross) for bill in self.bills if self.in_year(bill.one.issued))
        old = sum(
            bill.open
            for bill in self.bills
            if bill.open > 0
            and not bill.late(1)
            and (self.at - min(bill.one.issued, bill.one.recorded)).days > STRETCHED
        )
        return ratio(12 * old, purchased)

    def _largest(self) -> Value:
        named: dict[str, int] = defaultdict(int)
        unnamed = 0
        for sale in self.sales:
            if self.in_year(sale.one.issued):
                if sale.one.party is None:
                    unnamed += max(0, sale.one.net)
                else:
                    named[sale.one.party] += sale.one.net
        total = self.net_sales(self.year)
        top = max([0, *named.values()])
        payer = self._payer_share()
        return ratio(min(max(top, min(top + unnamed, payer * total)), total), total)

    def _payer_share(self) -> Fraction:
        """Of the account that paid most, in all that came from customers."""
        paid: dict[str, int] = defaultdict(int)
        for line in self._from_customers():
            if line.other_account is not None and line.category not in COLLECTIVE:
                paid[line.other_account] += line.amount
        received = sum(line.amount for line in self._from_customers())
        received += self._cash_of_year(self._receipts_of_year())[2]
        share = ratio(max([0, *paid.values()]), received)
        return Fraction(0) if isinstance(share, str) else Fraction(share)


def _money(one: Seen) -> int:
    """What was paid on a document, or out on it."""
    return sum(closing.amount for closing in one.closings if closing.means in MONEY)


def _is_late(one: Document, day: date) -> bool:
    return day > min(one.issued + LATE, max(one.due, one.issued + EARLY))


def _replaces(sale: Document, party: str, gross: int, day: date) -> bool:
    return sale.party == party and abs(sale.issued - day) <= LATE and 10 * abs(sale.gross - gross) <= gross


def _unpaid(one: Seen) -> int:
    return max(0, one.one.gross - max(0, _money(one)))


def features_at(facts: Facts, at: date, *, is_reconstructed: bool = False) -> Mapping[str, Value]:
    """These features on a day."""
    return Substance(facts, at, is_reconstructed=is_reconstructed).values()
