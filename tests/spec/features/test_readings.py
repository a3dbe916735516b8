"""Doubtful facts read otherwise: which transfers between own accounts may be payments."""

import pytest
from builders import make_ledger, make_transaction

from features.ledger import TRANSFER
from features.readings import transfers_as_payments

PROBABLE = {"entered", "own_name", "amount"}


@pytest.mark.parametrize("transfer", TRANSFER.categories.to_list())
def test_a_probable_transfer_may_be_a_payment(transfer: str) -> None:
    """What is certain stays as it is; without a probable one there is nothing to read otherwise."""
    lines = [make_transaction(transfer=transfer), make_transaction(transfer="account")]
    read = transfers_as_payments(make_ledger(transactions=lines))
    if transfer in PROBABLE:
        assert read is not None
        assert read.transactions["transfer"].to_list() == ["none", "account"]
    else:
        assert read is None


@pytest.mark.parametrize("transfer", sorted(PROBABLE))
def test_a_copy_is_no_payment_either_way(transfer: str) -> None:
    """It does not count, whatever it is."""
    copy = make_transaction(transfer=transfer, is_duplicate=True)
    assert transfers_as_payments(make_ledger(transactions=[copy])) is None
