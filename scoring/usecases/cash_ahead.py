"""What a firm's cash does ahead, worked out on the books of a decision, for a worker thread."""

from forecast.cash import look_ahead
from scoring.base.deadlines import months_after
from scoring.decisions.cash_ahead import CashAhead, cash_ahead_of, pending_plan
from scoring.decisions.decision import Decision
from scoring.decisions.instalments import equal_instalments
from scoring.runtime.serving import Serving
from scoring.store.snapshots import KeptBooks


def find_cash_ahead(decision: Decision, books: KeptBooks, serving: Serving) -> CashAhead:
    """Look ahead from the books of a decision.

    What is paid out is taken to be spent at once on what it is for: of the loan only instalments count, each a month
    after the other, the first one month after the day of observation. The lender's own loans that no bank line shows
    yet count likewise, each over its own term. The rate is that of the offer; without an offer the highest of the
    policy.

    Args:
        decision: as the record has it.
        books: of it.
        serving: the policy that it names.

    Raises:
        SnapshotError: the snapshot cannot be read.
    """
    terms, offer, as_of = decision.terms, decision.assessment.offer, decision.as_of
    ledger = books.snapshot.ledger
    highest = serving.policy.of(terms.product).pricing.highest_annual_rate_bps
    rate = highest if offer is None else offer.annual_rate_bps
    plan = equal_instalments(terms.amount_cents, rate, terms.term_months, first_on=months_after(as_of, 1))
    pending = pending_plan(decision.circumstances.own_loans, as_of)
    return cash_ahead_of(look_ahead(ledger, as_of, terms.term_months), as_of, plan, pending)
