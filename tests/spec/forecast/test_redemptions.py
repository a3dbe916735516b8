"""Which payments to lenders will not come back, and which of them other loans paid: situations with their numbers."""

from datetime import date, timedelta

import pytest
from builders import Row, make_ledger, make_transaction

from features.spine import spine_of
from forecast.debt_service import in_months
from forecast.facilities import Borrowings, FacilityState, facilities

AS_OF = date(2026, 11, 23)
END = date(2026, 11, 1)
"""The day after the last full month."""
MARCH = date(2026, 3, 16)
OLD_BANK, NEW_BANK = "bank/sparkasse", "bank/commerzbank"


def line(day: date, cents: int, category: str, funder: str | None = None) -> Row:
    """A bank line; positive is money in."""
    return make_transaction(happened_on=day, amount_cents=cents, category=category, funder=funder)


def monthly(
    last: date, number: int, cents: int, category: str = "loan_service", funder: str | None = None
) -> list[Row]:
    """Instalments of one amount, the last on a day."""
    return [line(in_months(last, -n), -cents, category, funder) for n in range(number)]


def seen(*lines: Row) -> Borrowings:
    """What lines of three years show."""
    known = [line(day, 1, "other") for day in (date(2023, 11, 20), AS_OF)]
    found = facilities(make_ledger(transactions=[*known, *lines]), spine_of(AS_OF))[0]
    assert found is not None
    return found


def redeemed(on: date = MARCH, cents: int = 80_000_00, *, funder: str | None = OLD_BANK) -> list[Row]:
    """A loan of 1,000 a month since before the books, and its redemption a few days after the last instalment."""
    last = on - timedelta(6)
    return [*monthly(last, 24, 1_000_00, funder=funder), line(on, -cents, "loan_service", funder)]


def lent(on: date, cents: int = 80_000_00, funder: str = NEW_BANK) -> Row:
    """What another loan pays out."""
    return line(on, cents, "loan_proceeds", funder)


@pytest.mark.parametrize(
    ("lines", "extra", "refinanced"),
    [
        (redeemed(), 80_000, 0),
        ([*redeemed(), lent(MARCH)], 80_000, 80_000),
        ([*redeemed(), lent(MARCH - timedelta(45))], 80_000, 80_000),
        ([*redeemed(), lent(MARCH - timedelta(46))], 80_000, 0),
        ([*redeemed(), lent(MARCH + timedelta(45))], 80_000, 80_000),
        ([*redeemed(), lent(MARCH, 30_000_00), lent(MARCH, 20_000_00, OLD_BANK)], 80_000, 50_000),
        ([*redeemed(), lent(MARCH, 120_000_00)], 80_000, 80_000),
        # Of one pay-out, two redemptions have each cent once.
        ([*redeemed(), *redeemed(cents=50_000_00, funder="bank/ing"), lent(MARCH, 100_000_00)], 130_000, 100_000),
        # Within twelve full months alone.
        ([*redeemed(END - timedelta(1)), lent(END)], 80_000, 80_000),
        ([*redeemed(END), lent(END)], 0, 0),
        ([*redeemed(date(2025, 11, 3)), lent(date(2025, 11, 3))], 80_000, 80_000),
        ([*redeemed(date(2025, 10, 31)), lent(date(2025, 10, 31))], 0, 0),
        # An extra repayment is three usual instalments at least.
        (redeemed(cents=3_000_00), 3_000, 0),
        (redeemed(cents=2_999_99), 0, 0),
        # A last rate on the usual day, with the rest.
        ([*monthly(MARCH, 12, 1_000_00), line(date(2026, 4, 16), -15_000_00, "loan_service")], 14_000, 0),
        # A lease that ends with its car.
        ([*monthly(MARCH, 36, 400_00, "lease"), line(date(2026, 3, 30), -12_000_00, "lease")], 12_000, 0),
        # What begins to be repaid after a grace period goes on.
        ([*monthly(MARCH, 12, 200_00), *monthly(date(2026, 11, 16), 8, 3_000_00)], 0, 0),
        # The first instalment of a loan is one, and so is that of a half-year.
        ([lent(date(2026, 8, 3)), line(date(2026, 9, 3), -2_000_00, "loan_service", NEW_BANK)], 0, 0),
        # Repaid at once, as it was agreed, with another loan.
        ([line(MARCH, -40_000_00, "loan_service", OLD_BANK), lent(MARCH)], 40_000, 40_000),
        # Irregular instalments are instalments.
        (
            [line(MARCH + timedelta(17 * n), -(9_000_00 + n * n * 700_00), "loan_service", OLD_BANK) for n in range(5)],
            0,
            0,
        ),
        ([*monthly(date(2026, 10, 16), 24, 1_000_00)], 0, 0),
        ([], 0, 0),
    ],
)
def test_what_is_paid_at_once_is_no_instalment(lines: list[Row], extra: int, refinanced: int) -> None:
    """In euro: beyond usual instalments, and of that, at most what loans paid out within 45 days."""
    found = seen(*lines)
    assert (found.extra_cents, found.refinanced_cents) == (extra * 100, refinanced * 100)


def test_a_redemption_that_came_back_was_none() -> None:
    """As any debit."""
    back = line(MARCH + timedelta(2), 80_000_00, "returned_debit", OLD_BANK)
    assert seen(*redeemed(), back, lent(MARCH)).extra_cents == 0


def test_a_refinanced_loan_has_ended() -> None:
    """Nothing of it is expected; the new one costs its own instalments."""
    new = monthly(date(2026, 11, 16), 7, 1_200_00, funder=NEW_BANK)
    found = seen(*redeemed(), lent(MARCH), *new)
    assert [one.state for one in found.facilities] == [FacilityState.ENDED, FacilityState.RUNNING]
    assert found.expected[:12] == (1_200_00,) * 12
