"""Words of the management accounts."""

from datetime import date

from features.ledger import COST_KIND
from features.management import ManagementAccounts, Sum, UnmappedAccount
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
