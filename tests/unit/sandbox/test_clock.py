"""The clock of the sandbox: when documents are paid, and that books go on alike in one step and in many."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.sandbox_server.building import invoice, ref, sevdesk_object

from sandbox.account.account import Account
from sandbox.account.quirks import Quirks
from sandbox.clock.clock import Clock, ClockError
from sandbox.clock.habits import Habits, habits_of
from sandbox.clock.happenings import Happening, HappeningError, What, check_happening, read_scenario
from sandbox.clock.living import live_on, pay_day
from sandbox.firms.personas import PERSONAS
from sandbox.objects.books import Books

BASE = date(2026, 11, 23)
FIRMS = {persona.firm: persona for persona in PERSONAS}
HABITS = Habits(since=BASE, delays={"Invoice": 3, "VoucherC": -2}, unpaid={}, lines={})
RESOURCES = (
    *("Invoice", "InvoicePos", "Voucher", "VoucherPos", "CheckAccount"),
    *("CheckAccountTransaction", "CheckAccountTransactionLog"),
)


def bill(number: int, on: str, due: str) -> dict[str, Any]:
    """A supplier's bill of 119 euro."""
    return sevdesk_object(
        "Voucher", number, voucherType="VOU", creditDebit="C", status="100", sumGross="119", paidAmount=0,
        voucherDate=f"{on}T00:00:00+01:00", paymentDeadline=f"{due}T00:00:00+01:00", supplier=ref("Contact", 8),
    )  # fmt: skip


def happens(what: str, on: str, days: int | None = None) -> Happening:
    """Of any firm."""
    return Happening(on=date.fromisoformat(on), what=What(what), days=days)


@pytest.mark.parametrize(
    ("document", "happenings", "day"),
    [
        # issued 24 November, due 8 December, three days late: a Friday
        (invoice(5000, invoiceDate="2026-11-24T00:00:00+01:00"), [], "2026-12-11"),
        # one day more for the last digit: a Saturday, so the Monday after
        (invoice(5001, invoiceDate="2026-11-24T00:00:00+01:00"), [], "2026-12-14"),
        # customers pay late from the day of the payment on
        (
            invoice(5000, invoiceDate="2026-11-24T00:00:00+01:00"),
            [happens("customers_pay_late", "2026-12-11", 10)],
            "2026-12-21",
        ),
        # 30 days unless given, until a Sunday
        (
            invoice(5000, invoiceDate="2026-11-24T00:00:00+01:00"),
            [happens("customers_pay_late", "2026-12-11")],
            "2027-01-11",
        ),
        # from the day after: too late for this one
        (
            invoice(5000, invoiceDate="2026-11-24T00:00:00+01:00"),
            [happens("customers_pay_late", "2026-12-12", 10)],
            "2026-12-11",
        ),
        # one upon the other
        (
            invoice(5000, invoiceDate="2026-11-24T00:00:00+01:00"),
            [happens("customers_pay_late", "2026-12-01", 10), happens("customers_pay_late", "2026-12-20", 7)],
            "2026-12-28",
        ),
        # what the firm does with its bills is nothing to its customers
        (invoice(5000, invoiceDate="2026-11-24T00:00:00+01:00"), [happens("defaults", "2026-12-01")], "2026-12-11"),
        (invoice(5000, invoiceDate="2026-11-24T00:00:00+01:00"), [happens("pays_late", "2026-12-01")], "2026-12-11"),
        # a bill, two days before it is due
        (bill(5000, "2026-11-24", "2026-12-10"), [], "2026-12-08"),
        (bill(5000, "2026-11-24", "2026-12-10"), [happens("pays_late", "2026-12-08", 3)], "2026-12-11"),
        (bill(5000, "2026-11-24", "2026-12-10"), [happens("defaults", "2026-12-08")], None),
        (bill(5000, "2026-11-24", "2026-12-10"), [happens("defaults", "2026-12-09")], "2026-12-08"),
        # never before it is there
        (bill(5000, "2026-12-09", "2026-12-10"), [], "2026-12-09"),
        # open for longer than is usual at the start: 60 days overdue are paid, 61 are given up
        (invoice(5000, invoiceDate="2026-09-10T00:00:00+02:00"), [], "2026-11-26"),
        (invoice(5000, invoiceDate="2026-09-09T00:00:00+02:00"), [], None),
        (invoice(5000, invoiceDate=None), [], None),
    ],
)
def test_the_day_of_a_payment(document: dict[str, Any], happenings: list[Happening], day: str | None) -> None:
    """It follows from the document, the habits and what happens."""
    assert str(pay_day(document, HABITS, happenings)) == str(day)


def test_some_are_never_paid() -> None:
    """As many as in the year before."""
    habits = replace(HABITS, unpaid={"Invoice": 0.2})
    paid = [
        pay_day(invoice(5000 + n, invoiceDate="2026-11-24T00:00:00+01:00"), habits, []) is None for n in range(1000)
    ]
    assert 190 <= paid.count(True) <= 210


@lru_cache
def _books(firm: str) -> Books:
    return FIRMS[firm].books(BASE)


def lived(firm: str, steps: list[int], happenings: list[Happening]) -> Account:
    """A firm after so many days."""
    account = Account(_books(firm), Quirks())
    habits, day = habits_of(account, BASE), BASE
    for step in steps:
        live_on(account, habits, happenings, day, day + timedelta(days=step))
        day += timedelta(days=step)
    return account


def objects_of(account: Account) -> dict[str, list[dict[str, Any]]]:
    """All objects that may change, in the order of their lists."""
    return {resource: list(account.objects(resource)) for resource in RESOURCES}


BEFALLEN = [
    Happening(on=BASE + timedelta(days=20), what=What.CUSTOMERS_PAY_LATE, days=25),
    Happening(on=BASE + timedelta(days=60), what=What.PAYS_LATE),
    Happening(on=BASE + timedelta(days=300), what=What.DEFAULTS),
]


@settings(max_examples=8, deadline=None)
@given(
    firm=st.sampled_from(["small-business", "awkward-books"]),
    cuts=st.sets(st.integers(1, 429), max_size=5),
    happenings=st.sampled_from([[], BEFALLEN]),
)
def test_books_are_the_same_in_one_step_and_in_many(firm: str, cuts: set[int], happenings: list[Happening]) -> None:
    """However often the clock is set on the way, more than a year included."""
    ends = [0, *sorted(cuts), 430]
    steps = [after - before for before, after in pairwise(ends)]
    assert objects_of(lived(firm, steps, happenings)) == objects_of(lived(firm, [430], happenings))


@pytest.mark.parametrize("firm", ["healthy-agency", "two-accounts", "awkward-books", "foreign-currency"])
def test_books_that_go_on_are_sound(firm: str) -> None:
    """Ids and numbers are new, references lead somewhere, nothing is of tomorrow, paid is what the log says."""
    until = BASE + timedelta(days=200)
    found, before = objects_of(lived(firm, [200], [])), objects_of(lived(firm, [], []))
    old = {resource: {one["id"] for one in before[resource]} for resource in RESOURCES}
    for resource in RESOURCES:
        ids = [one["id"] for one in found[resource]]
        assert len(ids) == len(set(ids)) >= len(old[resource])
    new = {resource: [one for one in found[resource] if one["id"] not in old[resource]] for resource in RESOURCES}
    assert all(new[resource] for resource in RESOURCES if resource != "CheckAccount")
    numbers = [one["invoiceNumber"] for one in new["Invoice"]]
    assert len(set(numbers)) == len(numbers)
    assert {one["invoiceNumber"] for one in before["Invoice"]}.isdisjoint(numbers)
    known = {(resource, one["id"]) for resource in RESOURCES for one in found[resource]}
    for resource, some in new.items():
        for one in some:
            for name, value in one.items():
                if isinstance(value, dict) and value["objectName"] in RESOURCES:
                    assert (value["objectName"], value["id"]) in known, (resource, name)
                if name in {"create", "update", "valueDate", "invoiceDate", "voucherDate", "payDate", "sendDate"}:
                    assert value is None or value[:10] <= str(until), (resource, name)
    paid = Counter[tuple[str, str]]()
    for entry in found["CheckAccountTransactionLog"]:
        paid[entry["object"]["objectName"], entry["object"]["id"]] += round(entry["amountPaid"] * 100)
    for resource, status in (("Invoice", "1000"), ("Voucher", "1000")):
        for one in new[resource]:
            cents = abs(paid[resource, one["id"]])
            assert cents == (round(float(one["sumGross"]) * 100) if one["status"] == status else 0)


def test_a_firm_that_defaults_pays_nothing_more() -> None:
    """Its money is gone on the day; debits come back, an attachment follows; after two weeks it sells nothing."""
    on = BASE + timedelta(days=30)
    account = lived("healthy-agency", [90], [Happening(on=on, what=What.DEFAULTS)])
    main = next(one for one in account.objects("CheckAccount") if one["name"] == "Geschäftskonto")
    lines = [line for line in account.objects("CheckAccountTransaction") if line["valueDate"][:10] >= str(on)]
    out = [(line["valueDate"][:10], line["paymtPurpose"].split()[0]) for line in lines if line["amount"][0] == "-"]
    back = [line["valueDate"][:10] for line in lines if line["paymtPurpose"].startswith("Ruecklastschrift")]
    assert (str(on), "Schadenersatz") in out
    assert sorted(back) == [str(on + timedelta(days=days)) for days in (2, 9, 16)]
    assert (str(on + timedelta(days=21)), "Pfaendungs-") in out
    assert {day for day, _ in out} == {str(on + timedelta(days=days)) for days in (0, 2, 9, 16, 21)}
    issued = max(one["invoiceDate"][:10] for one in account.objects("Invoice") if one["invoiceType"] == "RE")
    assert str(on) <= issued < str(on + timedelta(days=14))
    assert account.balance_at(main["id"], date(2028, 1, 1)) == main["balance"]


def test_the_largest_firm_stays_as_it_is() -> None:
    """Its objects are made on demand."""
    from sandbox.firms.wholesaler import WHOLESALER  # noqa: PLC0415  heavy

    clock = Clock(lambda: BASE)
    clock.set(BASE + timedelta(days=1))
    assert not clock.is_behind(Account(WHOLESALER.books(BASE), Quirks()))


def test_the_clock_runs_forward_only(tmp_path: Path) -> None:
    """And not further than ten years, which is a slip."""
    clock = Clock(lambda: BASE)
    assert clock.today() == BASE
    for day, words in [(BASE - timedelta(days=1), "does not run back"), (date(2037, 1, 1), "more than ten years")]:
        with pytest.raises(ClockError, match=words):
            clock.set(day)
    clock.set(BASE)
    clock.set(date(2036, 11, 23))
    assert clock.today() == date(2036, 11, 23)
    kept = tmp_path / "clock.json"
    Clock(lambda: BASE, file=kept).set(BASE + timedelta(days=2))
    with pytest.raises(ClockError, match="start with --end-on 2026-11-25"):
        Clock(lambda: BASE + timedelta(days=1), file=kept)
    Clock(lambda: BASE + timedelta(days=2), file=kept)
    Clock(lambda: BASE, file=kept)  # nobody has set it since
    with pytest.raises(ClockError, match="cannot be written"):
        Clock(lambda: BASE, file=tmp_path / "no" / "clock.json")


@pytest.mark.parametrize(
    ("happening", "words"),
    [
        (Happening(on=BASE, what=What.DEFAULTS, firm="a"), "too late: it is 2026-11-23 already"),
        (Happening(on=BASE - timedelta(days=1), what=What.REVOKES_TOKEN), "too late"),
        (Happening(on=BASE + timedelta(days=1), what=What.DEFAULTS, firm="b"), "no firm 'b'"),
        (Happening(on=BASE + timedelta(days=1), what=What.DEFAULTS, days=3), "takes no days"),
        (Happening(on=BASE, what=What.REVOKES_TOKEN, firm="a"), None),
        (Happening(on=BASE + timedelta(days=1), what=What.PAYS_LATE, days=3), None),
    ],
)
def test_what_can_never_happen_is_refused(happening: Happening, words: str | None) -> None:
    """Of a firm that is not there, on a day that is over."""
    if words is None:
        check_happening(happening, {"a"}, BASE)
        return
    with pytest.raises(HappeningError, match=words):
        check_happening(happening, {"a"}, BASE)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[happens]]\non = 2026-12-01\nwhat = 'explodes'\n", r"happens\[0\]\.what"),
        ("[[happens]]\non = 2026-13-01\nwhat = 'defaults'\n", "is no scenario"),
        ("[[happens]]\nwhat = 'defaults'\n", "`on`"),
        ("[[happens]]\non = 2026-12-01\nwhat = 'pays_late'\ndays = 0\n", ">= 1"),
        ("[[happen]]\n", "happen"),
        ("x", "is no scenario"),
        (None, "cannot be read"),
    ],
)
def test_a_scenario_says_what_is_wrong(tmp_path: Path, text: str | None, words: str) -> None:
    """Which entry, and which field."""
    path = tmp_path / "scenario.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(HappeningError, match=words):
        read_scenario(path)


def test_a_scenario_is_read(tmp_path: Path) -> None:
    """In TOML, one table each."""
    path = tmp_path / "scenario.toml"
    path.write_text("[[happens]]\non = 2026-12-01\nfirm = 'a'\nwhat = 'pays_late'\ndays = 40\n")
    found = read_scenario(path)
    assert found == [Happening(on=date(2026, 12, 1), firm="a", what=What.PAYS_LATE, days=40)]
