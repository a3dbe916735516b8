"""Features of catalogue 2 on marks of documents and lines, as docs/features.md defines them."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

from oracle.calendar_days import month_of, month_start
from oracle.catalogue_2 import IN_CASH, Catalogue2, Seen
from oracle.facts import Document, Facts
from oracle.values import DOCUMENTS, EARLIER, HISTORY, Value, first_cause, ratio

CREATED = 100
LARGEST_STEP = 50


class Marks(Catalogue2):
    """What is noted beside amounts, on one day."""

    def __init__(self, facts: Facts, at: date, *, is_reconstructed: bool) -> None:
        super().__init__(facts, at, is_reconstructed=is_reconstructed)
        self.cancellations = [happened for happened, seen in facts.cancellations if seen <= at]
        self.invoices = [sale for sale in self.sales if sale.one.kind == "invoice" and self.in_year(sale.one.issued)]
        self.with_void = [one for one in facts.sales if one.kind == "invoice" and self._is_there(one)]
        self.moved = [
            line for line in self.lines if not line.is_register and (not line.is_transfer or line.category in IN_CASH)
        ]

    def _is_there(self, one: Document) -> bool:
        return max(one.issued, one.recorded, one.sent or one.recorded) <= self.at and not self._is_copy(one)

    @property
    def today(self) -> tuple[bool, str]:
        """The condition that the books are read on the day itself."""
        return not self.is_reconstructed, EARLIER

    def values(self) -> Mapping[str, Value]:
        """All features by name."""
        count = len(self.invoices)
        edited = sum(self._is_edited(sale) for sale in self.invoices)
        wordless = sum(sale.one.mark.is_blank and not sale.one.mark.is_named for sale in self.invoices)
        found = {
            **self._unbooked(),
            "trust_locked_share_12m": first_cause(
                [(count >= 5, DOCUMENTS)], lambda: ratio(sum(map(self._is_locked, self.invoices)), count)
            ),
            "trust_edited_invoice_share_12m": first_cause(
                [self.today, (count >= 20, DOCUMENTS)], lambda: ratio(edited, count)
            ),
            "trust_number_gap_share_12m": self._gaps(),
            "trust_wordless_invoice_share_12m": first_cause([(count >= 20, DOCUMENTS)], lambda: ratio(wordless, count)),
            **self._of_bills(),
            "trust_closed_books_age_months": self._closed(),
            "customers_recurring_share_12m": self._recurring(),
        }
        return {f"{name}_v2": value for name, value in found.items()}

    def _is_locked(self, sale: Seen) -> bool:
        return sale.one.mark.locked is not None and sale.one.mark.locked <= self.at

    def _is_edited(self, sale: Seen) -> bool:
        edited = sale.one.mark.edited
        if edited is None or edited > self.at or any(closing.means == "stated" for closing in sale.closings):
            return False
        reasons = [closing.recorded for closing in sale.closings]
        reasons += [day for day in sale.one.reminded if day <= self.at]
        reasons += [note.one.recorded for note in self.notes if sale.names(note)]
        return all(edited > reason + timedelta(days=1) for reason in reasons)

    def _unbooked(self) -> dict[str, Value]:
        def share(young: bool, fewest: int) -> Value:  # noqa: FBT001  one of two
            lines = []
            for line in self.moved:
                age = (self.at - line.happened).days
                if 30 < age <= 90 if young else age > 90 and self.in_year(line.happened):
                    lines.append(line)
            left = sum(abs(line.amount) for line in lines if line.status == CREATED)
            total = sum(abs(line.amount) for line in lines)
            return first_cause([self.today, (len(lines) >= fewest, DOCUMENTS)], lambda: ratio(left, total))

        return {
            "trust_unbooked_share_31_90d": share(young=True, fewest=10),
            "trust_unbooked_share_12m": share(young=False, fewest=20),
        }

    def _gaps(self) -> Value:
        first = month_start(self.year[0])
        days: dict[tuple[str, int], list[tuple[int, date]]] = defaultdict(list)
        for one in self.with_void:
            mark = one.mark
            if mark.series is not None and mark.number is not None and one.issued >= first - timedelta(days=31):
                days[mark.series, mark.number].append((int(one.id), one.issued))
        missing = there = 0
        for (series, number), documents in days.items():
            if min(documents)[1] < first:
                continue
            there += 1
            before = [other for of, other in days if of == series and other < number]
            step = number - max(before) if before else 1
            missing += step - 1 if step <= LARGEST_STEP else 0
        missing = max(0, missing - sum(first <= day for day in self.cancellations))
        return first_cause([(there >= 20, DOCUMENTS)], lambda: ratio(missing, missing + there))

    def _of_bills(self) -> dict[str, Value]:
        bills = [bill.one for bill in self._every_bill() if self.in_year(bill.one.issued)]
        enough = len(bills) >= 10, DOCUMENTS
        blank = sum(bill.mark.is_blank for bill in bills)
        scanless = sum(abs(bill.gross) for bill in bills if not bill.mark.has_scan)
        total = sum(abs(bill.gross) for bill in bills)
        return {
            "trust_blank_bill_share_12m": first_cause([enough], lambda: ratio(blank, len(bills))),
            "trust_missing_scan_share_12m": first_cause([self.today, enough], lambda: ratio(scanless, total)),
        }

    def _every_bill(self) -> list[Seen]:
        return self.bills

    def _closed(self) -> Value:
        done: dict[int, list[bool]] = defaultdict(list)
        for line in self.moved:
            done[month_of(line.happened)].append(line.status != CREATED)
        for sale in self.sales:
            if sale.one.kind == "invoice":
                done[month_of(sale.one.issued)].append(self._is_locked(sale))
        closed = [month for month in self.year if done.get(month) and all(done[month])]
        known = sum(month in done for month in self.year)
        older = [month for month in done if month < self.year[0] and all(done[month])]
        age = min(12, self.last - max([*closed, *older, self.last - 12]))
        return first_cause([self.today, (known >= 3, HISTORY)], lambda: Fraction(age))

    def _recurring(self) -> Value:
        recurring = sum(sale.one.net for sale in self.invoices if sale.one.mark.is_recurring)
        total = self.net_sales(self.year)
        return first_cause([self.sold_for(6)], lambda: ratio(min(max(0, recurring), total), total))


def features_at(facts: Facts, at: date, *, is_reconstructed: bool = False) -> Mapping[str, Value]:
    """These features on a day."""
    return Marks(facts, at, is_reconstructed=is_reconstructed).values()
