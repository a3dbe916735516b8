"""What is said of cash ahead: with a plan and without, and what comes and goes by month."""

from datetime import date

from builders import make_ledger
from cash_books import AS_OF, regular

from forecast.cash import Case, Kind, look_ahead
from scoring.decisions.cash_ahead import cash_ahead_of, pending_plan
from scoring.decisions.decision import OwnLoans, PendingLoan
from scoring.decisions.instalments import equal_instalments
from scoring.decisions.loans import Instalment

PLAN = equal_instalments(1_200_000, 0, 12, first_on=date(2026, 7, 30))
ANSWER = look_ahead(make_ledger(**regular()), AS_OF, 12)


def test_an_instalment_lowers_what_follows_by_what_was_paid() -> None:
    """1,000 euro a month: nothing before the first, all twelve after the last."""
    found = cash_ahead_of(ANSWER, AS_OF, PLAN)
    assert (found.instalment_cents, found.first_due_on, found.foreseen_months) == (100_000, date(2026, 7, 30), 12)
    one = found.cases[0]
    moved = {
        day.day: other.median_cents - day.median_cents
        for day, other in zip(one.with_instalment.days, one.without_loan.days, strict=True)
    }
    assert moved[date(2026, 7, 29)] == 0
    assert moved[date(2026, 7, 30)] == 100_000
    assert moved[date(2027, 6, 30)] == 1_200_000
    assert one.with_instalment.gap is not None
    assert one.without_loan.gap is not None
    assert one.with_instalment.gap >= one.without_loan.gap


def test_loans_that_are_not_paid_out_yet_lower_both() -> None:
    """Another loan of the same lender, of 500 euro a month, is due with this one and without it."""
    pending = [Instalment(due_on=one.due_on, due_cents=50_000) for one in PLAN]
    alone, beside = cash_ahead_of(ANSWER, AS_OF, PLAN), cash_ahead_of(ANSWER, AS_OF, PLAN, pending)
    for line in ("without_loan", "with_instalment"):
        days = [getattr(found.cases[0], line).days[179].median_cents for found in (alone, beside)]
        assert days[0] - days[1] == 5 * 50_000


def test_each_own_loan_is_due_over_its_own_term() -> None:
    """Two months of 400 euro and three of 100, whatever is asked for; a day that a month lacks is its last."""
    pending = (
        PendingLoan(instalment_cents=40_000, term_months=2),
        PendingLoan(instalment_cents=10_000, term_months=3),
    )
    own = OwnLoans(open_count=2, exposure_cents=110_000, pending=pending)
    found = pending_plan(own, date(2026, 12, 31))
    assert [(one.due_on, one.due_cents) for one in found] == [
        (date(2027, 1, 31), 40_000),
        (date(2027, 2, 28), 40_000),
        (date(2027, 1, 31), 10_000),
        (date(2027, 2, 28), 10_000),
        (date(2027, 3, 31), 10_000),
    ]
    assert pending_plan(None, AS_OF) == ()


def test_flows_add_up_by_month() -> None:
    """Whole months have what comes back once; the sum over months is what the days have."""
    found = cash_ahead_of(ANSWER, AS_OF, PLAN)
    assert found.flows[0].month == date(2026, 7, 1)
    assert found.flows[2].cents[Kind.RENT] == -50_000
    assert ANSWER.outlook is not None
    for kind, flow in ANSWER.outlook.flows.items():
        assert sum(month.cents.get(kind, 0) for month in found.flows) == int(flow.sum())
    assert [one.case for one in found.cases] == list(Case)


def test_ends_of_months_are_told_apart() -> None:
    """The last days of the months ahead, the first of them in July."""
    days = [one.day for one in cash_ahead_of(ANSWER, AS_OF, PLAN).cases[0].without_loan.ends_of_months()]
    assert days[0] == date(2026, 7, 31)
    assert days[-1] == date(2027, 6, 30)
    assert len(days) == 12
