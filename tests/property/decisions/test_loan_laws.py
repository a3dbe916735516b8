"""Laws of loans, whatever was entered and in whatever order."""

import random
from datetime import date, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from models.outcomes import Definition, outcomes
from scoring.decisions.loans import (
    Correction,
    Entry,
    Granted,
    Instalment,
    Loan,
    LoanError,
    Paid,
    PaidOut,
    Part,
    Planned,
    Redeemed,
    Removed,
    Restructured,
    WrittenOff,
    decode,
    encode,
    fold,
    repayments,
)

CRR = Definition.crr_178()
START = date(2026, 1, 1)
DAYS = st.integers(2, 420).map(lambda days: START + timedelta(days=days))
CENTS = st.integers(1, 60_000)


@st.composite
def instalments(draw: st.DrawFn, after: date) -> tuple[Instalment, ...]:
    """Up to twelve, on any days after one, several on a day among them."""
    gaps = draw(st.lists(st.integers(1, 60), min_size=1, max_size=12))
    return tuple(Instalment(due_on=after + timedelta(days=gap * 5), due_cents=draw(CENTS)) for gap in gaps)


@st.composite
def loans(draw: st.DrawFn) -> list[Entry]:
    """A loan with payments, perhaps restructured, redeemed or written off."""
    plan = Planned(ref="plan", happened_on=START, instalments=draw(instalments(START)))
    total = sum(one.due_cents for one in plan.instalments)
    entries: list[Entry] = [
        Granted(ref="g", happened_on=START, amount_cents=total, term_months=12, annual_rate_bps=0),
        plan,
        PaidOut(ref="out", happened_on=START + timedelta(days=1), amount_cents=draw(st.integers(1, total))),
    ]
    paid = draw(st.lists(st.tuples(DAYS, CENTS), max_size=8))
    entries += [Paid(ref=f"p{n}", happened_on=day, amount_cents=cents) for n, (day, cents) in enumerate(paid)]
    if draw(st.booleans()):
        day = draw(DAYS)
        changed, is_forbearance = draw(instalments(day)), draw(st.booleans())
        if not is_forbearance:  # as much as is owed, or more
            changed += (Instalment(due_on=day + timedelta(days=1), due_cents=max(owed(entries, day), 1)),)
        entries.append(Restructured(ref="s", happened_on=day, instalments=changed, is_forbearance=is_forbearance))
    last = START + timedelta(days=500)
    end = draw(st.sampled_from(["none", "redeemed", "written_off"]))
    if end != "none" and (unpaid := fold(entries).unpaid_cents):
        least, kind = (owed(entries, last), Redeemed) if end == "redeemed" else (1, WrittenOff)
        cents = draw(st.integers(max(least, 1), max(least, unpaid)))
        entries.append(kind(ref="end", happened_on=last, amount_cents=cents))
    return entries


def owed(entries: list[Entry], day: date) -> int:
    """What was paid out up to a day and has not come back."""
    loan = fold(entries, until=day)
    return loan.paid_out_cents - loan.paid_cents


def settled(parts: tuple[Part, ...]) -> int:
    """What payments settled."""
    return sum(part.due_cents for part in parts if part.ended_on is not None and not part.is_replaced)


@given(entries=loans())
def test_what_was_paid_is_what_was_settled_and_what_is_over(entries: list[Entry]) -> None:
    """To the cent; but for a redemption, which settles everything whatever was paid."""
    loan = fold([one for one in entries if not isinstance(one, Redeemed)])
    assert loan.paid_cents == settled(loan.parts) + loan.overpaid_cents


@given(entries=loans())
def test_what_is_due_is_what_was_agreed(entries: list[Entry]) -> None:
    """No payment makes or loses an instalment: the parts of the plan are the plan, and those of a new one are it."""
    loan = fold(entries)
    agreed = [one for one in entries if isinstance(one, Planned | Restructured)]
    total = sum(part.due_cents for one in agreed for part in one.instalments)
    assert sum(part.due_cents for part in loan.parts) == total


@given(entries=loans(), seed=st.integers(0, 1_000))
def test_the_order_of_entering_does_not_matter(entries: list[Entry], seed: int) -> None:
    """The days say what came first."""
    shuffled = list(entries)
    random.Random(seed).shuffle(shuffled)  # noqa: S311  the seed is the test's
    assert fold(shuffled) == fold(entries)


@given(entries=loans(), wrong=st.tuples(DAYS, CENTS), data=st.data())
def test_a_correction_equals_having_entered_it_right(
    entries: list[Entry], wrong: tuple[date, int], data: st.DataObject
) -> None:
    """In everything but the reference of the entry."""
    payments = [one for one in entries if isinstance(one, Paid)]
    if not payments:
        return
    right = data.draw(st.sampled_from(payments))
    day, cents = wrong
    mistaken = msgspec.structs.replace(right, happened_on=day, amount_cents=cents)
    corrected = msgspec.structs.replace(right, ref="right", corrects=right.ref, why=Correction.OTHER)
    said = [mistaken if one is right else one for one in entries]
    assert told(fold([*said, corrected])) == told(fold(entries))


@given(entries=loans(), day=DAYS, cents=CENTS)
def test_a_removed_entry_leaves_no_trace(entries: list[Entry], day: date, cents: int) -> None:
    """As if it had never been entered."""
    more = [Paid(ref="x", happened_on=day, amount_cents=cents), Removed(ref="y", happened_on=day, corrects="x")]
    assert told(fold([*entries, *more])) == told(fold(entries))


def told(loan: Loan) -> Loan:
    """A loan without the entries themselves."""
    return msgspec.structs.replace(loan, entries=())


@given(entries=loans(), length=st.integers(1, 700))
def test_days_past_due_are_those_of_the_outcome(entries: list[Entry], length: int) -> None:
    """Counted here day by day, and by the models over rows: the worst of the performance window is the same."""
    until = START + timedelta(days=length)
    loan = fold(entries, until=until)
    rows = repayments(loan, borrower=0, as_of=START, observed_until=until)
    if rows.is_empty():
        return
    window_end = min(date(2027, 1, 1), until)
    (worst,) = outcomes(rows, CRR)["worst_dpd"].to_list()
    assert loan.worst_days_past_due(window_end, CRR) == worst


@given(entries=loans(), length=st.integers(1, 700))
def test_overdue_sums_are_those_of_the_rows(entries: list[Entry], length: int) -> None:
    """What the lender sees as overdue is what outcomes count, where nothing was agreed because of difficulties."""
    loan = fold(entries)
    if loan.is_forborne:
        return
    day = START + timedelta(days=length)
    rows = repayments(loan, borrower=0, as_of=START, observed_until=START + timedelta(days=900))
    overdue = sum(
        cents
        for due_on, cents, paid_on in rows.select("due_on", "due_cents", "paid_on").rows()
        if due_on < day and (paid_on is None or paid_on > day)
    )
    assert loan.overdue_cents(day) == overdue


@given(entries=loans(), length=st.integers(0, 500))
def test_a_day_of_knowledge_is_a_beginning_of_the_story(entries: list[Entry], length: int) -> None:
    """Whatever is left out because it came later, the rest is a loan, too."""
    until = START + timedelta(days=length)
    loan = fold(entries, until=until)
    assert all(one.happened_on <= until for one in loan.entries if not isinstance(one, Granted))
    assert loan.paid_cents <= fold(entries).paid_cents


@given(entries=loans())
def test_entries_are_read_back_as_they_were_stored(entries: list[Entry]) -> None:
    """Byte by byte."""
    assert [decode(encode(one)) for one in entries] == entries


@given(entries=loans(), cents=st.integers(1, 10**9))
def test_never_more_is_paid_out_than_was_granted(entries: list[Entry], cents: int) -> None:
    """However small the parts."""
    loan = fold(entries)
    more = PaidOut(ref="more", happened_on=START + timedelta(days=1), amount_cents=cents)
    try:
        after = fold([*entries, more])
    except LoanError as error:
        is_repaid_in_full = "of what was paid out" not in str(error)  # else more would have to come back
        assert loan.paid_out_cents + cents > loan.terms.amount_cents or not is_repaid_in_full
    else:
        assert after.paid_out_cents <= loan.terms.amount_cents
