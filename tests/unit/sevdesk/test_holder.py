"""Whose account it is: what sevdesk's undocumented list may answer, and what is made of it."""

from typing import Any

import httpx
import pytest
from unit.sevdesk.fakes import TOKEN, client, page, sevdesk

from scoring.sources.errors import CredentialRejectedError, SourceUnavailableError
from scoring.sources.port import AccountHolder
from scoring.sources.sevdesk.reading.holder import read_holder
from scoring.sources.sevdesk.words.records import SevClient

NOT_TOLD = AccountHolder()


def sev_client(number: int = 1, **fields: Any) -> dict[str, Any]:  # noqa: ANN401
    """A client, with what must not be read."""
    base = {"id": str(number), "objectName": "SevClient", "name": "Brandt Bau GmbH", "contactEmail": "post@example.com"}
    return base | fields


async def read(*objects: Any) -> AccountHolder:  # noqa: ANN401
    """What is told by a list of these objects."""
    return await read_holder(client(sevdesk({"SevClient": list(objects)})))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, AccountHolder(name="Brandt Bau GmbH")),
        ({"taxNumber": "133/8150/8159"}, AccountHolder(name="Brandt Bau GmbH", tax_number="133/8150/8159")),
        ({"vatNumber": " DE136695976 "}, AccountHolder(name="Brandt Bau GmbH", vat_id="DE136695976")),
        ({"taxNumber": 5133081508159}, AccountHolder(name="Brandt Bau GmbH", tax_number="5133081508159")),
        ({"name": " Brandt \n\t Bau\u202e GmbH\x00"}, AccountHolder(name="Brandt Bau GmbH")),
        ({"name": "x" * 1000}, AccountHolder(name="x" * 200)),
        ({"name": "  ", "taxNumber": "", "vatNumber": None}, NOT_TOLD),
        ({"name": ["Brandt"], "taxNumber": {"a": 1}}, NOT_TOLD),
    ],
)
async def test_what_is_told(fields: dict[str, Any], told: AccountHolder) -> None:
    """One visible line each; what is empty or of another kind is not told."""
    assert await read(sev_client(**fields)) == told


async def test_of_several_clients_none_is_named() -> None:
    """Nothing says which of them the books are of."""
    assert await read(sev_client(1), sev_client(2, name="Andere GmbH")) == NOT_TOLD
    assert await read() == NOT_TOLD


async def test_a_list_that_knows_neither_pages_nor_total() -> None:
    """It is undocumented: the same page may come again."""
    assert (await read_holder(client(lambda _: page([sev_client()])))).name == "Brandt Bau GmbH"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(403, json={"error": {"message": "forbidden"}}),
        httpx.Response(404, json={"error": {"message": "Not Found", "code": 151}}),
        httpx.Response(400, json={"error": {"message": "Unknown parameter"}}),
        httpx.Response(302, headers={"Location": "https://example.com"}),
        httpx.Response(200, text="<html>Login</html>"),
        httpx.Response(200, json={"objects": {"id": "1", "name": "Brandt Bau GmbH"}}),
        httpx.Response(200, json={"objects": [{"name": "Brandt Bau GmbH"}]}),
    ],
)
async def test_a_refusal_of_this_list_alone_is_no_error(answer: httpx.Response) -> None:
    """The books can be read: whose they are is not told."""
    assert await read_holder(client(lambda _: answer)) == NOT_TOLD


@pytest.mark.parametrize(("status", "kind"), [(401, CredentialRejectedError), (503, SourceUnavailableError)])
async def test_other_refusals_are_errors(status: int, kind: type[Exception]) -> None:
    """A token that does not work, and a sevdesk that cannot be asked."""
    with pytest.raises(kind) as caught:
        await read_holder(client(lambda _: httpx.Response(status, json={"error": {"message": "no"}})))
    assert TOKEN not in f"{caught.value!r} {vars(caught.value)}"


def test_no_name_in_a_representation() -> None:
    """Neither of what is decoded nor of what is handed on."""
    record = SevClient(id=7, name="Geheim GmbH", tax_number="133/8150/8159")
    holder = AccountHolder(name="Geheim GmbH", tax_number="133/8150/8159")
    assert (
        f"{record!r} {record} {holder!r} {[holder]}"
        == "SevClient(id=7) SevClient(id=7) AccountHolder() [AccountHolder()]"
    )
