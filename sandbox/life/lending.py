"""What a firm borrowed by contract: pay-outs, grace periods, instalments and balloons, as its bank lines show them."""

from sandbox.life.borrowed import Borrowed, role_of
from sandbox.life.calendar import Calendar
from sandbox.life.costs import DEBT, Costs, Obligation


def borrow(costs: Costs, borrowed: tuple[Borrowed, ...], when: Calendar) -> None:
    """Add pay-outs and instalments of loans that were paid out while the books are kept."""
    for number, loan in enumerate(borrowed):
        role, day = role_of(number), max(when.opens, when.last - loan.paid_out_days)
        out = Obligation(
            DEBT,
            day,
            -loan.euro * 100,
            f"Darlehensauszahlung {loan.text}",
            role,
            is_debit=True,
            nature="loan_proceeds",
        )
        costs.obligations.append(out)
        interest, level = _interest(loan), _instalment(loan)
        for index in range(loan.grace + loan.number):
            due = _day(when, day, loan, index + 1)
            if due is None:
                break
            is_grace = index < loan.grace
            is_last = index == loan.grace + loan.number - 1
            cents = interest if is_grace else level + (round(loan.euro * 100 * loan.balloon) if is_last else 0)
            text = f"Darlehen {loan.text} {'Zinsen' if is_grace else 'Rate'} {index + 1}"
            costs.obligations.append(Obligation(DEBT, due, cents, text, role, is_debit=True, nature="debt_service"))


def _interest(loan: Borrowed) -> int:
    return round(loan.euro * 100 * _periodic(loan))


def _instalment(loan: Borrowed) -> int:
    """Of an annuity on what is not left for the end, with interest on that."""
    rate, left = _periodic(loan), loan.euro * 100 * loan.balloon
    repaid = loan.euro * 100 - left
    return round(repaid * rate / (1 - (1 + rate) ** -loan.number) + left * rate)


def _periodic(loan: Borrowed) -> float:
    return loan.rate * loan.every_months / 12 if loan.every_months else loan.rate / 52


def _day(when: Calendar, start: int, loan: Borrowed, number: int) -> int | None:
    """Of an instalment; None after the end of the books."""
    if not loan.every_months:
        day = start + 7 * number
    else:
        later = [first for first in when.month_first if first > start]
        months = loan.every_months * number - 1
        if months >= len(later):
            return None
        day = later[months] + 14
    return when.next_working[day] if day <= when.last and when.next_working[day] <= when.last else None
