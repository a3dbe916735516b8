"""The plan of a loan with equal monthly instalments."""

from datetime import date

from scoring.base.deadlines import months_after
from scoring.decisions.limits import monthly_instalment_cents
from scoring.decisions.loans import Instalment


def equal_instalments(
    amount_cents: int, annual_rate_bps: int, term_months: int, *, first_on: date
) -> tuple[Instalment, ...]:
    """Equal monthly instalments, paid in arrears; the last is what is left.

    Interest is one twelfth of the nominal annual rate for each instalment, the first included, and is rounded half up
    to the cent. An instalment is due on the day of the first one, or on the last day of a shorter month.

    Raises:
        ValueError: the amount is not above 0, the rate is negative, or the term is not 1 to 1200 months.
    """
    if amount_cents <= 0:
        raise ValueError(f"amount must be above 0, is {amount_cents} cents")
    instalment = monthly_instalment_cents(amount_cents, annual_rate_bps, term_months)
    left, found = amount_cents, []
    for number in range(term_months):
        left += (left * annual_rate_bps + 60_000) // 120_000  # a twelfth of hundredths of a percent, half up
        due = left if number == term_months - 1 else min(instalment, left)
        left -= due
        if due:
            found.append(Instalment(due_on=months_after(first_on, number), due_cents=due))
    return tuple(found)
