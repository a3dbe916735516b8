"""Words of the management accounts."""

from datetime import date

import msgspec
import pytest

from features.ledger import COST_KIND
from features.management import Account, ManagementAccounts, Sum, UnmappedAccount
from scoring.texts.management_accounts import LINES, say_management_accounts

NOTHING = ManagementAccounts(
    months=(date(2026, 1, 1),),
    documents=None,
    bank=None,
    difference_cents=None,
    only_paid=(),
    has_positions=False,
    document_count=0,
    without_positions=0,
    contradicting=0,
    unmapped=(UnmappedAccount(account=None, position_count=1, net_cents=1),),
)


def test_every_line_has_its_name() -> None:
    """Kinds of cost, value added tax, and sums; each another one in each language."""
    assert LINES.keys() == {*COST_KIND.categories, "vat", *(one.value for one in Sum)}
    assert len({text.de for text in LINES.values()}) == len({text.en for text in LINES.values()}) == len(LINES)


def test_without_documents_only_that_is_said() -> None:
    """No other sentence makes sense then."""
    assert say_management_accounts(NOTHING).en == "Documents were not requested for this decision."


READ = msgspec.structs.replace(NOTHING, documents=Account(lines=(), apart=()), unmapped=())


@pytest.mark.parametrize(
    ("notes", "said"),
    [
        ((), "Positions of documents were not requested: bills have no kind of cost."),
        (("positions_refused",), "sevdesk does not serve positions of documents for this account: bills have no kind"),
        (("set_aside", "consent_lacks_positions"), "The firm's consent does not name positions of documents, so they"),
    ],
)
def test_why_there_are_no_positions_is_said(notes: tuple[str, ...], said: str) -> None:
    """By the notes of the decision; with positions there is nothing to say."""
    assert say_management_accounts(READ, notes).en.startswith(said)
    assert not say_management_accounts(msgspec.structs.replace(READ, has_positions=True), notes).en


def test_cash_that_was_paid_in_is_named() -> None:
    """Nobody can tell a till's takings from the owner's money."""
    found = msgspec.structs.replace(READ, has_positions=True, cash_deposit_cents=1_234_56)
    assert "counts as revenue in the column from the bank: €1,235" in say_management_accounts(found).en
