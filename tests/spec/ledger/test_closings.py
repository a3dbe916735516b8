"""By which means documents were closed: boundary days and amounts, and what must not pass as money."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from spec.ledger import books
from spec.ledger.books import ACCOUNTS, ONLINE, TODAY, Json, credit_note, invoice, log, moment, read, voucher
from unit.sevdesk.fakes import ref

from features.ledger import Resource
from scoring.sources.sevdesk.ledger.clearing import Booking, Part, Payout, payouts_of, resolve

FEB_1 = date(2026, 2, 1)
FAR = {**ONLINE, "id": "4", "iban": "DE12 4306 0967 0005 0080 33", "lastSync": None}
"""An account without a feed."""


def line(number: int, amount: str, day: str = "02-01", account: int = 1, **changes: object) -> Json:
    """A line that was read on its day."""
    return books.line(number, amount, day, account, **{"create": moment(day), **changes})


async def closings(resources: frozenset[Resource] = frozenset(Resource), **lists: list[Json]) -> list[Any]:
    """Rows without borrower and recording."""
    ledger, _ = await read(resources, CheckAccount=[*ACCOUNTS, FAR], **lists)
    return ledger.closings.drop("borrower", "recorded_on").rows()


async def sums(**lists: list[Json]) -> dict[tuple[str, int], dict[str, int]]:
    """Document to means to cents."""
    found: dict[tuple[str, int], dict[str, int]] = {}
    for document, number, _, cents, means, *_ in await closings(**lists):
        of_document = found.setdefault((document, number), {})
        of_document[means] = of_document.get(means, 0) + cents
    return found


def day(number: int) -> str:
    """So many days after 1 February 2026, as MM-DD."""
    return f"{FEB_1 + timedelta(days=number):%m-%d}"


def paid(number: int = 1, **changes: object) -> Json:
    """An invoice over 119.00 of 10 January that is closed."""
    return invoice(number, **{"status": "1000", "paidAmount": 119, **changes})


LONG_AGO = {"valueDate": "2025-11-03T00:00:00+01:00", "create": "2025-11-03T00:00:00+01:00"}
EMPTIED_BEFORE = [
    line(30, "-1", account=2, targetTransaction=ref("CheckAccountTransaction", 31), **LONG_AGO),
    line(31, "1", **LONG_AGO),
]
"""A pay-out of last year: since then bookings over the clearing account wait for one."""


def paid_out(payout_on: str, amount: str = "119", into: int = 1, **changes: object) -> list[Json]:
    """A line into the clearing account on 1 February, one out of it and a line of another account on one day."""
    out = line(10, f"-{amount}", payout_on, 2, targetTransaction=ref("CheckAccountTransaction", 11))
    return [*EMPTIED_BEFORE, line(9, "119", account=2), out, line(11, amount, payout_on, into, **changes)]


BOOKED = [log(4, "Invoice", 1, 9, 119)]


@pytest.mark.parametrize(
    ("account", "means"),
    [(1, "bank"), (4, "manual"), (3, "register"), (2, "clearing"), (404, "stated")],
)
async def test_the_account_of_the_line_says_the_means(account: int, means: str) -> None:
    """A bank line counts as the bank's where the bank delivers the account; what has no account is only stated."""
    rows = await closings(
        Invoice=[paid()], CheckAccountTransaction=[line(9, "119", account=account)], CheckAccountTransactionLog=BOOKED
    )
    assert [(row[3], row[4], row[5]) for row in rows] == [(11_900, means, True)]


@pytest.mark.parametrize(
    ("booked_on", "off_on"),
    [
        (moment("01-10"), "01-10"),
        (moment("02-02"), "02-02"),
        (moment("02-03"), "02-03"),  # the day of the entry
        (moment("02-04"), "02-03"),
        ("2099-01-01T00:00:00+01:00", "02-03"),
        (moment("01-09"), "01-10"),  # before the invoice
        ("1971-01-01T00:00:00+01:00", "01-10"),
        ("0001-01-01T00:00:00+00:53", "02-03"),  # cannot be read
        ("", "02-03"),
    ],
)
async def test_an_invoice_was_booked_off_between_its_day_and_that_of_the_entry(booked_on: str, off_on: str) -> None:
    """Nobody hides a loss by the day of its booking, which is the firm's to choose."""
    rows = await closings(
        Invoice=[paid()],
        CheckAccountTransaction=[line(9, "119", account=2, valueDate=booked_on)],
        CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, 119, bookingDate=booked_on)],
    )
    assert [(row[3], row[4], row[6]) for row in rows] == [(11_900, "clearing", date.fromisoformat(f"2026-{off_on}"))]


async def test_a_closing_is_never_known_before_its_line() -> None:
    """A line that was read after the booking dates the recording."""
    ledger, _ = await read(
        Invoice=[paid()],
        CheckAccountTransaction=[line(9, "119", create=moment("02-09"))],
        CheckAccountTransactionLog=BOOKED,
    )
    assert ledger.closings["recorded_on"].to_list() == [date(2026, 2, 9)]
    assert ledger.payments["recorded_on"].to_list() == [date(2026, 2, 3)]


async def test_without_recognition_nothing_is_added() -> None:
    """A plan without it has the facts of version 1 alone."""
    ledger, coverage = await read(
        frozenset(Resource) - {Resource.RECOGNITION},
        Invoice=[paid(), paid(2, invoiceNumber="A1"), paid(3, invoiceNumber="A1", sendDate=moment("03-30"))],
    )
    assert ledger.closings.is_empty()
    assert not ledger.invoices["is_duplicate"].any()
    assert ledger.invoices["sent_on"].null_count() == 3
    assert coverage.notes == ()


@pytest.mark.parametrize(
    ("booked_over", "means"),
    [([11], ["bank"]), ([12], ["bank"]), ([11, 12], ["bank", "manual"]), ([12, 11], ["manual", "bank"])],
)
async def test_the_money_of_a_line_and_its_copy_is_there_once(booked_over: list[int], means: list[str]) -> None:
    """An account that is connected twice has each line twice: one of them may pay, whichever it is."""
    again = {**ONLINE, "id": "5", "create": moment("01-20")}
    ledger, _ = await read(
        CheckAccount=[*ACCOUNTS, again],
        Invoice=[paid(number) for number in range(1, len(booked_over) + 1)],
        CheckAccountTransaction=[line(11, "119"), line(12, "119", account=5)],
        CheckAccountTransactionLog=[
            log(number, "Invoice", number, over, 119) for number, over in enumerate(booked_over, start=1)
        ],
    )
    assert ledger.transactions["is_duplicate"].sum() == 1
    assert ledger.closings["means"].to_list() == means


# Clearing accounts


@pytest.mark.parametrize(
    ("payout_on", "expected"),
    [
        (day(-4), {"clearing": 11_900}),
        (day(-3), {"provider": 11_900}),
        (day(0), {"provider": 11_900}),
        (day(45), {"provider": 11_900}),
        (day(46), {"clearing": 11_900}),
    ],
)
async def test_a_payout_comes_within_45_days(payout_on: str, expected: dict[str, int]) -> None:
    """It may be dated three days before the booking, as bookings are made late."""
    found = await sums(Invoice=[paid()], CheckAccountTransaction=paid_out(payout_on), CheckAccountTransactionLog=BOOKED)
    assert found == {("invoice", 1): expected}


async def test_paid_on_the_day_of_the_payout() -> None:
    """The bank's line is named, and its day is the day of the closing."""
    rows = await closings(
        Invoice=[paid()], CheckAccountTransaction=paid_out("02-20"), CheckAccountTransactionLog=BOOKED
    )
    assert rows == [("invoice", 1, 11, 11_900, "provider", True, date(2026, 2, 20))]


async def test_a_payout_of_a_part() -> None:
    """What it has is paid, the rest is not."""
    found = await sums(
        Invoice=[paid()], CheckAccountTransaction=paid_out("02-20", "100"), CheckAccountTransactionLog=BOOKED
    )
    assert found == {("invoice", 1): {"provider": 10_000, "clearing": 1_900}}
    waiting = {"Invoice": [paid()], "CheckAccountTransactionLog": BOOKED}
    late = [*EMPTIED_BEFORE, *({**one, "valueDate": moment("02-15")} for one in paid_out("02-20", "100")[2:])]
    assert await sums(CheckAccountTransaction=late, **waiting) == {("invoice", 1): {"provider": 10_000}}, (
        "the rest may still come: it is open until 45 days have passed"
    )


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([line(9, "119", account=2)], id="never emptied"),
        pytest.param(paid_out("02-20", into=4), id="into an account that no bank delivers"),
        pytest.param(paid_out("02-20", into=2), id="within clearing accounts"),
        pytest.param(paid_out("02-20", into=3), id="into the till"),
        pytest.param(paid_out("02-20", deletedAt=moment("02-21")), id="over a deleted line"),
        pytest.param(
            [line(9, "119", account=2), line(10, "-119", "02-20", 2), line(11, "119", "02-24")],
            id="four days apart, without a link",
        ),
        pytest.param(
            [line(9, "119", account=2), line(10, "-119", "02-20", 2), line(11, "118.99", "02-20")],
            id="of another amount, without a link",
        ),
    ],
)
async def test_what_is_no_payout(lines: list[Json]) -> None:
    """Only money that the bank saw coming in pays anything."""
    found = await sums(Invoice=[paid()], CheckAccountTransaction=lines, CheckAccountTransactionLog=BOOKED)
    assert found == {("invoice", 1): {"clearing": 11_900}}


async def test_an_equal_amount_within_three_days_is_a_payout() -> None:
    """Where sevdesk does not link the lines."""
    lines = [*EMPTIED_BEFORE, line(9, "119", account=2), line(10, "-119", "02-20", 2), line(11, "119", "02-23")]
    found = await sums(Invoice=[paid()], CheckAccountTransaction=lines, CheckAccountTransactionLog=BOOKED)
    assert found == {("invoice", 1): {"provider": 11_900}}


async def test_a_payout_counts_once() -> None:
    """Neither for two pay-outs, nor beside a document that it pays directly."""
    two = {"Invoice": [paid(1), paid(2)], "CheckAccountTransactionLog": [*BOOKED, log(5, "Invoice", 2, 12, 119)]}
    lines = [*paid_out("02-20"), line(12, "119", account=2)]
    again = line(13, "-119", "02-20", 2, targetTransaction=ref("CheckAccountTransaction", 11))
    by_amount = line(13, "-119", "02-20", 2)
    for second in (again, by_amount):
        found = await sums(CheckAccountTransaction=[*lines, second], **two)
        assert sum(means.get("provider", 0) for means in found.values()) == 11_900
    unlinked = [line(9, "119", account=2), line(12, "119", account=2), line(11, "119", "02-20")]
    found = await sums(CheckAccountTransaction=[*unlinked, by_amount, {**by_amount, "id": "14"}], **two)
    assert sum(means.get("provider", 0) for means in found.values()) == 11_900
    direct = {**two, "CheckAccountTransactionLog": [*BOOKED, log(5, "Invoice", 2, 11, 119)]}
    assert await sums(CheckAccountTransaction=paid_out("02-20"), **direct) == {
        ("invoice", 1): {"clearing": 11_900},
        ("invoice", 2): {"bank": 11_900},
    }


@pytest.mark.parametrize("order", [1, -1])
async def test_bookings_of_one_day_are_paid_out_by_document(order: int) -> None:
    """Whatever the order in which sevdesk lists them: the lower id first."""
    found = await sums(
        Invoice=[paid(1), paid(2)][::order],
        CheckAccountTransaction=[*paid_out("02-20"), line(12, "119", account=2)][::order],
        CheckAccountTransactionLog=[*BOOKED, log(5, "Invoice", 2, 12, 119)][::order],
    )
    assert found == {("invoice", 1): {"provider": 11_900}, ("invoice", 2): {"clearing": 11_900}}


@pytest.mark.parametrize(("fee", "kept"), [("23.80", 2_380), ("30", 2_380)])
async def test_fees_count_up_to_a_quarter_of_the_payouts(fee: str, kept: int) -> None:
    """A bill that is booked over the clearing account is a fee beside a pay-out, not in its place."""
    found = await sums(
        Invoice=[paid()],
        Voucher=[voucher(5, sumGross=fee, status="1000", paidAmount=float(fee))],
        CheckAccountTransaction=[*paid_out("02-10", "95.20"), line(12, f"-{fee}", "02-10", 2)],
        CheckAccountTransactionLog=[*BOOKED, log(5, "Voucher", 5, 12, -float(fee))],
    )
    assert found[("invoice", 1)] == {"provider": 9_520 + kept}
    assert found[("voucher", 5)]["provider"] == kept


@pytest.mark.parametrize(
    ("on", "expected"), [("02-04", {"set_off": 5_950, "clearing": 5_950}), ("02-05", {"clearing": 11_900})]
)
@pytest.mark.parametrize("supplier", [77, 88])
async def test_set_off_against_the_same_party_within_three_days(
    on: str, expected: dict[str, int], supplier: int
) -> None:
    """Another party's bill sets off nothing."""
    found = await sums(
        Invoice=[paid()],
        Voucher=[voucher(5, supplier=ref("Contact", supplier), status="1000", paidAmount=59.5)],
        CheckAccountTransaction=[line(9, "119", account=2), line(12, "-59.5", on, 2)],
        CheckAccountTransactionLog=[*BOOKED, log(5, "Voucher", 5, 12, -59.5)],
    )
    assert found[("invoice", 1)] == (expected if supplier == 77 else {"clearing": 11_900})


async def test_a_booking_taken_back_is_nothing() -> None:
    """What was booked off and taken back is neither lost nor paid out."""
    found = await sums(
        Invoice=[invoice(1)],
        CheckAccountTransaction=[*paid_out("02-20"), line(12, "-119", "02-08", 2)],
        CheckAccountTransactionLog=[*BOOKED, log(5, "Invoice", 1, 12, -119)],
    )
    assert found == {("invoice", 1): {"clearing": 0}}


def _booking(payable: int, amount: int, on: int) -> Booking:
    return Booking(
        payable=payable,
        document=("invoice", payable),
        is_sale=True,
        is_bill=False,
        party=None,
        account=1,
        amount=amount,
        day=on,
        recorded=on,
    )


EARLIER = Payout(line=1, account=1, amount=1, day=-90, recorded=-90)
"""Of an account that was emptied before."""


def _parts_by(parts: list[Part], day: int) -> list[tuple[int, int, str]]:
    return sorted((one.payable, one.amount, one.means) for one in parts if one.recorded <= day)


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(replace(_booking(3, 60, 10), recorded=25), id="an older booking"),
        pytest.param(
            replace(_booking(3, 15, 12), recorded=25, is_sale=False, is_bill=True, document=("voucher", 3)),
            id="a fee of before the pay-out",
        ),
    ],
)
def test_what_is_entered_later_leaves_alone_what_a_payout_paid(later: Booking) -> None:
    """The pay-out of day 20 has what was entered by then; what of it is left is there for what is entered later."""
    payouts = [EARLIER, Payout(line=9, account=1, amount=100, day=20, recorded=20)]

    def sales() -> list[Booking]:
        return [_booking(1, 80, 14), _booking(2, 60, 15)]

    then = resolve(sales(), payouts, today=20)
    assert _parts_by(then.parts, 20) == [(1, 80, "provider"), (2, 20, "provider")]
    now = resolve([*sales(), later], payouts, today=30)
    assert _parts_by(now.parts, 20) == _parts_by(then.parts, 20)
    kept = [(2, 15, "provider"), (3, 15, "provider")] if later.is_bill else []
    assert _parts_by(now.parts, 30) == sorted([*_parts_by(then.parts, 20), *kept])


def test_a_booking_that_is_entered_after_its_payout_has_what_is_left_of_it() -> None:
    """It is paid on the day of the pay-out, or on its own where that is later, and known from its entry on."""
    payouts = [EARLIER, Payout(line=9, account=1, amount=100, day=20, recorded=20)]
    resolved = resolve([_booking(1, 80, 14), replace(_booking(2, 60, 15), recorded=25)], payouts, today=30)
    late = [(one.amount, one.means, one.day, one.recorded) for one in resolved.parts if one.payable == 2]
    assert late == [(20, "provider", 20, 25)]


@pytest.mark.parametrize(("recorded", "told"), [(56, []), (57, [(80, "clearing", 10, 56), (-80, "clearing", 10, 57)])])
def test_a_payout_that_is_entered_after_45_days_takes_back_that_nobody_paid(
    recorded: int, told: list[tuple[int, str, int, int]]
) -> None:
    """From the 46th day after the booking until then, the books said that nobody did."""
    first = Payout(line=8, account=1, amount=50, day=5, recorded=5)
    late = Payout(line=9, account=1, amount=80, day=20, recorded=recorded)
    resolved = resolve([_booking(2, 50, 5), _booking(1, 80, 10)], [first, late], today=90)
    found = [(one.amount, one.means, one.day, one.recorded) for one in resolved.parts if one.payable == 1]
    assert found == [*told, (80, "provider", 20, recorded)]


def test_a_factor_buys_all_that_is_booked_over_its_account() -> None:
    """What waits for its pay-out was sold, too: known from the later of the booking and the factor's first pay-out."""
    payouts = [EARLIER, Payout(line=9, account=1, amount=80, day=20, recorded=20)]
    sales = [_booking(1, 80, 18), _booking(2, 100, 21), _booking(2, -100, 23), _booking(2, 100, 24)]
    resolved = resolve(sales, payouts, today=30, factors={1: 20})
    assert resolved.sold == {1: 20, 2: 21}
    assert [(one.amount, one.means) for one in resolved.parts if one.payable == 1] == [(80, "provider")]
    assert resolve([_booking(1, 80, 18)], payouts, today=30).sold == {}
    assert resolve([_booking(1, 80, 18)], [], today=30, factors={1: 20}).sold == {1: 20}


def test_what_waits_for_the_first_payout_is_booked_off_until_then() -> None:
    """Nobody knows before it comes; what is booked from its day on waits 45 days."""
    payout = Payout(line=9, account=1, amount=100, day=20, recorded=21)
    resolved = resolve([_booking(1, 80, 14), _booking(2, 60, 15), _booking(3, 60, 21)], [payout], today=67)
    found = [(one.payable, one.amount, one.means, one.day, one.recorded) for one in resolved.parts]
    assert sorted(found) == sorted(
        [
            *((1, 80, "clearing", 14, 14), (1, -80, "clearing", 14, 21), (1, 80, "provider", 20, 21)),
            *((2, 20, "clearing", 15, 15), (2, -20, "clearing", 15, 21), (2, 20, "provider", 20, 21)),
            (2, 40, "clearing", 15, 15),
            (3, 60, "clearing", 21, 67),
        ]
    )


def test_what_is_set_off_later_leaves_alone_what_a_payout_paid() -> None:
    """A bill of the same party that was entered after the pay-out, and one that is nearer to a later sale."""

    def of(payable: int, amount: int, on: int, *, recorded: int | None = None, is_sale: bool = True) -> Booking:
        kind = ("invoice" if is_sale else "voucher", payable)
        changes = {"is_sale": is_sale, "is_bill": not is_sale, "document": kind, "party": 7}
        return replace(_booking(payable, amount, on), recorded=on if recorded is None else recorded, **changes)

    payouts = [EARLIER, Payout(line=9, account=1, amount=80, day=20, recorded=20)]
    then = resolve([of(1, 80, 18)], payouts, today=20)
    now = resolve([of(1, 80, 18), of(2, 80, 19, recorded=25, is_sale=False)], payouts, today=30)
    assert _parts_by(now.parts, 24) == _parts_by(then.parts, 20) == [(1, 80, "provider")]
    then = resolve([of(1, 80, 18), of(2, 80, 20, is_sale=False)], [EARLIER], today=20)
    now = resolve([of(1, 80, 18), of(2, 80, 20, is_sale=False), of(3, 80, 20, recorded=21)], [EARLIER], today=30)
    assert _parts_by(now.parts, 20) == _parts_by(then.parts, 20) == [(1, 80, "set_off"), (2, 80, "set_off")]


@pytest.mark.parametrize(
    ("category", "recognised", "expected", "factors"),
    [
        ("provider_payout", {}, [(11, 11_900)], set()),
        ("customer_receipt", {}, [(11, 11_900)], set()),
        ("factoring_payout", {}, [(11, 11_900)], {2}),
        ("factoring_payout", {"is_fed": False}, [], {2}),
        ("factoring_payout", {"is_fed": False, "is_duplicate": True}, [], set()),
        ("loan_proceeds", {}, [], set()),
        ("owner_contribution", {}, [], set()),
        ("provider_payout", {"transfer": "account"}, [], set()),
        ("provider_payout", {"is_duplicate": True}, [], set()),
        ("provider_payout", {"is_fed": False}, [], set()),
    ],
)
def test_what_came_in_tells_a_payout(category: str, recognised: Json, expected: list[Any], factors: set[int]) -> None:
    """No loan, no owner, no own account and no copy pays out; a factor is known by what anybody entered, too."""
    days = {"value_on": FEB_1, "created_on": FEB_1}
    lines = pl.DataFrame(
        [
            {
                "id": 10,
                "account": 2,
                "amount_cents": -11_900,
                "source": None,
                "target": 11,
                "category": "other",
                **days,
            },
            {
                "id": 11,
                "account": 1,
                "amount_cents": 11_900,
                "source": None,
                "target": None,
                **days,
                "category": category,
            },
        ],
        schema_overrides={"source": pl.Int64, "target": pl.Int64},
    )
    log_of = pl.DataFrame(schema={"transaction": pl.Int64, "amount_cents": pl.Int64})
    of_line = pl.DataFrame([{"id": 11, "is_fed": True, "transfer": "none", "is_duplicate": False, **recognised}])
    found, of_factors = payouts_of(lines, log_of, [2], of_line)
    assert [(one.line, one.amount) for one in found] == expected
    assert of_factors == dict.fromkeys(factors, (FEB_1 - date(1970, 1, 1)).days)


# Residues


@pytest.mark.parametrize(
    ("paid_cents", "on", "means"),
    [
        (11_662, "01-20", "discount"),
        (11_661, "01-20", "short"),
        # The tenth day is Tuesday the 20th; three bank days later is Friday.
        (11_662, "01-23", "discount"),
        (11_662, "01-24", "short"),
    ],
)
async def test_a_discount_is_agreed_and_in_time(paid_cents: int, on: str, means: str) -> None:
    """At most the agreed share, at most three bank days late."""
    found = await sums(
        Invoice=[paid(discountTime="10", discount="2")],
        CheckAccountTransaction=[line(9, str(paid_cents / 100), on)],
        CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, paid_cents / 100)],
    )
    assert found == {("invoice", 1): {"bank": paid_cents, means: 11_900 - paid_cents}}


@pytest.mark.parametrize(
    ("kept_cents", "on", "means"),
    [(238, "01-20", "discount"), (239, "01-20", "short"), (1_190, "01-20", "short"), (238, "01-24", "short")],
)
async def test_of_a_negative_invoice_no_more_is_a_discount(kept_cents: int, on: str, means: str) -> None:
    """What the firm keeps back of it is bounded by the same share and days."""
    out = 11_900 - kept_cents
    found = await sums(
        Invoice=[paid(sumNet="-100", sumTax="-19", sumGross="-119", paidAmount=-119, discountTime="10", discount="2")],
        CheckAccountTransaction=[line(9, str(-out / 100), on)],
        CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, -out / 100)],
    )
    assert found == {("invoice", 1): {"bank": -out, means: -kept_cents}}


@pytest.mark.parametrize("issued", ["01-13", "01-14", "01-15"])
async def test_three_bank_days_over_a_weekend(issued: str) -> None:
    """Ten days end on Friday, Saturday or Sunday: the third bank day is always Wednesday the 28th."""
    for on, means in (("01-28", "discount"), ("01-29", "short")):
        found = await sums(
            Invoice=[paid(invoiceDate=moment(issued), discountTime="10", discount="2")],
            CheckAccountTransaction=[line(9, "116.62", on)],
            CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, 116.62)],
        )
        assert found == {("invoice", 1): {"bank": 11_662, means: 238}}


@pytest.mark.parametrize(
    ("last", "in_time", "late"),
    [
        ("2025-04-17", "2025-04-24", "2025-04-25"),  # Maundy Thursday; Tuesday to Thursday after Easter
        ("2025-04-18", "2025-04-24", "2025-04-25"),  # Good Friday
        ("2025-04-29", "2025-05-05", "2025-05-06"),  # 1 May is a Thursday
        ("2025-12-23", "2025-12-30", "2025-12-31"),  # 24, 29 and 30 December
        ("2025-12-30", "2026-01-05", "2026-01-06"),  # New Year is a Thursday; Epiphany is none
        ("2025-05-28", "2025-06-02", "2025-06-03"),  # Ascension Day: banks work
    ],
)
async def test_three_bank_days_over_holidays(last: str, in_time: str, late: str) -> None:
    """Money moves on all days but those on which TARGET is closed."""
    issued = date.fromisoformat(last) - timedelta(days=10)
    for on, means in ((in_time, "discount"), (late, "short")):
        found = await sums(
            Invoice=[paid(invoiceDate=f"{issued}T12:00:00+00:00", discountTime="10", discount="2")],
            CheckAccountTransaction=[line(9, "116.62", valueDate=f"{on}T12:00:00+00:00")],
            CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, 116.62)],
        )
        assert found == {("invoice", 1): {"manual": 11_662, means: 238}}


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ("02-03", []),
        ("02-04", [(1_900, "short", "02-01", "02-03"), (-1_900, "short", "02-01", "02-04")]),
    ],
)
async def test_a_credit_note_that_is_dated_back_was_not_known_before(
    recorded: str, expected: list[tuple[int, str, str, str]]
) -> None:
    """A payment of 1 February, booked on the 3rd, and a note of 20 January: short until the note is entered."""
    ledger, _ = await read(
        Invoice=[paid(paidAmount=100)],
        CreditNote=[credit_note(7, refSrcInvoice=ref("Invoice", 1), create=moment(recorded))],
        CheckAccountTransaction=[line(9, "100")],
        CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, 100)],
    )
    rows = ledger.closings.filter(pl.col("means") != "bank").select(
        "amount_cents", "means", "happened_on", "recorded_on"
    )
    assert sorted((cents, means, f"{on:%m-%d}", f"{known:%m-%d}") for cents, means, on, known in rows.iter_rows()) == (
        sorted(expected)
    )


async def test_without_an_agreement_less_is_short() -> None:
    """Neither a share without days nor days without a share is an offer; a cent is short, too."""
    for terms in ({}, {"discount": "2"}, {"discountTime": "10"}):
        found = await sums(
            Invoice=[paid(**terms)],
            CheckAccountTransaction=[line(9, "118.99", "01-12")],
            CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, 118.99)],
        )
        assert found == {("invoice", 1): {"bank": 11_899, "short": 1}}


@pytest.mark.parametrize(
    ("amount", "on", "means"),
    [("56.53", "02-11", "discount"), ("56.52", "02-11", "short"), ("56.53", "02-12", "short")],
)
async def test_a_bill_with_a_twentieth_less(amount: str, on: str, means: str) -> None:
    """A bill states no discount: up to a twentieth is one, within 30 days of its date."""
    found = await sums(
        Voucher=[voucher(5, status="1000", paidAmount=59.5)],
        CheckAccountTransaction=[line(9, f"-{amount}", on)],
        CheckAccountTransactionLog=[log(4, "Voucher", 5, 9, -float(amount))],
    )
    assert set(found[("voucher", 5)]) == {"bank", means}


@pytest.mark.parametrize(
    ("noted_on", "expected"),
    [("02-01", {"bank": 10_000}), ("02-02", {"bank": 10_000, "short": 0})],
)
async def test_a_credit_note_up_to_the_last_booking_explains_what_is_left(
    noted_on: str, expected: dict[str, int]
) -> None:
    """A later one takes back what was short, on its own day."""
    note = credit_note(7, creditNoteDate=moment(noted_on), create=moment(noted_on), refSrcInvoice=ref("Invoice", 1))
    found = await sums(
        Invoice=[paid()],
        CreditNote=[note],
        CheckAccountTransaction=[line(9, "100")],
        CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, 100)],
    )
    assert found == {("invoice", 1): expected}


async def test_two_later_credit_notes_take_back_no_more_than_was_short() -> None:
    """In their order."""
    notes = [
        credit_note(7 + index, creditNoteDate=moment(on), create=moment(on), refSrcInvoice=ref("Invoice", 1))
        for index, on in enumerate(("02-10", "02-20"))
    ]
    rows = await closings(
        Invoice=[paid()],
        CreditNote=notes,
        CheckAccountTransaction=[line(9, "89")],
        CheckAccountTransactionLog=[log(4, "Invoice", 1, 9, 89)],
    )
    assert [(row[3], row[4], row[6]) for row in rows] == [
        (8_900, "bank", FEB_1),
        (3_000, "short", FEB_1),
        (-1_900, "short", date(2026, 2, 10)),
        (-1_100, "short", date(2026, 2, 20)),
    ]


async def test_what_is_closed_without_money() -> None:
    """Short on its pay date, or on a day that is not known; not where a cancellation or a credit note closed it."""
    cancellation = invoice(9, invoiceType="SR", status="1000", origin=ref("Invoice", 3))
    rows = await closings(
        Invoice=[
            paid(1, paidAmount=0, payDate=moment("02-05")),
            paid(2, paidAmount=0),
            paid(3, paidAmount=0),
            paid(4, paidAmount=0),
            paid(5, paidAmount=0),
            cancellation,
        ],
        CreditNote=[
            credit_note(7, sumGross="119", refSrcInvoice=ref("Invoice", 4)),
            credit_note(8, sumGross="19", refSrcInvoice=ref("Invoice", 5)),
        ],
    )
    assert rows == [
        ("invoice", 1, None, 11_900, "short", True, date(2026, 2, 5)),
        ("invoice", 2, None, 11_900, "short", False, TODAY),
        ("invoice", 5, None, 10_000, "short", True, date(2026, 1, 20)),
    ]


async def test_a_credit_note_is_closed_by_what_was_paid_out() -> None:
    """One that was booked off, or closed without money, is still owed to the customer."""
    found = await sums(
        CreditNote=[credit_note(5, status="1000"), credit_note(6, status="1000"), credit_note(7, status="1000")],
        CheckAccountTransaction=[line(9, "-19"), line(10, "-19", account=2)],
        CheckAccountTransactionLog=[log(4, "CreditNote", 5, 9, -19), log(5, "CreditNote", 6, 10, -19)],
    )
    assert found == {("credit_note", 5): {"bank": 1_900}}


async def test_paid_without_a_day() -> None:
    """Paid in full on some day up to today; of a part payment the day of reading is as good as any."""
    _, coverage = await read(Voucher=[voucher(5, status="1000", paidAmount=59.5)])
    assert coverage.notes == ("pay_day_unknown",)
    rows = await closings(
        Voucher=[voucher(5, status="1000", paidAmount=59.5), voucher(6, status="750", paidAmount=20)],
    )
    assert [(row[1], row[4], row[5], row[6]) for row in rows] == [
        (5, "stated", False, TODAY),
        (6, "stated", True, TODAY),
    ]
