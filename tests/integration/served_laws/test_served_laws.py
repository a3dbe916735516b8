"""Laws of the values that served books give: what sevdesk's lists may look like without a value changing.

The books of personas are transformed as sevdesk's JSON, served, read over HTTP, built and derived, for every feature of
both catalogues.
"""

import asyncio
from copy import deepcopy
from datetime import date, timedelta
from functools import cache

import pytest
from hypothesis import settings
from served_books import (
    TODAY,
    Lists,
    Row,
    books_of,
    changed,
    cut_at,
    differences,
    permuted,
    read,
    renumbered,
    row_of,
    times_ten,
    with_bookings_split,
    with_lines_split,
    with_other_customers,
)

from features.derive import CATALOGUE
from features.feature import Unit
from features.ledger import Ledger
from sandbox.account.quirks import Quirks
from sandbox.firms.personas import PERSONAS

_IS_DEEP = settings().max_examples > 100
_READABLE = [persona.firm for persona in PERSONAS if not persona.is_revoked]
_SEEDS = range(5 if _IS_DEEP else 1)
_VARIED = ["awkward-books", "reconnected-account", "imported-twice", "card-payments"]
"""Many situations, and ties that only ids and instants break."""
FIRMS = _READABLE if _IS_DEEP else _VARIED


@cache
def _ledger(firm: str) -> Ledger:
    return asyncio.run(read(books_of(firm)))


@cache
def _row(firm: str) -> Row:
    return row_of(_ledger(firm), TODAY)


def _changes(firm: str, transformed: Lists, quirks: Quirks | None = None) -> dict[str, tuple[object, object]]:
    books = changed(books_of(firm), lambda _: transformed)
    return differences(_row(firm), row_of(asyncio.run(read(books, quirks=quirks)), TODAY))


def _lists(firm: str) -> Lists:
    """A copy of the lists of a firm."""
    return {name: deepcopy(list(objects)) for name, objects in books_of(firm).objects.items()}


@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.parametrize("firm", FIRMS)
def test_the_order_of_rows_and_the_length_of_pages_change_no_value(firm: str, seed: int) -> None:
    """Lists come in any order, with pages of other lengths than asked for, and without a total."""
    quirks = Quirks(pages="uneven", total="none")
    assert _changes(firm, permuted(_lists(firm), seed), quirks) == {}


@pytest.mark.parametrize("firm", FIRMS)
def test_other_ids_in_the_same_order_change_no_value(firm: str) -> None:
    """Every object and every reference to it has another id."""
    assert _changes(firm, renumbered(_lists(firm))) == {}


@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.parametrize("firm", FIRMS)
def test_other_ids_in_any_order_change_no_value(firm: str, seed: int) -> None:
    """Ids break ties between objects of one day; whichever goes first, the values are the same."""
    assert _changes(firm, renumbered(_lists(firm), seed=seed)) == {}


@pytest.mark.parametrize("firm", FIRMS)
def test_the_names_of_customers_change_no_value(firm: str) -> None:
    """Names of contacts, of payers and in texts are others; the firm's own and those of authorities stay."""
    assert _changes(firm, with_other_customers(_lists(firm))) == {}


_LARGER = ["seasonal-retailer", "window-dresser", "awkward-books", "sold-receivables"]
"""Firms without remainders around 5 euro and without losses, whose net share is whole cents, rounded down."""


_MEANS = {"liquidity_smoothed_surplus_12m_cents_v2"}
"""Rounded to whole cents, by half of one at most."""
_OF_CENTS = {"trust_round_amount_share_12m_v2"}
"""What is in whole euro at one size is not at another."""


@pytest.mark.parametrize("firm", _LARGER)
def test_ten_times_the_money_is_ten_times_the_amounts_and_nothing_else(firm: str) -> None:
    """Amounts are ten times as large, the logarithm of revenue grows by that of ten, all else stays."""
    for name, (before, after) in _changes(firm, times_ten(_lists(firm))).items():
        assert isinstance(before, float), name
        assert isinstance(after, float), name
        match CATALOGUE[name].unit:
            case Unit.CENTS if name in _MEANS:
                assert abs(after - 10 * before) <= 5, name
            case Unit.CENTS:
                assert after == 10 * before, name
            case Unit.LOG_EURO:
                assert after - before == pytest.approx(2.3026, abs=0.0015), name
            case _:
                assert name in _OF_CENTS, f"{name}: {before} became {after}"


@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.parametrize("firm", FIRMS)
def test_a_booking_entered_in_two_changes_no_value(firm: str, seed: int) -> None:
    """Half of the payments are two entries of the log: of one line, on one document, at one instant."""
    assert _changes(firm, with_bookings_split(_lists(firm), seed)) == {}


_COUNTS_OF_LINES = {"liquidity_returned_debit_count_90d", "liquidity_returned_debit_count_90d_v2"}
"""A debit that was returned in two sums was returned twice."""


@pytest.mark.parametrize("seed", _SEEDS)
@pytest.mark.parametrize("firm", [*FIRMS, *([] if _IS_DEEP else ["failing-builder"])])
def test_a_payment_in_two_sums_changes_no_value(firm: str, seed: int) -> None:
    """Half of the lines that pay one document are two lines of one day, which the bank delivered together."""
    assert _changes(firm, with_lines_split(_lists(firm), seed)).keys() <= _COUNTS_OF_LINES


_NOT_RECONSTRUCTED = {
    # Catalogue 1, which stays as it was released: an account without a line yet makes all levels missing ...
    "enforcing-creditor": {"liquidity_minimum_balance_months_90d", "liquidity_overdraft_days_90d"},
    # ... and the residue of a closed invoice is what credit notes of later days, too, leave of it.
    "awkward-books": {"receivables_overdue_share", "receivables_over_60d_share", "receivables_eligible_cents"},
    "early-payers": {
        "receivables_dso_days_3m",
        "receivables_countback_dso_days",
        "receivables_weighted_delay_days_12m",
        "receivables_on_time_share_12m",
        "receivables_overdue_share",
        "receivables_dilution_share_12m",
        "receivables_eligible_cents",
    },
}
"""Features that the books of today do not say as those of the day did."""
_CUT = [
    *("healthy-agency", "borderline-retailer", "failing-builder", "young-startup", "sole-trader", "file-import"),
    *("small-business", "awkward-books", "two-accounts", "bare-transfers", "invented-sales", "posted-receipts"),
    *("reconnected-account", "reconnected-twice-seen", "stale-feed", "imported-twice", "enforcing-creditor"),
    *("card-payments", "sold-receivables", "early-payers", "buried-losses", "credited-receivables"),
]
_LEVELS = ("liquidity_minimum_balance_months_90d_v2", "liquidity_overdraft_days_90d_v2")


@pytest.mark.parametrize("says_when", [True, False])
@pytest.mark.parametrize("days", [0, 1, 20, 43, 44, 45, 46, 50, 51, 52, 53, 59, 60, 61, 100])
def test_a_stopped_feed_confirms_levels_until_it_stopped(days: int, says_when: bool) -> None:  # noqa: FBT001  a column
    """It stopped 60 days ago: books of a day say what those of today say, whether or not it says when it asked."""
    day = TODAY - timedelta(days=days)
    then = row_of(_read_stopped(day, says_when=says_when), day)
    now = row_of(_read_stopped(TODAY, says_when=says_when), day)
    assert [then[name] for name in _LEVELS] == [now[name] for name in _LEVELS]
    is_stale = days < 60 - (7 if says_when else 14)
    assert (now[_LEVELS[0]] == "balance_level_unverified") is is_stale


@cache
def _read_stopped(day: date, *, says_when: bool) -> Ledger:
    def served(lists: Lists) -> Lists:
        cut = cut_at(lists, day) if day < TODAY else lists
        accounts = cut["CheckAccount"] if says_when else [{**one, "lastSync": None} for one in cut["CheckAccount"]]
        return {**cut, "CheckAccount": accounts}

    return asyncio.run(read(changed(books_of("stale-feed"), served), day))


_DAYS_BEFORE = (10, 35, 60, 90, 120, 150, 200, 300) if _IS_DEEP else (60, 150)


@pytest.mark.parametrize("days", _DAYS_BEFORE)
@pytest.mark.parametrize("firm", _READABLE if _IS_DEEP else _CUT)
def test_the_books_of_today_say_what_those_of_an_earlier_day_said(firm: str, days: int) -> None:
    """Books read on a day, and those of today read as of that day, give the same values."""
    day = TODAY - timedelta(days=days)
    then = row_of(asyncio.run(read(changed(books_of(firm), lambda lists: cut_at(lists, day)), day)), day)
    now = row_of(_ledger(firm), day)
    different = {name for name in differences(then, now) if CATALOGUE[name].reconstructable}
    assert different <= _NOT_RECONSTRUCTED.get(firm, set())
