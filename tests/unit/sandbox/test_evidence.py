"""Each firm of ``sandbox.firms.evidence`` shows its situation in what is served of it."""

from collections import Counter, defaultdict
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest

from sandbox.bookkeeping.history import MAIN, SAVINGS, History
from sandbox.firms.evidence import EVIDENCE
from sandbox.objects.books import Books

TODAY = date(2026, 11, 20)
DAYS = (date(2026, 8, 1), TODAY, date(2027, 2, 28))
BY_NAME = {persona.firm: persona for persona in EVIDENCE}
FED = [persona.firm for persona in EVIDENCE if persona.traits.bank == "feed"]

Object = dict[str, Any]
whenever = pytest.mark.parametrize("end_on", DAYS)


@cache
def _history(firm: str, end_on: date = TODAY) -> History:
    return BY_NAME[firm].history(end_on)


@cache
def _books(firm: str, end_on: date = TODAY) -> Books:
    return BY_NAME[firm].books(end_on)


def _objects(firm: str, resource: str, end_on: date = TODAY) -> list[Object]:
    return list(_books(firm, end_on).objects[resource])


def _lines(firm: str, account: str, end_on: date = TODAY) -> list[Object]:
    """Lines of the account with that name, deleted ones aside."""
    (found,) = (one["id"] for one in _objects(firm, "CheckAccount", end_on) if one["name"] == account)
    return [
        one
        for one in _objects(firm, "CheckAccountTransaction", end_on)
        if one["checkAccount"]["id"] == found and one["deletedAt"] is None
    ]


def _day(text: str) -> date:
    return date.fromisoformat(text[:10])


def _sum(lines: list[Object]) -> float:
    return round(sum(float(line["amount"]) for line in lines), 2)


def _is_linked(line: Object) -> bool:
    return "targetTransaction" in line or "sourceTransaction" in line


def _booked_on(firm: str) -> dict[str, list[Object]]:
    """Document to the lines that are booked on it."""
    lines = {line["id"]: line for line in _objects(firm, "CheckAccountTransaction")}
    booked: dict[str, list[Object]] = defaultdict(list)
    for entry in _objects(firm, "CheckAccountTransactionLog"):
        booked[entry["object"]["id"]].append(lines[entry["checkAccountTransaction"]["id"]])
    return booked


# ---- marks


@pytest.mark.parametrize("firm", FED)
def test_a_feed_brings_many_lines_at_once_and_marks_them(firm: str) -> None:
    """At most two instants a day and account, midnight as value date, the bank's codes, a hash of the line."""
    fed = [line for line in _objects(firm, "CheckAccountTransaction") if line["compareHash"] is not None]
    assert len(fed) > 100
    assert {line["valueDate"][11:19] for line in fed} == {"00:00:00"}
    assert all(line["gvCode"] and line["entryText"] for line in fed)
    instants: dict[tuple[str, str], set[str]] = defaultdict(set)
    for line in fed:
        instants[line["checkAccount"]["id"], line["create"][:10]].add(line["create"])
    assert max(len(found) for found in instants.values()) <= 2
    assert all(_day(line["create"]) >= _day(line["valueDate"]) for line in fed)


@pytest.mark.parametrize("firm", FED)
def test_nothing_was_fed_after_the_last_synchronisation(firm: str) -> None:
    """No line of a fed account is younger than what its account says of its last synchronisation."""
    synced = {one["id"]: one["lastSync"] for one in _objects(firm, "CheckAccount")}
    for line in _objects(firm, "CheckAccountTransaction"):
        if line["compareHash"] is not None:
            assert line["create"] <= synced[line["checkAccount"]["id"]]


def test_a_file_brings_its_lines_in_one_second_and_a_posted_line_has_noon() -> None:
    """Neither has the marks of a feed."""
    files = _lines("imported-twice", "Geschäftskonto")
    assert len({line["create"] for line in files}) < len(files) / 4
    posted = [one for one in _objects("posted-receipts", "CheckAccountTransaction") if "T12:" in one["valueDate"]]
    assert len(posted) > 200
    for line in (*files, *posted):
        assert (line["compareHash"], line["gvCode"]) == (None, None)


# ---- own money


@whenever
@pytest.mark.parametrize(("firm", "is_named"), [("two-accounts", True), ("bare-transfers", False)])
def test_transfers_are_not_linked(firm: str, end_on: date, is_named: bool) -> None:  # noqa: FBT001  a column
    """Each month one goes and one comes back, the same sum on both accounts on the same day."""
    accounts = {one["id"]: one["iban"] for one in _objects(firm, "CheckAccount", end_on) if one["iban"]}
    text = "Uebertrag" if is_named else "Dauerauftrag"
    moved = [one for one in _objects(firm, "CheckAccountTransaction", end_on) if one["paymtPurpose"] == text]
    assert len(moved) > 100
    assert not any(_is_linked(line) for line in moved)
    by_day: Counter[tuple[str, float]] = Counter()
    for line in moved:
        by_day[line["valueDate"], abs(float(line["amount"]))] += 1
        other = line["payeePayerAcctNo"]
        assert (other in set(accounts.values()) - {accounts.get(line["checkAccount"]["id"])}) is is_named
        assert (line["payeePayerName"] == BY_NAME[firm].name) is is_named
    assert all(number % 2 == 0 for number in by_day.values())
    assert _sum(moved) == 0


def test_the_credit_card_is_settled_monthly() -> None:
    """What was bought in a month leaves the main account early in the next, and comes in on the card."""
    bought = [line for line in _lines("two-accounts", "Firmenkreditkarte") if float(line["amount"]) < 0]
    settled = [line for line in _lines("two-accounts", "Firmenkreditkarte") if float(line["amount"]) > 0]
    collected = [x for x in _lines("two-accounts", "Geschäftskonto") if "Kreditkartenab" in x["paymtPurpose"]]
    assert _sum(settled) == -_sum(collected)
    assert 30 < len(settled) < len(bought) + 1
    assert not any(_is_linked(line) for line in (*settled, *collected))


@whenever
def test_two_thirds_of_sales_are_invented(end_on: date) -> None:
    """Two of three invoices of the last year are booked off over a clearing account, and more money goes round."""
    history = _history("invented-sales", end_on)
    year = [i for i in history.invoices if i.kind == "RE" and i.number and i.issued > end_on.toordinal() - 365]
    cleared = [i for i in year if i.written_off and i.is_closed]
    open_or_paid = len(year) - len(cleared)
    assert len(cleared) > open_or_paid
    turned = sum(x.amount for x in history.lines if x.account == SAVINGS and x.amount > 0 and x.purpose == "Uebertrag")
    paid = sum(
        x.amount for x in history.lines if x.account == MAIN and x.purpose.startswith("Rechnung") and x.amount > 0
    )
    assert turned > paid


def test_posted_receipts_pay_invoices_and_leave_again() -> None:
    """Balance and sum of the lines agree, as each posted receipt is taken out the same day."""
    firm = "posted-receipts"
    lines = _lines(firm, "Geschäftskonto")
    posted = [line for line in lines if "T12:" in line["valueDate"]]
    assert _sum(posted) == 0
    assert _sum(lines) == float(_objects(firm, "CheckAccount")[-1]["balance"])
    booked = {line["id"] for found in _booked_on(firm).values() for line in found}
    assert all(line["id"] in booked for line in posted if float(line["amount"]) > 0 and line["status"] == "400")
    assert sum(line["status"] == "400" for line in posted) > 100


# ---- connections


@whenever
@pytest.mark.parametrize(
    ("firm", "status", "days"), [("reconnected-account", "0", 120), ("reconnected-twice-seen", "100", 60)]
)
def test_a_reconnected_account_is_there_twice(firm: str, status: str, days: int, end_on: date) -> None:
    """Two accounts with one account number; the new one opens with what the old one had, to the cent."""
    accounts = {one["name"]: one for one in _objects(firm, "CheckAccount", end_on) if one["type"] == "online"}
    old, new = accounts["Geschäftskonto (alt)"], accounts["Geschäftskonto"]
    assert (old["iban"], old["status"], new["status"]) == (new["iban"], status, "100")
    assert _day(old["lastSync"]) <= end_on - timedelta(days=days) == _day(new["create"])
    opening, *_ = [x for x in _lines(firm, new["name"], end_on) if x["paymtPurpose"] == "Anfangsbestand"]
    before = [x for x in _lines(firm, old["name"], end_on) if _day(x["valueDate"]) < _day(opening["valueDate"])]
    assert float(opening["amount"]) == _sum(before)


def test_a_month_stands_on_both_accounts_and_a_week_was_posted() -> None:
    """Where both were fed, each line is there twice; where none was, lines have noon and no marks."""
    old = _lines("reconnected-twice-seen", "Geschäftskonto (alt)")
    new = _lines("reconnected-twice-seen", "Geschäftskonto")
    kept = Counter((x["valueDate"], x["amount"], x["paymtPurpose"]) for x in new)
    twice = [x for x in old if (x["valueDate"], x["amount"], x["paymtPurpose"]) in kept]
    assert len(twice) > 15
    assert {(TODAY - _day(x["valueDate"])).days // 30 for x in twice} <= {2, 3}
    posted = [x for x in _lines("reconnected-account", "Geschäftskonto") if "T12:" in x["valueDate"]]
    assert posted
    assert all(120 < (TODAY - _day(x["valueDate"])).days <= 127 for x in posted)


@whenever
def test_the_feed_stopped_and_documents_go_on(end_on: date) -> None:
    """No bank line for 60 days; invoices of these days are there, and none is paid."""
    (account,) = (one for one in _objects("stale-feed", "CheckAccount", end_on) if one["type"] == "online")
    stopped = end_on - timedelta(days=60)
    assert _day(account["lastSync"]) == stopped
    assert max(_day(line["valueDate"]) for line in _lines("stale-feed", "Geschäftskonto", end_on)) <= stopped
    later = [x for x in _objects("stale-feed", "Invoice", end_on) if _day(x["invoiceDate"]) > stopped]
    assert len([x for x in later if x["status"] == "200"]) > 20
    assert not any(x["paidAmount"] for x in later)


def test_a_statement_was_imported_twice() -> None:
    """A month of lines is there twice, created on two days; the second time nothing is booked."""
    seen: dict[tuple[str, str, str, str | None], list[Object]] = defaultdict(list)
    for line in _lines("imported-twice", "Geschäftskonto"):
        seen[line["valueDate"], line["amount"], line["paymtPurpose"], line["payeePayerName"]].append(line)
    twice = [lines for lines in seen.values() if len(lines) == 2]
    assert len(twice) > 15
    assert all(len({line["create"][:10] for line in lines}) == 2 for lines in twice)
    assert all("100" in {line["status"] for line in lines} for lines in twice)


def test_bills_were_entered_twice() -> None:
    """One supplier, one number, one sum, two vouchers; the second is never paid."""
    seen: dict[tuple[str, str, str], list[Object]] = defaultdict(list)
    for bill in _objects("imported-twice", "Voucher"):
        if bill["status"] != "50" and bill["voucherType"] == "VOU":
            seen[bill["supplierNameAtSave"], bill["description"], bill["sumGross"]].append(bill)
    twice = [bills for bills in seen.values() if len(bills) == 2]
    assert len(twice) >= 8
    assert all("100" in {bill["status"] for bill in bills} for bills in twice)


@whenever
def test_older_books_were_recorded_within_a_week(end_on: date) -> None:
    """Documents of years ago were created seven weeks ago; later ones as they were issued."""
    moved = end_on - timedelta(days=50)
    for invoice in _objects("migrated-books", "Invoice", end_on):
        issued, created = _day(invoice["invoiceDate"]), _day(invoice["create"])
        if issued < moved - timedelta(days=10):
            assert moved <= created < moved + timedelta(days=5)
    old = [x for x in _lines("migrated-books", "Geschäftskonto", end_on) if x["compareHash"] is None]
    assert len({x["create"] for x in old}) == 1
    assert all(_day(x["valueDate"]) < moved - timedelta(days=90) for x in old)


# ---- debts


def test_leases_and_an_online_loan_are_paid_without_the_word_loan() -> None:
    """Each month three instalments; the loan's proceeds are the largest single sum that came in."""
    lines = _lines("leased-fleet", "Geschäftskonto")
    kinds = Counter(x["paymtPurpose"].split()[0] for x in lines)
    assert min(kinds["Leasingrate"], kinds["Finanzierungsrate"], kinds["Mietkaufrate"]) >= 35
    assert kinds["iwoca"] >= 8
    (proceeds,) = (x for x in lines if x["paymtPurpose"] == "Auszahlung Finanzierung auxmoney 88121")
    assert float(proceeds["amount"]) == 34_000 * 1.5
    assert not any("arlehen" in x["paymtPurpose"] for x in lines)


@whenever
def test_the_creditor_enforces_and_pays_for_a_worker(end_on: date) -> None:
    """Advances to the bailiff within the year, a share of a wage each month, fees beside returns, an empty till."""
    firm = "enforcing-creditor"
    lines = _lines(firm, "Geschäftskonto", end_on)
    year = [x for x in lines if _day(x["valueDate"]) > end_on - timedelta(days=365)]
    assert any(x["paymtPurpose"].startswith("Gerichtsvollzieher Kostenvorschuss") for x in year)
    assert sum(x["paymtPurpose"].startswith("Pfaendung Gehaltsanteil") for x in year) >= 11
    returns = Counter(x["valueDate"] for x in lines if x["paymtPurpose"].startswith("Ruecklastschrift"))
    fees = Counter(x["valueDate"] for x in lines if x["paymtPurpose"] == "Entgelt Ruecklastschrift")
    assert fees
    assert fees == returns
    assert _lines(firm, "Handkasse", end_on) == []


# ---- collecting


@whenever
@pytest.mark.parametrize(
    ("firm", "account", "text"),
    [("card-payments", "Stripe", "STRIPE PAYOUT"), ("sold-receivables", "Factoring", "Forderungsankauf")],
)
def test_payouts_less_fees_empty_the_clearing_account(firm: str, account: str, text: str, end_on: date) -> None:
    """One payout a week; together with the fees it takes out what was booked off, all but the last weeks."""
    cleared, bank = _lines(firm, account, end_on), _lines(firm, "Geschäftskonto", end_on)
    payouts = [x for x in bank if x["paymtPurpose"].startswith(text)]
    # The first weeks of the books pay out what was booked off before.
    assert len(payouts) > 140
    assert _sum(payouts) == -_sum([x for x in cleared if x["paymtPurpose"].startswith(text)])
    booked = [float(x["amount"]) for x in cleared if float(x["amount"]) > 0]
    assert 0.95 < -_sum([x for x in cleared if float(x["amount"]) < 0]) / sum(booked) < 1.06


def test_discounts_are_taken_early_and_credit_notes_come_late() -> None:
    """Invoices paid at 98 % before they are due; of some a fifth is credited two months later, and stays open."""
    invoices = {x["id"]: x for x in _objects("early-payers", "Invoice")}
    booked = _booked_on("early-payers")
    early = [
        x for x in invoices.values()
        if x["status"] == "1000" and booked[x["id"]] and _sum(booked[x["id"]]) < float(x["sumGross"])
    ]  # fmt: skip
    assert len(early) > 60
    notes = [x for x in _objects("early-payers", "CreditNote") if x["status"] == "200"]
    assert len(notes) > 30
    for note in notes:
        invoice = invoices[(note.get("refSrcInvoice") or note["origin"])["id"]]
        assert (_day(note["creditNoteDate"]) - _day(invoice["payDate"])).days >= 60


def test_five_percent_are_kept_back_for_a_year() -> None:
    """Paid at 95 % on time, the rest a year later; the invoice says so."""
    booked = _booked_on("retained-sums")
    kept = [x for x in _objects("retained-sums", "Invoice") if "Sicherheitseinbehalt" in (x["footText"] or "")]
    credited = {x["origin"]["id"] for x in _objects("retained-sums", "CreditNote")}
    partly = [x for x in kept if x["status"] == "750" and x["id"] not in credited]
    assert len(partly) > 30
    assert {round(_sum(booked[x["id"]]) / float(x["sumGross"]), 2) for x in partly} == {0.95}
    released = [
        booked[x["id"]]
        for x in kept
        if {round(abs(float(line["amount"])) / float(x["sumGross"]), 2) for line in booked[x["id"]]} == {0.05, 0.95}
    ]
    assert len(released) > 50
    for lines in released:
        first, last = sorted(_day(line["valueDate"]) for line in lines)
        assert 365 <= (last - first).days <= 368


def test_losses_are_buried() -> None:
    """A fifth of the invoices were booked off on the due day; a tenth closed with 59 % of their sum."""
    history = _history("buried-losses")
    closed = [i for i in history.invoices if i.kind == "RE" and i.is_closed and i.has_booking]
    off = sum(i.written_off == i.gross for i in closed)
    short = sum(i.booked == i.gross * 59 // 100 for i in closed)
    assert 0.12 < off / len(closed) < 0.28
    assert 0.05 < short / len(closed) < 0.15


@whenever
def test_all_open_receivables_are_credited(end_on: date) -> None:
    """What was invoiced in the last weeks and is open, is credited in full by notes that name no invoice."""
    history = _history("credited-receivables", end_on)
    notes = [note for note in history.credit_notes if note.invoice is None]
    last = [
        i for i in history.invoices
        if i.kind == "RE" and i.number and not i.is_closed and not i.is_cancelled and i.issued > end_on.toordinal() - 45
    ]  # fmt: skip
    assert len(notes) >= 6
    assert sum(note.gross for note in notes) > 0.6 * sum(i.gross - i.booked for i in last)
    assert not any(note.is_closed or note.has_booking for note in notes)
