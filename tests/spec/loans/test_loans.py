"""What a loan is after its entries, by hand-made tables with their boundary days."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from models.outcomes import Definition, outcomes
from scoring.decisions.loans import (
    Closed,
    Condition,
    ConditionMet,
    ConditionOpenError,
    Correction,
    Entry,
    Granted,
    Instalment,
    LoanError,
    LoanStatus,
    Paid,
    PaidOut,
    Planned,
    Recovered,
    Redeemed,
    Removed,
    Restructured,
    WrittenOff,
    decode,
    encode,
    fold,
    performance,
    repayments,
)

CRR = Definition.crr_178()
START = date(2026, 1, 1)
JANUARY = date(2026, 1, 10)
DUE = (date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1))
IDENTITY = Condition(name="identity")
NOTICES = Condition(name="insolvency_notices", days=14)


def granted(*conditions: Condition, cents: int = 90_000) -> Granted:
    """A loan of 900 euro over three months."""
    return Granted(
        ref="g", happened_on=START, amount_cents=cents, term_months=3, annual_rate_bps=700, conditions=conditions
    )


def planned(*cents: int, ref: str = "plan", days: Sequence[date] = DUE) -> Planned:
    """Instalments on the first of each month."""
    instalments = [Instalment(due_on=day, due_cents=one) for day, one in zip(days, cents or (31_000,) * 3, strict=True)]
    return Planned(ref=ref, happened_on=START, instalments=tuple(instalments))


def met(day: date, condition: Condition = IDENTITY, ref: str = "c") -> ConditionMet:
    """A condition that was confirmed."""
    return ConditionMet(ref=ref, happened_on=day, condition=condition.name)


def out(day: date = JANUARY, cents: int = 90_000, ref: str = "out") -> PaidOut:
    """Money that went out."""
    return PaidOut(ref=ref, happened_on=day, amount_cents=cents)


def paid(day: date, cents: int, ref: str = "p") -> Paid:
    """Money that came in."""
    return Paid(ref=ref, happened_on=day, amount_cents=cents)


def anew(cents: int, *, is_forbearance: bool = False) -> Restructured:
    """One instalment in place of all that are unpaid."""
    later = (Instalment(due_on=date(2026, 7, 30), due_cents=cents),)
    return Restructured(ref="s", happened_on=date(2026, 3, 15), instalments=later, is_forbearance=is_forbearance)


RUNNING: tuple[Entry, ...] = (granted(), planned(), out())


def day(month: int, number: int) -> date:
    """A day of 2026."""
    return date(2026, month, number)


@pytest.mark.parametrize(
    ("payments", "on", "overdue_cents", "days"),
    [
        # due on 1 February, unpaid: on the day itself nothing is overdue, on the next one day
        ((), day(2, 1), 0, 0),
        ((), day(2, 2), 31_000, 1),
        ((), day(3, 1), 31_000, 28),
        ((), day(3, 2), 62_000, 29),
        # paid on the due day, and one day later
        ((paid(day(2, 1), 31_000),), day(2, 2), 0, 0),
        ((paid(day(2, 2), 31_000),), day(2, 2), 0, 0),
        ((paid(day(2, 3), 31_000),), day(2, 2), 31_000, 1),
        # 100 euro left are not material, a cent more is
        ((paid(day(2, 1), 21_000),), day(2, 10), 10_000, 0),
        ((paid(day(2, 1), 20_999),), day(2, 10), 10_001, 9),
        # what is paid before it is due settles the next
        ((paid(day(1, 20), 62_000),), day(3, 31), 0, 0),
        # the counter starts again when the sum falls to the threshold
        ((paid(day(2, 11), 21_000),), day(3, 3), 41_000, 2),
    ],
)
def test_arrears_and_days_past_due(payments: tuple[Paid, ...], on: date, overdue_cents: int, days: int) -> None:
    """An instalment due on one day and unpaid on the next is one day past due; small sums do not count."""
    loan = fold([*RUNNING, *payments])
    assert (loan.overdue_cents(on), loan.days_past_due(on, CRR)) == (overdue_cents, days)


def test_a_default_begins_with_the_ninety_first_day() -> None:
    """Ninety days past due are no default, and one more is."""
    loan = fold(RUNNING)
    first = DUE[0] + timedelta(days=91)
    assert loan.defaulted_on(first - timedelta(days=1), CRR) is None
    assert loan.defaulted_on(first, CRR) == first
    assert loan.worst_days_past_due(first, CRR) == 91


@pytest.mark.parametrize(
    ("entries", "cents"),
    [
        ((granted(),), 90_000),
        ((granted(), planned(), out(cents=40_000)), 90_000),  # the rest may still be paid out
        (RUNNING, 90_000),  # of the 930 euro of the plan, 30 are interest to come
        ((*RUNNING, paid(day(2, 1), 31_000)), 62_000),
        ((*RUNNING, paid(day(2, 1), 93_000)), 0),
        ((granted(), Closed(ref="end", happened_on=JANUARY)), 0),
    ],
)
def test_what_is_owed_of_what_was_granted(entries: tuple[Entry, ...], cents: int) -> None:
    """All of it until it is paid out, then what is unpaid, without interest to come."""
    assert fold(entries).exposure_cents == cents


def test_an_instalment_on_the_last_day_of_the_calendar_is_a_plan() -> None:
    """No default follows from it, and no day behind it is asked for: such a loan can be read."""
    last = Planned(ref="plan", happened_on=JANUARY, instalments=(Instalment(due_on=date.max, due_cents=93_000),))
    loan = fold([granted(), last, out()])
    assert (loan.defaulted_on(day(3, 1), CRR), loan.worst_days_past_due(day(3, 1), CRR)) == (None, 0)


def test_a_payment_in_parts_makes_rows_of_the_same_overdue_sum() -> None:
    """310 euro in two payments are two rows; what is left is a third."""
    loan = fold([*RUNNING, paid(day(2, 1), 10_000), paid(day(2, 5), 11_000, ref="p2")])
    rows = repayments(loan, borrower=7, as_of=date(2025, 12, 31), observed_until=day(2, 10))
    assert rows.select("instalment", "due_on", "due_cents", "paid_on").rows() == [
        (1, DUE[0], 10_000, day(2, 1)),
        (2, DUE[0], 11_000, day(2, 5)),
        (3, DUE[0], 10_000, None),
        (4, DUE[1], 31_000, None),
        (5, DUE[2], 31_000, None),
    ]
    assert set(rows.select("borrower", "as_of", "observed_until").rows()) == {(7, date(2025, 12, 31), day(2, 10))}


def test_what_is_known_later_is_left_out() -> None:
    """Payments after the observation are not seen; corrections count whenever they were made."""
    late = Paid(ref="p3", happened_on=day(2, 2), amount_cents=31_000, corrects="p", why=Correction.WRONG_DAY)
    entries = [*RUNNING, paid(day(2, 20), 31_000), late, paid(day(3, 1), 31_000, ref="p2")]
    rows = repayments(fold(entries, until=day(2, 28)), borrower=0, as_of=START, observed_until=day(2, 28))
    assert rows["paid_on"].to_list() == [day(2, 2), None, None]


@pytest.mark.parametrize(
    ("entries", "status", "closed_on", "outcome"),
    [
        ((granted(), planned()), LoanStatus.GRANTED, None, None),
        ((granted(), Closed(ref="x", happened_on=JANUARY)), LoanStatus.CANCELLED, JANUARY, None),
        (RUNNING, LoanStatus.RUNNING, None, "bad"),
        ((*RUNNING, paid(day(3, 1), 93_000)), LoanStatus.REPAID, day(3, 1), "good"),
        ((*RUNNING, Redeemed(ref="r", happened_on=day(1, 20), amount_cents=90_100)), "repaid", day(1, 20), "good"),
        # one instalment of 310 euro was lost
        (
            (*RUNNING, paid(day(2, 1), 62_000), WrittenOff(ref="w", happened_on=day(5, 1), amount_cents=31_000)),
            LoanStatus.WRITTEN_OFF,
            None,
            "bad",
        ),
        (
            (
                *RUNNING,
                paid(day(2, 1), 62_000),
                WrittenOff(ref="w", happened_on=day(5, 1), amount_cents=31_000),
                Closed(ref="x", happened_on=day(6, 1)),
                Recovered(ref="v", happened_on=day(7, 1), amount_cents=31_000),
            ),
            LoanStatus.WRITTEN_OFF,
            day(6, 1),
            "bad",
        ),
        # a small sum that the lender lets go makes no firm bad
        (
            (
                *RUNNING,
                paid(day(3, 1), 92_000),
                WrittenOff(ref="w", happened_on=day(5, 1), amount_cents=1_000),
                Closed(ref="x", happened_on=day(5, 1)),
            ),
            LoanStatus.WRITTEN_OFF,
            day(5, 1),
            "good",
        ),
    ],
)
def test_how_a_loan_stands_and_what_its_outcome_is(
    entries: tuple[Entry, ...], status: str, closed_on: date | None, outcome: str | None
) -> None:
    """Outcomes follow from entries by the definition of the models, two years later."""
    loan = fold(entries)
    rows, unlikely = performance([(0, START, loan, date(2028, 1, 1))])
    assert (loan.status, loan.closed_on) == (status, closed_on)
    assert outcomes(rows, CRR, unlikely)["outcome"].to_list() == ([] if outcome is None else [outcome])


@pytest.mark.parametrize(
    ("cents", "found"), [((10_000,), []), ((10_001,), [day(5, 1)]), ((6_000, 4_000), []), ((6_000, 4_001), [day(5, 2)])]
)
def test_a_material_write_off_is_a_default_however_few_days_past_due(cents: tuple[int, ...], found: list[date]) -> None:
    """From the day on which what was written off is more than 100 euro (Article 178(3) CRR)."""
    offs = [
        WrittenOff(ref=f"w{number}", happened_on=day(5, number), amount_cents=one)
        for number, one in enumerate(cents, start=1)
    ]
    loan = fold([*RUNNING, paid(day(3, 1), 70_000), *offs])
    rows, unlikely = performance([(0, START, loan, date(2028, 1, 1))])
    assert unlikely["unlikely_on"].to_list() == found
    assert rows.equals(repayments(loan, borrower=0, as_of=START, observed_until=date(2028, 1, 1)))


@pytest.mark.parametrize(("is_forbearance", "outcome"), [(True, "bad"), (False, "good")])
def test_no_restructuring_because_of_difficulties_hides_a_default(is_forbearance: bool, outcome: str) -> None:  # noqa: FBT001
    """The firm pays by the new plan in time; by the old one, the last instalment came 120 days late."""
    later = tuple(Instalment(due_on=date(2026, 7, 30), due_cents=31_000) for _ in range(1))
    change = Restructured(ref="s", happened_on=day(3, 15), instalments=later, is_forbearance=is_forbearance)
    loan = fold([*RUNNING, paid(day(2, 1), 62_000), change, paid(date(2026, 7, 30), 31_000, ref="p2")])
    rows = repayments(loan, borrower=0, as_of=START, observed_until=date(2028, 1, 1))
    assert (loan.is_forborne, loan.status) == (is_forbearance, LoanStatus.REPAID)
    assert outcomes(rows, CRR)["outcome"].to_list() == [outcome]
    assert loan.days_past_due(date(2026, 6, 1), CRR) == 0


def test_less_is_agreed_because_of_difficulties_alone() -> None:
    """Then the plan of before counts for the outcome: what was forgiven stays unpaid there."""
    loan = fold([*RUNNING, anew(10_000, is_forbearance=True), paid(date(2026, 7, 30), 10_000)])
    rows = repayments(loan, borrower=0, as_of=START, observed_until=date(2028, 1, 1))
    assert loan.status is LoanStatus.REPAID
    assert outcomes(rows, CRR)["outcome"].to_list() == ["bad"]
    assert fold([*RUNNING, paid(day(2, 1), 31_000), anew(59_000)]).unpaid_cents == 59_000


@pytest.mark.parametrize(
    ("condition", "confirmed_on", "is_open"),
    [
        (IDENTITY, None, True),
        (IDENTITY, JANUARY, False),
        (IDENTITY, JANUARY + timedelta(days=1), True),
        (IDENTITY, date(2020, 1, 1), False),
        # a look at the insolvency notices is good for fourteen days
        (NOTICES, JANUARY - timedelta(days=14), False),
        (NOTICES, JANUARY - timedelta(days=15), True),
    ],
)
def test_nothing_is_paid_out_while_a_condition_is_open(
    condition: Condition,
    confirmed_on: date | None,
    is_open: bool,  # noqa: FBT001
) -> None:
    """Confirmed by the day of the pay-out, and not too long before."""
    known = [granted(condition), *([] if confirmed_on is None else [met(confirmed_on, condition)])]
    if not is_open:
        assert fold([*known, out()]).paid_out_cents == 90_000
        return
    with pytest.raises(ConditionOpenError, match=condition.name) as raised:
        fold([*known, out()])
    assert raised.value.conditions == (condition.name,)


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([planned()], "begins with its granting"),
        ([granted(), granted()], "there twice"),
        ([*RUNNING, out(day(1, 11), 1, ref="o2")], "900.01 EUR would be paid out in all, and 900.00 EUR were granted"),
        ([*RUNNING, planned(ref="again")], "has a plan"),
        ([granted(), planned(30_000, 30_000, 29_999), out()], "less than the 900.00 EUR that were paid out"),
        ([granted(), planned(days=(START, *DUE[1:]))], "is due on 2026-01-01 or before"),
        ([granted(), planned(1, 0, 1)], "not above 0"),
        ([granted(), planned(), paid(day(1, 9), 1)], "before anything was paid out"),
        ([granted(), out(), paid(day(2, 1), 1)], "needs the plan"),
        ([*RUNNING, paid(day(2, 1), 0)], "not above 0"),
        ([*RUNNING, paid(date(2025, 12, 31), 1)], "before the loan was granted"),
        ([*RUNNING, met(JANUARY)], "the conditions of this loan are: none"),
        ([*RUNNING, WrittenOff(ref="w", happened_on=day(5, 1), amount_cents=93_001)], "930.00 EUR are unpaid"),
        ([*RUNNING, Recovered(ref="v", happened_on=day(5, 1), amount_cents=1)], "before a write-off"),
        ([*RUNNING, Closed(ref="x", happened_on=day(5, 1))], "930.00 EUR are unpaid"),
        ([granted(), out(), Closed(ref="x", happened_on=day(5, 1))], "no plan says what was due"),
        (
            [*RUNNING, Redeemed(ref="r", happened_on=day(2, 1), amount_cents=90_000), paid(day(2, 2), 1)],
            "after the end of the loan, on 2026-02-01",
        ),
        # one cent redeems no loan, and no new plan forgives what is owed
        ([*RUNNING, Redeemed(ref="r", happened_on=day(2, 1), amount_cents=89_999)], "0.01 EUR of what was paid out"),
        (
            [*RUNNING, paid(day(2, 1), 31_000), Redeemed(ref="r", happened_on=day(2, 2), amount_cents=58_999)],
            "write off what is not expected",
        ),
        ([*RUNNING, paid(day(2, 1), 31_000), anew(58_999)], "less than the 590.00 EUR of what was paid out"),
        ([*RUNNING, Removed(ref="x", happened_on=JANUARY)], "name the entry in corrects"),
        ([*RUNNING, Removed(ref="x", happened_on=JANUARY, corrects="q")], "which the loan does not have"),
        ([*RUNNING, Removed(ref="x", happened_on=JANUARY, corrects="g")], "can only be corrected by another granted"),
        ([*RUNNING, Paid(ref="x", happened_on=JANUARY, amount_cents=1, corrects="out")], "by another paid_out"),
        (
            [
                *RUNNING,
                paid(day(2, 1), 1),
                Removed(ref="x", happened_on=JANUARY, corrects="p"),
                Removed(ref="y", happened_on=JANUARY, corrects="p"),
            ],
            "which 'x' has corrected before",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(entries: list[Entry], message: str) -> None:
    """With a sentence that names the entry."""
    with pytest.raises(LoanError, match=message):
        fold(entries)


def test_more_than_was_due_is_kept_as_overpaid() -> None:
    """A fact that the lender has to settle with the firm, and no error."""
    loan = fold([*RUNNING, paid(day(2, 1), 93_500)])
    assert (loan.overpaid_cents, loan.unpaid_cents, loan.status) == (500, 0, LoanStatus.REPAID)


def test_a_payment_that_the_bank_gave_back_never_was_one() -> None:
    """Days past due count from the day on which it was due."""
    back = Removed(ref="b", happened_on=day(2, 6), corrects="p", why=Correction.PAYMENT_RETURNED)
    loan = fold([*RUNNING, paid(day(2, 1), 31_000), back])
    assert loan.days_past_due(day(2, 10), CRR) == 9


def test_stored_bytes_are_read_back_and_hold_no_names() -> None:
    """What an entry says, always in the same order."""
    entry = Paid(ref="p", happened_on=day(2, 1), amount_cents=5, corrects="q", why=Correction.WRONG_AMOUNT)
    said = b'{"kind":"paid","ref":"p","happened_on":"2026-02-01","corrects":"q","why":"wrong_amount","amount_cents":5}'
    assert encode(entry) == said
    assert decode(said) == entry
