"""Features of catalogue 2 at one day, as docs/features.md defines them: value added tax, and items of positions."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

from oracle.calendar_days import month_of
from oracle.catalogue_2 import NO_RECEIPTS, Catalogue2, Seen
from oracle.facts import Facts
from oracle.values import DOCUMENTS, HISTORY, UNDEFINED, Value, first_cause

OTHER_STATES, SMALL = ("18", "19", "20"), ("11", "ss")
NOT_DEDUCTED = ("10", "13", "ss")
SILENT = timedelta(days=45)
FIRST_MONTH = month_of(date(2000, 1, 1))
EVERY_DELAY, MONTHLY_DELAYS = (1, 2, 3, 4), (1, 2)


class TaxAndItems(Catalogue2):
    """Everything that these features of one day are about."""

    def charged(self, one: Seen) -> int:
        """The tax on a sale or a credit note that is owed to the tax office."""
        return 0 if one.one.tax in OTHER_STATES + SMALL else one.one.gross - one.one.net

    def surplus(self, issued: dict[int, int], deducted: dict[int, int], months: int) -> int:
        """What was deductible beyond what was due, in periods of so many months."""
        periods: dict[int, int] = defaultdict(int)
        for month in range(self.last - 15, self.last + 1):
            periods[(month - FIRST_MONTH) // months] += deducted[month] - issued[month]
        return sum(max(0, cents) for cents in periods.values())

    def vat(self) -> dict[str, Value]:
        """Value added tax."""
        issued: dict[int, int] = defaultdict(int)
        received: dict[int, int] = defaultdict(int)
        deducted: dict[int, int] = defaultdict(int)
        for sale in self.sales:
            issued[month_of(sale.one.issued)] += self.charged(sale)
            for closing in sale.closings:
                if closing.means not in NO_RECEIPTS and sale.one.gross:
                    part = closing.amount * self.charged(sale) // sale.one.gross
                    received[month_of(closing.happened)] += part
        for note in self.notes:
            issued[month_of(note.one.issued)] -= self.charged(note)
            received[month_of(note.one.issued)] -= self.charged(note)
        for bill in self.bills:
            if bill.one.tax not in NOT_DEDUCTED:
                deducted[month_of(bill.one.issued)] += bill.one.gross - bill.one.net
        paid: dict[int, int] = defaultdict(int)
        refunded = 0
        for line in self.external:
            if line.id in self.proven and line.amount < 0 and line.category in ("vat", "other_tax"):
                paid[month_of(line.happened)] -= line.amount
            elif line.category == "tax_refund" and line.amount > 0 and self.in_year(line.happened):
                refunded += line.amount
        is_monthly = sum(paid[month] > 0 for month in self.year) >= 8
        surplus = self.surplus(issued, deducted, 1 if is_monthly else 3)
        settled = max(0, sum(paid[month] for month in self.year) - min(refunded, surplus))
        due = max(
            0,
            min(
                sum(basis[month - delay] - deducted[month - delay] for month in self.year)
                for basis in (issued, received)
                for delay in (MONTHLY_DELAYS if is_monthly else EVERY_DELAY)
            ),
        )
        short = max(0, due - settled)
        last = max((line.happened for line in self.lines if line.id in self.proven), default=None)
        enough = [
            self.banked_for(12),
            (last is not None and self.at - last <= SILENT, HISTORY),
            self.sold_for(16),
            (any(cents > 0 for cents in paid.values()), DOCUMENTS),
        ]
        return {
            "trust_vat_shortfall_12m_cents": first_cause(enough, lambda: Fraction(short)),
            "trust_vat_shortfall_share_12m": first_cause(
                enough, lambda: Fraction(short, due) if due > 0 else Fraction(0)
            ),
        }

    def items(self) -> dict[str, Value]:
        """Items that the same customer is invoiced again and again."""
        half = range(self.last - 5, self.last + 1)
        net: dict[tuple[str, str], int] = defaultdict(int)
        months: dict[tuple[str, str], set[int]] = defaultdict(set)
        for sale in self.sales:
            month = month_of(sale.one.issued)
            if sale.one.party is None or month not in half:
                continue
            for item, cents, recorded in sale.one.items:
                if recorded <= self.at:
                    net[sale.one.party, item] += cents
                    months[sale.one.party, item] |= {month} if cents > 0 else set()
        again = max(0, sum(net[key] for key, seen in months.items() if len(seen) >= 4))
        all_net = self.net_sales(half)
        return {
            "customers_regular_item_share_6m": first_cause(
                [self.sold_for(6)], lambda: UNDEFINED if all_net <= 0 else Fraction(min(again, all_net), all_net)
            ),
        }


def features_at(facts: Facts, at: date, *, is_reconstructed: bool = False) -> Mapping[str, Value]:
    """These features on a day."""
    found = TaxAndItems(facts, at, is_reconstructed=is_reconstructed)
    return {f"{name}_v2": value for part in (found.vat(), found.items()) for name, value in part.items()}
