"""Which booking accounts the local sevdesk knows."""

import pytest
from unit.sandbox_server.building import contact, serve

from sandbox.account.quirks import Quirks


@pytest.mark.parametrize(
    ("path", "numbers"),
    [
        ("forAccountNumber?accountNumber=6855", ["6855"]),
        ("forRevenue", ["4400"]),
        ("forExpense", ["6855", "6815", "6825", "6436", "7310", "5400", "5900", "6600", "6805"]),
        ("forAllAccounts", ["4400", "6855", "6815", "6825", "6436", "7310", "5400", "5900", "6600", "6805"]),
        ("forTaxRule?taxRule=USTPFL_UMS_EINN", ["4400"]),
    ],
)
async def test_accounts_are_found(path: str, numbers: list[str]) -> None:
    """By number, by side, by tax rule, or all; each with what is needed to book on it."""
    async with serve(contact(1)) as client:
        guides = (await client.get(f"/ReceiptGuidance/{path}")).json()["objects"]
    assert [guide["accountNumber"] for guide in guides] == numbers
    assert all(
        set(guide)
        == {
            "accountDatevId",
            "accountNumber",
            "accountName",
            "description",
            "allowedTaxRules",
            "allowedReceiptTypes",
        }
        for guide in guides
    )


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("forAccountNumber?accountNumber=1", 422, "The account you requested could not be found."),
        ("forTaxRule?taxRule=X", 422, "No account guides were found for the requested tax rule."),
        ("forAccountNumber", 400, "accountNumber is required"),
        ("forTaxRule", 400, "taxRule is required"),
        ("forNothing", 500, "wrong HTTP Type"),
    ],
)
async def test_what_is_not_there_is_refused(path: str, status: int, message: str) -> None:
    """As the description says for accounts and tax rules."""
    async with serve(contact(1)) as client:
        answer = await client.get(f"/ReceiptGuidance/{path}")
    assert (answer.status_code, answer.json()["error"]["message"]) == (status, message)


async def test_one_guide_may_come_without_a_list() -> None:
    """The switch ``guide``, since a public client met that."""
    async with serve(contact(1), quirks=Quirks(guide="bare")) as client:
        answer = await client.get("/ReceiptGuidance/forAccountNumber?accountNumber=6855")
    assert answer.json()["objects"]["accountDatevId"] == 4285


@pytest.mark.parametrize(("embedded", "number"), [("?embed=accountingSystemNumber", "8400"), ("", None)])
async def test_accounts_of_system_1_have_numbers_where_asked(embedded: str, number: str | None) -> None:
    """In the list of accounting types, as the application of sevdesk asks for them."""
    async with serve(contact(1)) as client:
        first = (await client.get(f"/AccountingType{embedded}")).json()["objects"][0]
    assert first["accountingSystemNumber"].get("number") == number
