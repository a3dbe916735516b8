"""Answers recorded from a real account confirm what was written, through the records that the writer reads."""

import os
from pathlib import Path

import msgspec
import pytest

from scoring.sources.sevdesk.words.records import Bare, Page
from scoring.sources.sevdesk.writing.records import BookedVoucher, Contact, SavedVoucher, UploadedFile

VARIABLE = "RECORDED_ANSWERS_DIR"
FOLDER = os.environ.get(VARIABLE)
pytestmark = pytest.mark.skipif(not FOLDER, reason=f"{VARIABLE} names no folder of recorded answers")


def _body(name: str) -> bytes:
    return (Path(FOLDER or "") / name).read_bytes()


def test_a_recorded_upload_names_its_file() -> None:
    """The name and the digest are there to be told."""
    uploaded = msgspec.json.decode(_body("write_upload_temp_file.json"), type=Bare[UploadedFile], strict=False).objects
    assert uploaded.filename == "d97ad10ac85bdb2d863c4fa9af354997.pdf"
    assert uploaded.content_hash == "46620b3e7575523b425c72f4ffc21c023c2c084b660c8297ad3a5936bbe19716"


def test_a_recorded_answer_to_a_voucher_tells_its_id() -> None:
    """The identifier is what the voucher is read again by."""
    saved = msgspec.json.decode(_body("write_voucher_save_create.json"), type=Bare[SavedVoucher], strict=False).objects
    assert saved.voucher.id == 156270656


def test_a_recorded_voucher_shows_what_is_compared() -> None:
    """Description, side, status, sums and document; this one has a supplier by name only."""
    (voucher,) = msgspec.json.decode(
        _body("voucher_paid_with_document.json"), type=Page[BookedVoucher], strict=False
    ).objects
    assert (voucher.credit_debit, voucher.status, voucher.currency) == ("C", 1000, "EUR")
    assert (voucher.sum_net, voucher.sum_gross, voucher.supplier) == (87.49, 87.49, None)
    assert voucher.document is not None
    assert voucher.document.id == 300881699


def test_a_recorded_contact_shows_what_is_compared() -> None:
    """Name, number, category and status."""
    (contact,) = msgspec.json.decode(_body("contact.json"), type=Page[Contact], strict=False).objects
    assert (contact.name, contact.customer_number) == ("Probe Practice GmbH PROBE-R1", "1000")
    assert contact.category is not None
    assert (contact.category.id, contact.status) == (3, 1000)
