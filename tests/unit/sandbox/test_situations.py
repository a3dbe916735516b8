"""Each firm of ``sandbox.firms.situations`` shows its situation, in its books and in what is derived from them."""

from collections import Counter, defaultdict
from datetime import date
from functools import cache
from itertools import pairwise
from statistics import median
from typing import Any

import pytest
from decision_cases import POLICY

from features.derive import derive
from features.ledger import Ledger, Resource
from features.spine import spine_of
from sandbox.bookkeeping.history import MAIN, History, Invoice
from sandbox.firms.personas import PERSONAS
from sandbox.life.abroad import euro_rate
from sandbox.objects.books import Books
from sandbox.portfolio.ledger import ledger_frames

TODAY = date(2026, 11, 20)
DAYS = (date(2026, 8, 1), TODAY, date(2027, 2, 28))
BY_NAME = {persona.firm: persona for persona in PERSONAS}

whenever = pytest.mark.parametrize("end_on", DAYS)


@cache
def _history(firm: str, end_on: date) -> History:
    return BY_NAME[firm].history(end_on)


@cache
def _books(firm: str) -> Books:
    return BY_NAME[firm].books(TODAY)


def _objects(firm: str, resource: str) -> list[dict[str, Any]]:
    return list(_books(firm).objects[resource])


def _feature(firm: str, end_on: date, name: str) -> float:
    ledger = Ledger(**ledger_frames(_history(firm, end_on)), fetched=frozenset(Resource))
    value = derive(ledger, spine_of(end_on), [name]).row()[name]
    assert isinstance(value, float)
    return value


def _sales(history: History) -> list[Invoice]:
    return [i for i in history.invoices if i.kind == "RE" and not i.is_draft]


def _levels(history: History) -> list[int]:
    """Cents on the main account at the end of each of the last 365 days."""
    moved: dict[int, int] = defaultdict(int)
    for line in history.lines:
        if line.account == MAIN and not line.is_deleted:
            moved[line.day] += line.amount
    level, levels = 0, []
    for day in range(min(moved), history.end_on + 1):
        level += moved[day]
        levels.append(level)
    return levels[-365:]


@whenever
def test_the_seasonal_retailer_sells_in_winter(end_on: date) -> None:
    """From November to January at least three times as much as from May to July, invoices and till together."""
    history = _history("seasonal-retailer", end_on)
    by_month: Counter[int] = Counter()
    for day, net in [(i.issued, i.net) for i in _sales(history)] + [
        (v.issued, v.net) for v in history.vouchers if v.side == "D"
    ]:
        if day > end_on.toordinal() - 3 * 365:
            by_month[date.fromordinal(day).month] += net
    assert sum(by_month[m] for m in (11, 12, 1)) >= 3 * sum(by_month[m] for m in (5, 6, 7))


@whenever
def test_one_big_customer_is_most_of_sales(end_on: date) -> None:
    """More than half of the sales of twelve months, less than three quarters."""
    assert 0.5 < _feature("one-big-customer", end_on, "customers_top1_share_12m") < 0.75


@whenever
def test_slow_payers_pay_weeks_late_and_after_reminders(end_on: date) -> None:
    """The mean delay is more than three weeks, and most invoices are dunned."""
    assert _feature("slow-payers", end_on, "receivables_weighted_delay_days_12m") > 21
    assert _feature("slow-payers", end_on, "receivables_dunned_share_12m") > 0.5


def test_slow_payers_pay_a_month_and_a_half_late() -> None:
    """Half of the paid invoices were paid later than that after they were due, to within ten days."""
    paid = [one for one in _objects("slow-payers", "Invoice") if one["invoiceType"] == "RE" and one["payDate"]]
    late = median(
        (date.fromisoformat(one["payDate"][:10]) - date.fromisoformat(one["invoiceDate"][:10])).days
        - int(one["timeToPay"])
        for one in paid
    )
    assert 35 < late < 55


@whenever
def test_the_growing_firm_has_sales_but_no_cash(end_on: date) -> None:
    """Sales are a third above the year before; the account is overdrawn for most of the quarter, bills wait."""
    sales = [(end_on.toordinal() - i.issued, i.net) for i in _sales(_history("growing-cash-poor", end_on))]
    this_year, year_before = (sum(net for age, net in sales if y <= age < y + 365) for y in (0, 365))
    assert this_year > 1.33 * year_before
    assert _feature("growing-cash-poor", end_on, "liquidity_overdraft_days_90d") > 45
    assert _feature("growing-cash-poor", end_on, "payables_own_delay_days_12m") > 7


@whenever
def test_the_overdrawn_firm_is_below_zero_all_year_and_loses_no_debit(end_on: date) -> None:
    """On nearly every day of the year; no debit came back in it."""
    history = _history("overdrawn", end_on)
    assert sum(level < 0 for level in _levels(history)) > 350
    assert _feature("overdrawn", end_on, "liquidity_overdraft_days_90d") > 85
    assert _feature("overdrawn", end_on, "liquidity_returned_debit_count_90d") == 0


@whenever
def test_taxes_are_paid_late_and_bills_are_not(end_on: date) -> None:
    """Surcharges for most months, attachments by the enforcement office; suppliers are paid by their deadlines."""
    lines = _history("late-with-taxes", end_on).lines
    assert sum(line.purpose.startswith("Saeumniszuschlag ") for line in lines) > 20
    assert _feature("late-with-taxes", end_on, "payables_reminder_fee_count_12m") >= 8
    assert _feature("late-with-taxes", end_on, "liquidity_garnishment_count_12m") >= 1
    assert _feature("late-with-taxes", end_on, "payables_own_delay_days_12m") <= 0


def test_a_surcharge_is_a_percent_for_each_month_begun() -> None:
    """Of the tax rounded down to 50 euro; it follows the payment that it is for on the same day."""
    lines = [line for line in _history("late-with-taxes", TODAY).lines if line.nature in {"tax", "reminder_fee"}]
    taxes = {(line.day, line.purpose): -line.amount for line in lines if line.nature == "tax"}
    paid = [
        (taxes[key], -line.amount)
        for line in lines
        if (key := (line.day, line.purpose.removeprefix("Saeumniszuschlag "))) in taxes and key[1] != line.purpose
    ]
    assert len(paid) > 15
    assert {round(surcharge / (tax // 5_000 * 50), 9) for tax, surcharge in paid} <= {1.0, 2.0}


def test_purses_are_mixed() -> None:
    """Shopping, cash drawn and money put in are private lines of the business account, without a document."""
    private = [line for line in _objects("mixed-purses", "CheckAccountTransaction") if line["status"] == "300"]
    texts = Counter(line["paymtPurpose"].split()[0] for line in private)
    assert texts["Kartenzahlung"] > 100
    assert texts["Barentnahme"] > 30
    assert texts["Privateinlage"] > 10
    assert len({line["checkAccount"]["id"] for line in private}) == 1
    booked = {
        entry["checkAccountTransaction"]["id"] for entry in _objects("mixed-purses", "CheckAccountTransactionLog")
    }
    assert not booked & {line["id"] for line in private}


@whenever
def test_windows_are_dressed_before_applying(end_on: date) -> None:
    """Sales of the last month are an outlier with which the policy lets no approval pass without a person."""
    allowed = POLICY.caps.sales_burst_score_at_most
    assert _feature("window-dresser", end_on, "trust_sales_burst_score_30d") > allowed


@whenever
def test_nobody_ever_pays_what_was_issued_for_show(end_on: date) -> None:
    """Of the burst before the last application some are cancelled, some credited, the rest is open for months."""
    history = _history("window-dresser", end_on)
    start = end_on.toordinal() - 245
    shown = [i for i in _sales(history) if start <= i.issued < start + 25 and i.net % 10_000 == 0]
    fates = Counter("cancelled" if i.is_cancelled else ("credited" if i.credited else "open") for i in shown)
    assert len(shown) >= 20
    assert min(fates[fate] for fate in ("cancelled", "credited", "open")) >= 1
    assert all(i.booked == 0 for i in shown if i.gross % 100 == 0 and not i.has_booking)
    assert sum(i.has_booking for i in shown) <= 1


@whenever
def test_money_goes_round(end_on: date) -> None:
    """The best customer is a supplier, too; what it pays leaves to the same account number within three days."""
    history = _history("circular-money", end_on)
    (related,) = {i.customer for i in _sales(history)} & {v.supplier for v in history.vouchers}
    lines = [line for line in history.lines if line.party == related and not line.is_deleted]
    moves = sorted(((line.day, line.amount) for line in lines), key=lambda move: (move[0], -move[1]))
    # The books may open in the middle of a round.
    rounds = list(pairwise(moves[moves[0][1] < 0 :]))[::2]
    assert len(rounds) >= 30
    assert all(paid > 0 and 0 <= back - day <= 3 and 0.98 < -out / paid < 1 for (day, paid), (back, out) in rounds)
    sales = _sales(history)
    assert 0.25 < sum(i.net for i in sales if i.customer == related) / sum(i.net for i in sales) < 0.5


def test_the_related_company_is_one_contact_and_one_account() -> None:
    """Invoices and bills name the same contact; bank lines both ways the same account number."""
    customers = {i["contact"]["id"] for i in _objects("circular-money", "Invoice") if i["contact"]}
    suppliers = {v["supplier"]["id"] for v in _objects("circular-money", "Voucher") if "supplier" in v}
    (related,) = customers & suppliers
    name = next(c["name"] for c in _objects("circular-money", "Contact") if c["id"] == related)
    lines = [x for x in _objects("circular-money", "CheckAccountTransaction") if x["payeePayerName"] == name]
    assert len({line["payeePayerAcctNo"] for line in lines}) == 1
    assert {line["amount"].startswith("-") for line in lines} == {True, False}


def test_foreign_invoices_have_sums_in_two_currencies() -> None:
    """``sumGross`` is euro at the rate of the day, ``sumGrossForeignCurrency`` the invoice's own; tax is none."""
    invoices = _objects("foreign-currency", "Invoice")
    for item in invoices:
        if item["currency"] == "EUR":
            assert item["sumGrossForeignCurrency"] == "0"
        elif item["invoiceType"] == "RE" and item["status"] != "100":
            rate = euro_rate(item["currency"], date.fromisoformat(item["invoiceDate"][:10]).toordinal())
            assert float(item["sumGross"]) == pytest.approx(float(item["sumGrossForeignCurrency"]) * rate, abs=0.01)
            assert (item["sumTax"], item["sumNet"]) == ("0", item["sumGross"])
    assert Counter(item["currency"] for item in invoices).keys() == {"EUR", "CHF", "USD"}
    rules = {(item["currency"], item["taxRule"]["id"], item["addressCountry"]["id"]) for item in invoices}
    assert rules == {("EUR", "1", "1"), ("CHF", "2", "2"), ("USD", "3", "5")}


def test_foreign_payments_come_at_another_rate() -> None:
    """Less euro than invoiced on some, more on others; the difference is a settlement, not an open sum."""
    settled = ledger_frames(_history("foreign-currency", TODAY))["settlements"]["amount_cents"].to_list()
    assert sum(cents > 0 for cents in settled) > 30
    assert sum(cents < 0 for cents in settled) > 30


def test_a_small_business_charges_no_tax_in_either_system() -> None:
    """``taxType`` ss before it moved, tax rule 11 after; no document has both."""
    invoices = _objects("small-business", "Invoice")
    assert {(i["smallSettlement"], i["sumTax"]) for i in invoices} == {("1", "0")}
    assert {(i["taxType"], i.get("taxRule", {}).get("id")) for i in invoices} == {("ss", None), (None, "11")}
    assert _books("small-business").version == "2.0"


def test_system_1_knows_no_tax_rules() -> None:
    """Every document has a ``taxType``, every voucher position an ``accountingType``, and the account says 1.0."""
    documents = [d for resource in ("Invoice", "CreditNote", "Voucher") for d in _objects("system-1", resource)]
    assert {d["taxType"] for d in documents} == {"default"}
    assert not any("taxRule" in d for d in documents)
    assert all("accountingType" in p and "accountDatev" not in p for p in _objects("system-1", "VoucherPos"))
    assert _books("system-1").version == "1.0"
