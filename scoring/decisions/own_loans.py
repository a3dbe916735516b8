"""What a lender has lent to a borrower itself, and of which of these loans the borrower's bank tells nothing yet."""

from collections.abc import Sequence
from datetime import date

from scoring.decisions.decision import OwnLoans, PendingLoan
from scoring.decisions.limits import monthly_instalment_cents
from scoring.decisions.loans import Loan


def own_loans(found: Sequence[Loan], last_line_on: date | None) -> OwnLoans:
    """Sum up open loans.

    A loan that is paid out on the day of the last bank line may arrive on the next: it counts as not seen, since a
    second loan on top of one that is not seen costs more than one that is counted twice for a day.

    Args:
        found: All open loans.
        last_line_on: The day of the last bank line; None where there is none.
    """
    unseen = [
        one for one in found if one.paid_out_on is None or last_line_on is None or one.paid_out_on >= last_line_on
    ]
    return OwnLoans(
        open_count=len(found),
        exposure_cents=sum(one.exposure_cents for one in found),
        pending=tuple(
            PendingLoan(
                instalment_cents=monthly_instalment_cents(
                    one.terms.amount_cents, one.terms.annual_rate_bps, one.terms.term_months
                ),
                term_months=one.terms.term_months,
            )
            for one in unseen
        ),
    )
