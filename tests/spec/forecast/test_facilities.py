"""What of bank lines is a facility, and what is known of it: situations with their numbers."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest
from builders import Row, make_ledger, make_transaction

from features.ledger import Resource
from features.spine import ONLINE_BORROWER, spine_of
from forecast.debt_service import MONTHS, in_months
from forecast.facilities import (
    Borrowings,
    Course,
    Facility,
    FacilityCause,
    FacilityKind,
    FacilityState,
    facilities,
    highest_year_cents,
)
from forecast.instalments import Rhythm

AS_OF = date(2026, 11, 23)
OLD = date(2023, 11, 20)
"""The first bank line of every firm here, and what is looked at is later."""
_IDS = count(1)


def line(day: date, cents: int, category: str, funder: str | None = None, **further: Any) -> Row:  # noqa: ANN401
    """A bank line; positive is money in."""
    return make_transaction(
        transaction_id=next(_IDS), happened_on=day, amount_cents=cents, category=category, funder=funder, **further
    )


def monthly(last: date, number: int, cents: int, category: str = "loan_service", **further: Any) -> Iterator[Row]:  # noqa: ANN401
    """Instalments of one amount, the last on a day."""
    return (line(in_months(last, -n), -cents, category, **further) for n in range(number))


def seen(*lines: Row, as_of: date = AS_OF) -> Borrowings:
    """What lines show on a day up to which the bank's data reach."""
    ledger = make_ledger(transactions=[line(OLD, 1, "other"), line(as_of, 1, "other"), *lines])
    found = facilities(ledger, spine_of(as_of))[0]
    assert found is not None
    return found


def only(*lines: Row) -> tuple[Facility, Borrowings]:
    """The one facility that lines show."""
    found = seen(*lines)
    (facility,) = found.facilities
    return facility, found


def test_a_car_lease_goes_on_as_it_was() -> None:
    """Its start was seen, so it ends within the terms of such contracts; nothing tells when."""
    found, all_found = only(*monthly(date(2026, 11, 16), 20, 450_00, "lease", funder="car/bmw"))
    assert (found.kind, found.state, found.course) == (FacilityKind.LEASE, FacilityState.RUNNING, Course.LEVEL)
    assert (found.rhythm, found.instalment_cents, found.payments) == (Rhythm.MONTHLY, 450_00, 20)
    assert (found.ends_earliest, found.ends_expected, found.ends_latest) == (AS_OF, None, date(2031, 4, 23))
    assert (found.remaining_cents, found.cause) == (None, FacilityCause.PAYOUT_NOT_SEEN)
    assert all_found.expected == (450_00,) * 53 + (0,) * 7
    assert all_found.low == (0,) * MONTHS
    assert highest_year_cents(all_found.expected, 24) == 5_400_00


def test_a_loan_from_before_the_books_has_no_end() -> None:
    """Neither what was lent nor when: it goes on, or not, and no day is made up."""
    found, all_found = only(*monthly(date(2026, 11, 16), 36, 1_000_00))
    assert (found.ends_earliest, found.ends_latest, found.remaining_high_cents) == (None, None, None)
    assert (found.party, found.funder) == (0, None)
    assert (sum(all_found.low), set(all_found.expected)) == (0, {1_000_00})


def test_what_remains_of_a_loan_follows_from_its_pay_out() -> None:
    """36,000 euro, 12 of 36 instalments of 1,080: two thirds are owed, less at no interest, more at a high rate."""
    paid_out = line(date(2025, 11, 17), 36_000_00, "loan_proceeds", "bank/sparkasse")
    found, all_found = only(paid_out, *monthly(date(2026, 11, 17), 12, 1_080_00, funder="bank/sparkasse"))
    assert found.paid_out_cents == 36_000_00
    assert (found.remaining_low_cents, found.remaining_cents) == (23_954_61, 25_216_85)
    assert found.remaining_high_cents is not None
    assert found.remaining_high_cents > 26_000_00
    assert (found.ends_earliest, found.ends_expected, found.ends_latest) == (
        date(2028, 10, 23),
        date(2029, 1, 23),
        date(2029, 6, 23),
    )
    assert sum(all_found.low) <= sum(all_found.expected) <= sum(all_found.high)
    assert highest_year_cents(all_found.expected, 24) == 12_960_00


def test_a_promotional_loan_in_its_grace_period_will_cost_more() -> None:
    """100,000 euro at 5 %: interest each quarter; after two years at most usually, eight years of instalments."""
    paid_out = line(date(2026, 1, 12), 100_000_00, "loan_proceeds", "promotional/kfw")
    interest = [line(day, -1_250_00, "loan_service", "promotional/kfw") for day in
                (date(2026, 3, 30), date(2026, 6, 30), date(2026, 9, 30))]  # fmt: skip
    found, all_found = only(paid_out, *interest)
    assert (found.course, found.rhythm) == (Course.INTEREST_ONLY, Rhythm.QUARTERLY)
    assert found.remaining_cents == 100_000_00
    # The first year costs interest alone; the third year a quarter of an eighth each quarter, and interest.
    assert sum(all_found.expected[:12]) == 4 * 1_250_00
    assert 16_000_00 < highest_year_cents(all_found.expected, 36) < 18_500_00
    assert highest_year_cents(all_found.high, 24) > highest_year_cents(all_found.expected, 24)
    assert highest_year_cents(all_found.expected, 12) == 4 * 1_250_00


def test_interest_alone_to_a_bank_is_repaid_at_once() -> None:
    """Without a grace period of its kind, such a loan is due as a whole at its end."""
    paid_out = line(date(2024, 11, 11), 50_000_00, "loan_proceeds", "bank/commerzbank")
    found, all_found = only(paid_out, *monthly(date(2026, 11, 11), 23, 290_00, funder="bank/commerzbank"))
    assert found.course is Course.INTEREST_ONLY
    assert found.ends_expected == date(2029, 11, 23)
    assert all_found.expected[35] == 50_000_00 + 290_00
    assert highest_year_cents(all_found.expected, 24) == 12 * 290_00
    assert highest_year_cents(all_found.expected, 36) == 50_000_00 + 12 * 290_00


def test_a_balloon_is_what_instalments_leave() -> None:
    """40,000 euro for a machine, 420 a month: far too little for six years."""
    paid_out = line(date(2023, 12, 11), 40_000_00, "loan_proceeds", "car/man")
    found, all_found = only(paid_out, *monthly(date(2026, 11, 11), 35, 420_00, funder="car/man"))
    assert found.course is Course.BALLOON
    assert found.ends_expected == date(2027, 12, 23)
    assert found.remaining_cents is not None
    assert 28_000_00 < all_found.expected[12] - 420_00 < found.remaining_cents
    assert highest_year_cents(all_found.expected, 24) > 30_000_00


def test_three_online_lenders_within_two_months_are_new() -> None:
    """Nothing was paid back yet: the next year costs more than half of what was lent, and a year of nothing is seen."""
    lines = [
        line(AS_OF - timedelta(days=days), 15_000_00, "loan_proceeds", funder)
        for days, funder in ((60, "online/iwoca"), (40, "online/qonto"), (10, "online/teylor"))
    ]
    found = seen(*lines)
    assert [(one.state, one.cause) for one in found.facilities] == [
        (FacilityState.NOT_STARTED, FacilityCause.NO_INSTALMENT)
    ] * 3
    assert (found.new_count, found.funder_count) == (3, 3)
    assert 45_000_00 < highest_year_cents(found.expected, 12) < 52_000_00


@pytest.mark.parametrize(("days", "number"), [(89, 1), (90, 0)])
def test_a_facility_is_new_for_ninety_days(days: int, number: int) -> None:
    """From its pay-out on."""
    assert seen(line(AS_OF - timedelta(days=days), 9_000_00, "loan_proceeds", "online/iwoca")).new_count == number


def test_a_lease_is_no_stacking() -> None:
    """A firm that leases a car has no new lender."""
    found = seen(*monthly(date(2026, 11, 16), 2, 450_00, "lease", funder="car/bmw"))
    assert (found.new_count, found.funder_count) == (0, 0)


def test_what_is_new_is_not_known_of_young_bank_data() -> None:
    """What was there before cannot be told from what began."""
    ledger = make_ledger(transactions=[line(AS_OF - timedelta(days=179), 1, "other"), line(AS_OF, 1, "other")])
    assert [one and one.new_count for one in facilities(ledger, spine_of(AS_OF))] == [None]


def test_one_payment_is_no_rhythm() -> None:
    """To a lender it may be the only one: nothing is expected, and it may as well be one of many."""
    found, all_found = only(line(date(2026, 11, 2), -800_00, "loan_service", "bank/dkb"))
    assert (found.cause, found.rhythm, found.instalment_cents) == (FacilityCause.ONE_PAYMENT, None, None)
    assert (sum(all_found.expected), set(all_found.high)) == (0, {800_00})
    assert seen(line(date(2026, 9, 1), -800_00, "loan_service", "bank/dkb")).facilities == ()


def test_irregular_amounts_have_a_range() -> None:
    """Of what months cost so far: least, mean and most."""
    days = (date(2026, 3, 3), date(2026, 4, 20), date(2026, 6, 1), date(2026, 8, 28), date(2026, 11, 9))
    lines = [line(day, -cents, "loan_service", "advance/paypal") for day, cents in
             zip(days, (900_00, 210_00, 1_700_00, 420_00, 88_00), strict=True)]  # fmt: skip
    found, all_found = only(*lines)
    assert (found.cause, found.rhythm, found.payments) == (FacilityCause.IRREGULAR, None, 5)
    assert (all_found.low[0], all_found.expected[0], all_found.high[0]) == (0, 368_67, 1_700_00)


def test_an_ended_facility_costs_nothing_more() -> None:
    """Two instalments were left out: it is over, and after a year it is not named any more."""
    found, all_found = only(*monthly(date(2026, 7, 15), 24, 500_00, funder="bank/dkb"))
    assert (found.state, sum(all_found.high)) == (FacilityState.ENDED, 0)
    assert seen(*monthly(date(2025, 11, 1), 12, 500_00, funder="bank/dkb")).facilities == ()


def test_who_stops_paying_still_owes() -> None:
    """Most of what was paid out is still owed: the instalments go on. One that is late is none to come."""
    paid_out = line(date(2025, 12, 1), 24_000_00, "loan_proceeds", "bank/dkb")
    found, all_found = only(paid_out, *monthly(date(2026, 7, 1), 6, 1_100_00, funder="bank/dkb"))
    assert found.state is FacilityState.STOPPED
    assert all_found.expected[0] == 1_100_00


def test_refinancing_ends_one_loan_with_another() -> None:
    """The old one ended because the new one repaid it: it is not counted twice."""
    old = monthly(date(2026, 6, 15), 24, 700_00, funder="online/iwoca")
    new = line(date(2026, 6, 20), 20_000_00, "loan_proceeds", "bank/dkb")
    found = seen(*old, new, *monthly(date(2026, 11, 20), 5, 900_00, funder="bank/dkb"))
    assert [(one.state, one.cause) for one in found.facilities] == [
        (FacilityState.ENDED, FacilityCause.REFINANCED),
        (FacilityState.RUNNING, None),
    ]
    assert found.expected[0] == 900_00


def test_a_payment_that_came_back_was_none() -> None:
    """The debit of the month before last was returned: it is due again, and not twice."""
    lines = list(monthly(date(2026, 11, 16), 10, 450_00, funder="bank/dkb"))
    back = line(date(2026, 10, 20), 450_00, "returned_debit", None)
    found, _ = only(*lines, back)
    assert found.payments == 9


def test_two_leases_of_one_lessor_are_two() -> None:
    """Equal amounts on one day, and another amount beside them."""
    first, second = (monthly(date(2026, 11, 16), 12, 300_00, "lease", funder="lessor/grenke") for _ in range(2))
    third = monthly(date(2026, 11, 16), 12, 310_00, "lease", funder="lessor/grenke")
    found = seen(*first, *second, *third)
    assert sorted(one.instalment_cents or 0 for one in found.facilities) == [300_00, 300_00, 310_00]
    assert {one.party for one in found.facilities} == {1}
    assert found.expected[0] == 910_00


def test_interest_that_falls_is_one_loan() -> None:
    """Equal parts of the principal: each instalment is a little less than the one before."""
    days = [in_months(date(2026, 11, 2), -n) for n in range(18)][::-1]
    lines = [line(day, -(1_200_00 - 5_00 * n), "loan_service", "bank/dkb") for n, day in enumerate(days)]
    found, _ = only(*lines)
    assert (found.course, found.instalment_cents, found.payments) == (Course.FALLING, 1_115_00, 18)


def test_instalments_after_a_grace_period_are_one_loan_that_grew() -> None:
    """Interest for a year, then repayment."""
    interest = monthly(date(2026, 5, 15), 12, 200_00, funder="promotional/kfw")
    found, all_found = only(*interest, *monthly(date(2026, 11, 15), 6, 1_400_00, funder="promotional/kfw"))
    assert (found.course, found.instalment_cents, found.payments) == (Course.GROWN, 1_400_00, 18)
    assert all_found.expected[0] == 1_400_00


@pytest.mark.parametrize(
    ("days", "rhythm", "in_a_year"),
    [(7, Rhythm.WEEKLY, 52), (14, Rhythm.FORTNIGHTLY, 26), (91, Rhythm.QUARTERLY, 4), (182, Rhythm.HALF_YEARLY, 2)],
)
def test_every_rhythm_is_projected_as_it_is(days: int, rhythm: Rhythm, in_a_year: int) -> None:
    """A year costs as many instalments as it has."""
    lines = [line(AS_OF - timedelta(days=3 + days * n), -100_00, "loan_service", "online/silvr") for n in range(4)]
    found, all_found = only(*lines)
    assert found.rhythm is rhythm
    assert abs(sum(all_found.expected[:12]) // 100_00 - in_a_year) <= (1 if days < 30 else 0)


def test_factoring_revolves() -> None:
    """It is a position with a funder, and has no instalments."""
    lines = [line(date(2026, month, 4), 9_000_00, "factoring_payout", "factor/abcfinance") for month in range(5, 12)]
    found, all_found = only(*lines, line(date(2026, 11, 5), -90_00, "factoring_fee", "factor/abcfinance"))
    assert (found.kind, found.course, found.payments) == (FacilityKind.FACTORING, Course.REVOLVING, 8)
    assert (sum(all_found.high), all_found.funder_count) == (0, 1)


def test_silence_of_the_bank_ends_nothing() -> None:
    """Lines end in August: what was paid until then goes on."""
    last = date(2026, 8, 16)
    ledger = make_ledger(transactions=[line(OLD, 1, "other"), *monthly(last, 20, 450_00, "lease", funder="car/bmw")])
    (found,) = facilities(ledger, spine_of(AS_OF))
    assert found is not None
    assert [one.state for one in found.facilities] == [FacilityState.RUNNING]


def test_only_what_was_visible_counts() -> None:
    """A line that was recorded later, copies, own transfers and other borrowers' lines say nothing."""
    later = line(date(2026, 10, 1), -800_00, "lease", recorded_on=AS_OF + timedelta(days=1))
    copy = line(date(2026, 11, 1), -800_00, "lease", is_duplicate=True)
    own = line(date(2026, 11, 1), -800_00, "loan_service", transfer="account")
    other = line(date(2026, 11, 1), -800_00, "lease", borrower=ONLINE_BORROWER + 1)
    assert seen(later, copy, own, other).facilities == ()


def test_no_answer_without_bank_lines() -> None:
    """What was not fetched is not nothing."""
    ledger = make_ledger(fetched=frozenset(Resource) - {Resource.TRANSACTIONS})
    assert facilities(ledger, spine_of(AS_OF)) == [None]
    assert facilities(make_ledger(), spine_of(AS_OF))[0] is not None


@pytest.mark.parametrize(
    ("months", "term", "cents"),
    [((1,) * 60, 6, 12), ((*([0] * 23), 100, *([0] * 36)), 23, 0), ((*([0] * 23), 100, *([0] * 36)), 24, 100)],
)
def test_the_dearest_year_lies_within_the_term(months: tuple[int, ...], term: int, cents: int) -> None:
    """Of a term below a year it is the first year."""
    assert highest_year_cents(months, term) == cents


def test_a_pay_out_that_somebody_entered_is_none() -> None:
    """Beside what the bank delivers; where it delivers nothing, what was entered is all there is."""
    instalments = list(monthly(date(2026, 11, 2), 6, 1_100_00, funder="bank/dkb"))
    entered = line(date(2026, 5, 20), 24_000_00, "loan_proceeds", "bank/dkb", is_fed=False)
    found, _ = only(*instalments, entered)
    assert (found.paid_out_cents, found.cause) == (None, FacilityCause.PAYOUT_NOT_SEEN)
    alone = make_ledger(
        transactions=[row | {"is_fed": False} for row in (line(OLD, 1, "other"), *instalments, entered)]
    )
    (borrowings,) = facilities(alone, spine_of(AS_OF))
    assert borrowings is not None
    assert [one.paid_out_cents for one in borrowings.facilities] == [24_000_00]


KFW, HOUSE_BANK = "promotional/kfw", "bank/sparkasse"


@pytest.mark.parametrize(
    ("paid_out", "repaid"),
    [
        (KFW, KFW),
        (KFW, HOUSE_BANK),
        (HOUSE_BANK, KFW),
        (KFW, None),
        (None, KFW),
    ],
)
@pytest.mark.parametrize("size", [100_000_00, 200_000_00])
def test_a_promotional_loan_through_the_house_bank_is_one(paid_out: str | None, repaid: str | None, size: int) -> None:
    """The bank pays out and debits over one account, and not every line names who promotes."""
    paid = line(date(2025, 11, 3), size, "loan_proceeds", paid_out, counterparty_account=79)
    interest = monthly(date(2026, 11, 2), 10, 416_00, funder=repaid, counterparty_account=79)
    alike = [line(date(2025, 11, 3), size, "loan_proceeds", KFW, counterparty_account=79)]
    alike += monthly(date(2026, 11, 2), 10, 416_00, funder=KFW, counterparty_account=79)
    found, owing = only(paid, *interest)
    _, expected = only(*alike)
    assert (found.funder, found.course, found.paid_out_cents) == (KFW, Course.INTEREST_ONLY, size)
    assert owing.expected == expected.expected


def test_a_loan_of_the_house_banks_own_stays_the_banks() -> None:
    """An annuity, and a promotional loan that falls, over one account of the bank: each keeps its name."""
    annuity = monthly(date(2026, 11, 2), 23, 900_00, funder=HOUSE_BANK, counterparty_account=79)
    promoted = [
        line(in_months(date(2026, 11, 16), -n), -(2_000_00 + 10_00 * n), "loan_service", KFW, counterparty_account=79)
        for n in range(7)
    ]
    found = {one.funder: one for one in seen(*annuity, *promoted).facilities}
    assert {funder: (one.course, one.payments) for funder, one in found.items()} == {
        HOUSE_BANK: (Course.LEVEL, 23),
        KFW: (Course.FALLING, 7),
    }
    assert found[HOUSE_BANK].cause is not FacilityCause.GRACE_UNKNOWN


def test_instalments_from_before_the_promotional_pay_out_are_the_banks() -> None:
    """Only the pay-out names who promotes: what began before it repays something else."""
    annuity = monthly(date(2026, 11, 2), 23, 900_00, funder=HOUSE_BANK, counterparty_account=79)
    paid_out = line(date(2026, 5, 4), 100_000_00, "loan_proceeds", KFW, counterparty_account=79)
    interest = monthly(date(2026, 11, 16), 5, 416_00, funder=HOUSE_BANK, counterparty_account=79)
    found = {one.funder: one.payments for one in seen(*annuity, paid_out, *interest).facilities}
    assert found == {HOUSE_BANK: 23, KFW: 5}


def test_one_line_that_names_who_promotes_names_the_stream() -> None:
    """The others of the same instalments name the bank."""
    lines = list(monthly(date(2026, 11, 2), 10, 416_00, funder=HOUSE_BANK, counterparty_account=79))
    (found,) = seen(*lines[:3], lines[3] | {"funder": KFW}, *lines[4:]).facilities
    assert (found.funder, found.payments) == (KFW, 10)


def test_another_funder_over_the_account_of_a_promotional_loan_stays_apart() -> None:
    """Only a bank lends through itself for another one; and without an account nothing ties the two."""
    own = list(monthly(date(2026, 11, 2), 10, 300_00, funder=KFW, counterparty_account=79))
    leased = list(monthly(date(2026, 11, 9), 10, 200_00, funder="online/iwoca", counterparty_account=79))
    assert {one.funder for one in seen(*own, *leased).facilities} == {KFW, "online/iwoca"}
    elsewhere = list(monthly(date(2026, 11, 9), 10, 200_00, funder=HOUSE_BANK, counterparty_account=80))
    assert {one.funder for one in seen(*own, *elsewhere).facilities} == {KFW, HOUSE_BANK}


@pytest.mark.parametrize(
    ("number", "funder", "is_unknown"),
    [
        (10, KFW, True),
        (2, KFW, True),
        (36, KFW, True),  # 35 months since the first
        (38, KFW, False),  # no grace period lasts longer than three years
        (10, HOUSE_BANK, False),  # a bank's loan without repayment is repaid at once, which no instalment tells
        (10, None, False),
    ],
)
def test_level_instalments_of_a_promotional_loan_may_be_interest_alone(
    number: int,
    funder: str | None,
    is_unknown: bool,  # noqa: FBT001  a column
) -> None:
    """Nobody saw the pay-out: they go on as expected, and at worst 200,000 euro are repaid from soon on."""
    found, owing = only(*monthly(date(2026, 11, 2), number, 833_33, funder=funder))
    cause = FacilityCause.GRACE_UNKNOWN if is_unknown else FacilityCause.PAYOUT_NOT_SEEN
    assert found.cause is (FacilityCause.FEW_PAYMENTS if number == 2 and not is_unknown else cause)
    assert owing.expected[0] == 833_33
    assert (highest_year_cents(owing.high, 60) > 3 * 12 * 833_33) is is_unknown


def test_instalments_that_fall_or_have_grown_repay_already() -> None:
    """Equal parts of the principal with interest on the rest; or interest alone until it was over."""
    falling = [line(in_months(date(2026, 11, 2), -n), -(2_000_00 + 10_00 * n), "loan_service", KFW) for n in range(10)]
    found, _ = only(*falling)
    assert (found.course, found.cause) == (Course.FALLING, FacilityCause.PAYOUT_NOT_SEEN)
    grown = [
        *monthly(date(2026, 11, 2), 4, 2_900_00, funder=KFW),
        *monthly(date(2026, 7, 2), 6, 833_33, funder=KFW),
    ]
    found, _ = only(*grown)
    assert (found.course, found.cause) == (Course.GROWN, FacilityCause.PAYOUT_NOT_SEEN)
