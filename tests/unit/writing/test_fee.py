import hashlib
from datetime import date
from typing import Any

import httpx
import pytest
from unit.writing.fake import CONTACT, SAVE, UPLOAD, FakeBooks, Fault, ref

from scoring.sources.sevdesk.writing.errors import WriteError
from scoring.sources.sevdesk.writing.fee import FeeDocument, PlanError, carry_out, plan

DECISION = "dec_01m8a83xyfa74xsn851tdab69b"
PDF = b"%PDF-1.4 fee"
DIGEST = hashlib.sha256(PDF).hexdigest()
OUR_CONTACT = ref(7, "Contact") | {"name": "Bank AG", "customerNumber": "1001", "category": ref(2, "Category")}


def fee(**changes: Any) -> FeeDocument:  # noqa: ANN401  fields of FeeDocument
    """450 euro on account 6855."""
    values: dict[str, Any] = {
        "decision_id": DECISION,
        "pdf": PDF,
        "filename": "contract.pdf",
        "amount_cents": 45_000,
        "issued_on": date(2026, 2, 1),
        "supplier": "Bank AG",
        "account": "6855",
    }
    return FeeDocument(**(values | changes))


async def test_planning_only_reads() -> None:
    """Version, account, earlier documents, supplier and the next customer number are read; nothing is sent."""
    books = FakeBooks()
    planned = await plan(books.writer().books, fee())
    assert books.writes == []
    assert books.calls == [
        "GET Tools/bookkeepingSystemVersion",
        "GET ReceiptGuidance/forAccountNumber",
        "GET Voucher",
        "GET Contact",
        "GET Contact/Factory/getNextCustomerNumber",
    ]
    assert (planned.order.account_id, planned.order.tax, planned.order.status) == (4285, "9", 50)
    assert planned.order.description == f"Kreditvertrag {DECISION} ({DIGEST[:16]})"


async def test_a_plan_shows_exactly_what_is_sent() -> None:
    """Only what sevdesk tells in between differs: the new contact's number, and the name of the uploaded file."""
    books = FakeBooks()
    planned = await plan(books.writer().books, fee())
    shown = planned.requests()
    assert [call for call, _ in shown] == [CONTACT, UPLOAD, SAVE]
    await carry_out(books.writer(), planned)
    assert [call for call, _ in books.sent] == [CONTACT, UPLOAD, SAVE]
    assert shown[0][1] == books.sent[0][1]
    assert shown[1][1] == {"file": "contract.pdf", "bytes": len(PDF), "sha256": DIGEST}
    sent = books.sent[2][1]
    sent["voucher"]["supplier"]["id"] = "<id of the new contact>"
    sent["filename"] = "<filename from the upload>"
    assert shown[2][1] == sent


async def test_a_supplier_that_the_books_have_is_used() -> None:
    """By its exact name; the others in the list, which sevdesk may send unfiltered, do not count."""
    names = ("Bank AG ", "bank ag", None)
    others = [OUR_CONTACT | ref(8 + index, "Contact") | {"name": name} for index, name in enumerate(names)]
    books = FakeBooks(contacts=[*others, OUR_CONTACT])
    booked = await carry_out(books.writer(), await plan(books.writer().books, fee()))
    assert books.writes == [UPLOAD, SAVE]
    assert (booked.contact_id, books.vouchers[0]["supplier"]) == (7, ref(7, "Contact"))


async def test_a_new_contact_gets_the_number_that_sevdesk_names() -> None:
    """Supplier, name, number: and the voucher refers to it."""
    books = FakeBooks()
    booked = await carry_out(books.writer(), await plan(books.writer().books, fee()))
    assert books.contacts[0]["customerNumber"] == "1338"
    assert books.contacts[0]["category"] == ref(2, "Category")
    assert (booked.contact_id, books.vouchers[0]["supplier"]) == (77, ref(77, "Contact"))
    assert booked.answers == ()


@pytest.mark.parametrize(("failing", "begun"), [(CONTACT, 1), (UPLOAD, 2), (SAVE, 3)])
async def test_what_comes_after_a_failed_step_is_not_begun(failing: str, begun: int) -> None:
    """Contact, file, voucher: each only when the one before is confirmed."""
    books = FakeBooks(faults={failing: Fault(answer=httpx.Response(502))})
    planned = await plan(books.writer().books, fee())
    with pytest.raises(WriteError) as caught:
        await carry_out(books.writer(), planned)
    assert books.writes == [CONTACT, UPLOAD, SAVE][:begun]
    noted = [] if failing == CONTACT else ["the contact 77 was added before, and stays"]
    assert getattr(caught.value, "__notes__", []) == noted


async def test_books_are_recognised_by_what_the_decision_rests_on() -> None:
    """One of its documents is enough, since others may have been deleted; with none of them nothing is planned."""
    there = {"id": "5", "objectName": "Voucher", "description": "Miete", "status": "1000"}
    books = FakeBooks(vouchers=[there])
    planned = await plan(books.writer().books, fee(), [("Voucher", 4), ("Voucher", 5)])
    assert planned.witness == ("Voucher", 5)
    with pytest.raises(PlanError, match="not the books that the decision was made from: they have none of Voucher 4"):
        await plan(books.writer().books, fee(), [("Voucher", 4)])
    assert (await plan(books.writer().books, fee(), [])).witness is None
    assert books.writes == []


async def test_what_was_booked_while_a_person_thought_about_it_is_seen() -> None:
    """The books are looked at again right before the first write."""
    books = FakeBooks()
    late = await plan(books.writer().books, fee())
    await carry_out(books.writer(), await plan(books.writer().books, fee()))
    with pytest.raises(PlanError, match=r"came into the books meanwhile \(voucher 156270656\)"):
        await carry_out(books.writer(), late)
    assert books.writes == [CONTACT, UPLOAD, SAVE]


async def test_running_again_after_any_failure_books_once() -> None:
    """Whatever was written at the first run is found at the second."""
    for failing in (CONTACT, UPLOAD, SAVE):
        for happens in (False, True):
            books = FakeBooks(faults={failing: Fault(answer=httpx.ReadError("cut off"), happens=happens)})
            for _ in range(2):
                planned = await plan(books.writer().books, fee())
                if planned.repeated is None:
                    try:
                        await carry_out(books.writer(), planned)
                    except WriteError:
                        continue
            assert (len(books.contacts), len(books.vouchers)) == (1, 1), (failing, happens)


async def test_answers_that_were_wrong_are_told() -> None:
    """What was written in spite of its answer is confirmed, with the answer beside it."""
    cut = {name: Fault(answer=httpx.Response(500, text="oops"), happens=True) for name in (CONTACT, SAVE)}
    books = FakeBooks(faults=cut)
    booked = await carry_out(books.writer(), await plan(books.writer().books, fee()))
    assert len(booked.answers) == 2
    assert "status_code=500" in booked.answers[0]


async def test_a_document_that_is_in_the_books_is_recognised() -> None:
    """By decision and file; another file of the same decision is told apart, another decision does not count."""
    books = FakeBooks()
    for document in (fee(), fee(pdf=b"%PDF-1.4 other"), fee(decision_id="dec_01m8a83xyfa74xsn851tdab69c")):
        await carry_out(books.writer(), await plan(books.writer().books, document))
    again = await plan(books.writer().books, fee())
    assert again.repeated is not None
    assert (again.repeated.id, [one.id for one in again.booked]) == (156270656, [156270656, 156270657])
    third = await plan(books.writer().books, fee(pdf=b"%PDF-1.4 third"))
    assert (third.repeated, len(third.booked)) == (None, 2)


@pytest.mark.parametrize(
    ("version", "changes", "account", "tax"),
    [
        ("2.0", {}, 4285, "9"),
        ("2.0", {"account": "id:99"}, 99, "9"),
        ("2.0", {"account": "id:99", "tax": "14"}, 99, "14"),
        ("1.0", {"account": "12"}, 12, "default"),
        ("1.0", {"account": "id:12", "tax": "ss"}, 12, "ss"),
    ],
)
async def test_the_version_says_what_account_and_tax_mean(
    version: str, changes: dict[str, Any], account: int, tax: str
) -> None:
    """In 2.0 a number is looked up and an id taken as it is; in 1.0 it is an accounting type, with a tax type."""
    books = FakeBooks(version=version)
    planned = await plan(books.writer().books, fee(**changes))
    assert (planned.order.account_id, planned.order.tax) == (account, tax)
    is_looked_up = "GET ReceiptGuidance/forAccountNumber" in books.calls
    assert is_looked_up is (version == "2.0" and not planned.document.account.startswith("id:"))


@pytest.mark.parametrize(
    ("version", "changes", "said"),
    [
        ("2.0", {"account": "6856"}, "no booking account 6856"),
        ("2.0", {"account": "4400"}, "no expense may be booked on account 4400"),
        ("2.0", {"account": "bank"}, "neither a number nor id:"),
        ("2.0", {"account": "id:"}, "neither a number nor id:"),
        ("2.0", {"account": "-1"}, "neither a number nor id:"),
        ("2.0", {"account": "9" * 30}, "neither a number nor id:"),
        ("2.0", {"account": "٣"}, "neither a number nor id:"),
        ("2.0", {"tax": "8"}, r"does not go with tax rule 8 without VAT; --tax may be 9 \(Vorsteuerabziehbare"),
        ("2.0", {"tax": "default"}, "no tax rule of bookkeeping system 2.0"),
        ("1.0", {"tax": "9"}, "no tax type of bookkeeping system 1.0: default, eu, noteu, ss"),
        ("1.0", {"tax": "custom"}, "no tax type"),
        ("3.0", {}, "'3.0' is not known"),
    ],
)
async def test_what_cannot_be_booked_is_said_before_anything_is_written(
    version: str, changes: dict[str, Any], said: str
) -> None:
    """Each names what is wrong and what would do."""
    books = FakeBooks(version=version)
    with pytest.raises(PlanError, match=said):
        await plan(books.writer().books, fee(**changes))
    assert books.writes == []


async def test_two_contacts_of_the_same_name_are_not_chosen_between() -> None:
    """The firm merges them; nobody guesses."""
    books = FakeBooks(contacts=[OUR_CONTACT, OUR_CONTACT | ref(8, "Contact")])
    with pytest.raises(PlanError, match=r"2 contacts named 'Bank AG' \(7, 8\)"):
        await plan(books.writer().books, fee())


@pytest.mark.parametrize(
    "answer", [httpx.Response(400, json={"error": {"message": "no"}}), httpx.Response(500, text="wrong HTTP Type")]
)
async def test_a_guidance_that_is_not_served_can_be_done_without(answer: httpx.Response) -> None:
    """It is not taken for an account that does not exist, and the way out is named."""
    call = "GET ReceiptGuidance/forAccountNumber"
    books = FakeBooks(faults={call: Fault(answer=answer, times=9)})
    with pytest.raises(PlanError, match=r"does not say what account 6855 is .*; give its identifier, --account id:"):
        await plan(books.writer().books, fee())
    assert (await plan(books.writer().books, fee(account="id:4285"))).order.account_id == 4285


async def test_a_guide_may_come_alone() -> None:
    """sevdesk answers with an object where the description says a list."""
    books = FakeBooks()
    alone = {"accountDatevId": "1", "accountNumber": "6855", "allowedTaxRules": [], "allowedReceiptTypes": []}
    books.faults["GET ReceiptGuidance/forAccountNumber"] = Fault(answer=httpx.Response(200, json={"objects": alone}))
    assert (await plan(books.writer().books, fee())).order.account_id == 1
