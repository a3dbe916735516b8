"""More features of catalogue 2 at one day, as docs/features.md defines them: bank accounts and bookkeeping."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from math import log10, sqrt

from oracle.calendar_days import full_months, median, median_slope, month_of, month_start
from oracle.catalogue_2 import (
    COLLECTIVE,
    DEBT,
    FINANCING,
    IN_CASH,
    NO_RECEIPTS,
    NOT_FROM_CUSTOMERS,
    Catalogue2,
    counted_on,
)
from oracle.facts import Facts, Line
from oracle.values import DOCUMENTS, HISTORY, LEVEL, UNDEFINED, Value, first_cause, has_days, ratio

TAXES = ("vat", "payroll_tax", "income_tax", "trade_tax", "other_tax")
ONE_OFF = ("subsidy", "insurance_benefit")


class Cash(Catalogue2):
    """Everything that these features of one day are about."""

    def banked_days(self, days: int) -> tuple[bool, str]:
        """The condition that bank transactions cover so many days."""
        return has_days(self.first_line, self.at, days), HISTORY

    @property
    def confirmed(self) -> tuple[bool, str]:
        """The condition that the bank confirms every level."""
        return all(level.state in ("verified", "unused") for level in self.levels), LEVEL

    def ends_of_days(self, count: int) -> list[int]:
        """What all accounts together ended each day with, today first."""
        moved: dict[date, int] = defaultdict(int)
        for line in self.lines:
            moved[line.happened] += line.amount
        end = sum(level.cents for level in self.levels) + sum(moved.values())
        ends = []
        for back in range(count):
            ends.append(end)
            end -= moved[self.at - timedelta(days=back)]
        return ends

    @property
    def month_spent(self) -> Fraction:
        """A third of the money paid in 90 days."""
        paid = [line.amount for line in self.external if line.amount < 0 and self.in_days(line.happened, 90)]
        return -Fraction(sum(paid)) / 3

    @property
    def paid_for_work(self) -> list[Line]:
        """Wages and contributions that went out."""
        return [line for line in self.external if line.amount < 0 and line.category in ("wages", "social_security")]

    def is_income(self, line: Line) -> bool:
        """Whether an external line is money from customers, or cash paid in."""
        return line.amount > 0 and (line.category not in NOT_FROM_CUSTOMERS or line.category == "cash_deposit")

    def levels_over_days(self) -> dict[str, Value]:
        """Levels, compared with the spending of a month."""
        enough, long_enough = [self.banked_days(90), self.confirmed], [self.banked_days(180), self.confirmed]
        ends = self.ends_of_days(180)
        quarter, month = ends[:90], self.month_spent
        mean = Fraction(sum(quarter), 90)
        spread = sqrt(Fraction(sum((end - mean) ** 2 for end in quarter), 90))
        lows = [(-week, Fraction(min(ends[7 * week : 7 * week + 7]))) for week in range(25)]
        slope = median_slope(lows[::-1])
        half_year = [line for line in self.external if self.last - 5 <= month_of(line.happened) <= self.last]
        burn = -Fraction(
            sum(line.amount for line in half_year if line.category not in ("loan_proceeds", "owner_contribution")), 6
        )

        def runway() -> Value:
            if ends[0] <= 0:
                return Fraction(0)
            return Fraction(24) if burn <= 0 else min(Fraction(24), ends[0] / burn)

        return {
            "liquidity_mean_balance_months_90d": first_cause(enough, lambda: ratio(mean, month)),
            "liquidity_minimum_balance_months_30d": first_cause(enough, lambda: ratio(min(ends[:30]), month)),
            "liquidity_minimum_balance_months_180d": first_cause(long_enough, lambda: ratio(min(ends), month)),
            "liquidity_balance_volatility_days_90d": first_cause(
                enough, lambda: UNDEFINED if month <= 0 else spread / float(month / 30)
            ),
            "liquidity_low_balance_days_90d": first_cause(
                enough, lambda: Fraction(sum(end < 7 * month / 30 for end in quarter))
            ),
            "liquidity_balance_trend_180d": first_cause(long_enough, lambda: ratio(slope * Fraction(30, 7), month)),
            "liquidity_runway_months_6m": first_cause([self.banked_for(6), self.confirmed], runway),
        }

    def flows(self) -> dict[str, Value]:
        """Income, payers, debt service, drawings and new funders."""
        income = [line for line in self.external if self.is_income(line)]
        inflows: dict[tuple[date, str | None], int] = defaultdict(int)
        for line in income:
            if self.in_days(line.happened, 90):
                inflows[line.happened, line.other_account] += line.amount
        known = 0 if self.first_line is None else full_months(self.first_line, self.at)
        months = [month for month in self.year if month > self.last - known]
        by_month = [sum(line.amount for line in income if month_of(line.happened) == month) for month in months]
        typical = median(by_month) if by_month else Fraction(0)
        received: dict[str, int] = defaultdict(int)
        from_customers = [
            line
            for line in self.external
            if line.amount > 0 and line.category not in NOT_FROM_CUSTOMERS and self.in_year(line.happened)
        ]
        for line in from_customers:
            if line.other_account is not None and line.category not in COLLECTIVE:
                received[line.other_account] += line.amount
        half_year = range(self.last - 5, self.last + 1)
        service = sorted(
            -sum(line.amount for line in self.external if line.category in DEBT and month_of(line.happened) == month)
            for month in half_year
        )
        drawn = -sum(
            line.amount
            for line in self.external
            if line.category == "owner_drawing" and month_of(line.happened) in half_year
        )
        drawn_in_year = -sum(
            line.amount for line in self.external if line.category == "owner_drawing" and self.in_year(line.happened)
        )
        earned = sum(line.amount for line in income if month_of(line.happened) in half_year)
        lent: dict[str | None, list[date]] = defaultdict(list)
        for line in self.lines:
            is_own = line.is_register or (line.is_transfer and line.category not in IN_CASH)
            if line.category == "loan_proceeds" and line.amount > 0 and not is_own:
                lent[line.other_account].append(line.happened)
        funders = sum(self.in_days(min(days), 90) for days in lent.values())
        return {
            "liquidity_income_volatility_12m": first_cause(
                [self.banked_for(6)],
                lambda: ratio(median([abs(one - typical) for one in by_month]), typical),
            ),
            "liquidity_inflow_count_90d": first_cause(
                [self.banked_days(90)],
                lambda: Fraction(sum(amount >= 1000 for amount in inflows.values())),
            ),
            "liquidity_top_payer_share_12m": first_cause(
                [self.banked_days(90)],
                lambda: (
                    ratio(max(received.values()), sum(line.amount for line in from_customers))
                    if received
                    else UNDEFINED
                ),
            ),
            "liquidity_debt_service_month_6m_cents": first_cause(
                [self.banked_for(6)], lambda: Fraction(max(0, service[3]))
            ),
            "liquidity_smoothed_surplus_12m_cents": first_cause([self.banked_for(12)], lambda: self._smoothed(known)),
            "liquidity_lenient_surplus_12m_cents": first_cause([self.banked_for(12)], self._lenient),
            "liquidity_drawings_12m_cents": first_cause([self.banked_for(12)], lambda: Fraction(max(0, drawn_in_year))),
            "liquidity_drawings_share_6m": first_cause(
                [self.banked_for(6)], lambda: ratio(max(0, min(drawn, earned)), earned)
            ),
            "liquidity_new_funder_count_90d": Fraction(funders)
            if funders
            else first_cause([self.banked_days(90)], lambda: Fraction(0)),
        }

    def _smoothed(self, known: int) -> Value:
        ends = range(self.last, self.last - min(3, known - 11), -1)
        earned = moved = 0
        for last in ends:
            for line in self.external:
                if last - 11 <= month_of(line.happened) <= last and line.category not in FINANCING:
                    is_transfer, is_one_off = line.category == "transfer", line.category in ONE_OFF and line.amount > 0
                    moved += line.amount if is_transfer else 0
                    earned += 0 if is_transfer or is_one_off else line.amount
        return Fraction(earned + min(0, moved), len(ends))

    def _lenient(self) -> Value:
        of_year = [
            line
            for line in self.lines
            if self.in_year(line.happened)
            and line.category not in FINANCING
            and not line.is_register
            and (not line.is_transfer or line.category in IN_CASH)
        ]
        moved = sum(line.amount for line in of_year if line.category == "transfer")
        return Fraction(sum(line.amount for line in of_year if line.category != "transfer") + max(0, moved))

    def taxes_and_contributions(self) -> dict[str, Value]:
        """What lines of these categories show without due dates."""
        paid_to: dict[str, set[str]] = defaultdict(set)
        for line in self.lines:
            if line.amount < 0 and line.other_account is not None:
                paid_to["tax"] |= {line.other_account} if line.category in TAXES else set()
                paid_to["social"] |= {line.other_account} if line.category == "social_security" else set()
        trouble = [
            line.other_account
            for line in self.lines
            if self.since_year(line.happened)
            and (
                (line.category == "reminder_fee" and line.amount < 0)
                or (line.category == "returned_debit" and line.amount != 0)
            )
        ]
        counts = {kind: sum(account in accounts for account in trouble) for kind, accounts in paid_to.items()}
        paid_on = [line.happened for line in self.paid_for_work if line.category == "wages"]
        wages = {month_of(day) for day in paid_on}
        proven_on = [line.happened for line in self.lines if line.id in self.proven]
        contributed = {
            month_of(line.happened - timedelta(days=5))
            for line in self.paid_for_work
            if line.category == "social_security"
        }
        months = range(self.last - 12, self.last)
        gaps = [month for month in months if month in wages - contributed and month > min(contributed, default=month)]

        def count(kind: str) -> Value:
            found = counts.get(kind, 0)
            return Fraction(found) if found else first_cause([self.banked_for(6)], lambda: Fraction(0))

        return {
            "liquidity_tax_trouble_count_12m": count("tax"),
            "liquidity_social_security_trouble_count_12m": count("social"),
            "liquidity_social_security_gap_count_12m": first_cause(
                [(sum(month in contributed for month in months) >= 3, DOCUMENTS)], lambda: Fraction(len(gaps))
            ),
            "liquidity_wage_age_days": first_cause(
                [(sum(month in wages for month in months) >= 6, DOCUMENTS)],
                lambda: Fraction(max(0, (max(proven_on) - max(paid_on)).days)) if proven_on else UNDEFINED,
            ),
        }

    def payments(self) -> dict[str, Value]:
        """Payments of sales, against lines."""
        fed = [line.happened for line in self.lines if line.is_fed and not line.is_register]
        receipts = [
            (closing, counted_on(sale, closing))
            for sale in self.sales
            for closing in sale.closings
            if closing.means not in NO_RECEIPTS
        ]
        cashless = [closing for closing, day in receipts if closing.means != "register" and self.since_year(day)]
        paid = sum(closing.amount for closing in cashless)
        booked: dict[str | None, int] = defaultdict(int)
        banked: dict[str | None, int] = defaultdict(int)
        for closing, day in receipts:
            booked[closing.transaction] += closing.amount
            banked[closing.transaction] += closing.amount if closing.means == "bank" and self.since_year(day) else 0
        matched = sum(closing.amount for closing in cashless if closing.means == "provider")
        for line in self.external:
            low, high = min(0, line.amount), max(0, line.amount)
            if line.amount < 0 or self.is_income(line):
                matched += max(low, min(high, banked[line.id]))
        from_payers = [
            line
            for line in self.external
            if line.amount > 0
            and line.category not in (*NOT_FROM_CUSTOMERS, *COLLECTIVE)
            and self.in_year(line.happened)
        ]
        unexplained = sum(line.amount - max(0, min(line.amount, booked[line.id])) for line in from_payers)
        return {
            "trust_bank_line_age_days": Fraction((self.at - max(fed)).days) if fed else UNDEFINED,
            "trust_bank_match_share_12m": first_cause(
                [(sum(closing.amount > 0 for closing in cashless) >= 5, DOCUMENTS)],
                lambda: ratio(min(paid, max(0, matched)), paid),
            ),
            "trust_unexplained_inflow_share_12m": ratio(unexplained, sum(line.amount for line in from_payers)),
        }

    def documents(self) -> dict[str, Value]:
        """Signs in documents."""
        invoices = [sale.one for sale in self.sales if sale.one.kind == "invoice"]
        of_year = [one for one in invoices if self.in_year(one.issued)]
        whole = [one for one in of_year if one.gross > 0 and one.gross % 100 == 0]
        enough = (len(of_year) >= 20, DOCUMENTS)
        peak = max(self.year, key=lambda month: (self.gross_sales([month]), month))
        first = month_start(peak + 1)
        credited = sum(note.one.gross for note in self.notes if 0 <= (note.one.issued - first).days < 60)
        repeated = 0
        for one in of_year:
            before = [
                other
                for other in invoices
                if (other.party, other.gross) == (one.party, one.gross)
                and 0 <= (one.issued - other.issued).days <= 3
                and (other.issued, int(other.id)) < (one.issued, int(one.id))
            ]
            repeated += one.gross if before and one.party is not None and one.gross > 0 else 0
        sales: dict[str, int] = defaultdict(int)
        first_day: dict[str, date] = {}
        for sale in self.sales:
            if sale.one.party is not None:
                first_day[sale.one.party] = min(sale.one.issued, first_day.get(sale.one.party, sale.one.issued))
                sales[sale.one.party] += sale.one.net if self.in_days(sale.one.issued, 30) else 0
        bought = {party: max(0, net) for party, net in sales.items()}
        new = sum(net for party, net in bought.items() if self.in_days(first_day[party], 30))
        return {
            "trust_round_amount_share_12m": first_cause([enough], lambda: ratio(len(whole), len(of_year))),
            "trust_benford_deviation_24m": self._benford(),
            "trust_credit_after_peak_share_12m": first_cause(
                [self.sold_for(6)],
                lambda: ratio(min(credited, self.gross_sales([peak])), self.gross_sales([peak])),
            ),
            "trust_repeated_invoice_share_12m": first_cause(
                [enough], lambda: ratio(repeated, sum(max(0, one.gross) for one in of_year))
            ),
            "trust_new_customer_share_30d": first_cause([self.sold_for(6)], lambda: ratio(new, sum(bought.values()))),
        }

    def _benford(self) -> Value:
        amounts = [
            sale.one.net
            for sale in self.sales
            if sale.one.kind == "invoice" and sale.one.net > 0 and 0 <= self.last - month_of(sale.one.issued) < 24
        ]
        if len(amounts) < 500 or max(amounts) < 1000 * min(amounts):
            return DOCUMENTS
        apart = 0.0
        for digit in range(1, 10):
            share = sum(str(amount).startswith(str(digit)) for amount in amounts) / len(amounts)
            apart += abs(share - log10(1 + 1 / digit))
        return apart / 9


def features_at(facts: Facts, at: date, *, is_reconstructed: bool = False) -> Mapping[str, Value]:
    """These features on a day."""
    cash = Cash(facts, at, is_reconstructed=is_reconstructed)
    parts = (cash.levels_over_days(), cash.flows(), cash.taxes_and_contributions(), cash.payments(), cash.documents())
    return {f"{name}_v2": value for part in parts for name, value in part.items()}
