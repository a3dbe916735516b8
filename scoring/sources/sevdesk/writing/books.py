"""Reads what a write needs of a firm's books: accounts, contacts, vouchers, the next customer number."""

from typing import TypeVar

import msgspec

from scoring.sources.errors import InvalidRequestError, UnexpectedAnswerError
from scoring.sources.sevdesk.reading.client import SevdeskClient
from scoring.sources.sevdesk.words.records import Bare
from scoring.sources.sevdesk.writing.records import AccountGuidance, BookedVoucher, Contact
from scoring.sources.sevdesk.writing.sender import Account

T = TypeVar("T")
_TEXT = msgspec.json.Decoder(Bare[str], strict=False)
_GUIDES = msgspec.json.Decoder(Bare[AccountGuidance | list[AccountGuidance]], strict=False)
_CONTACTS = msgspec.json.Decoder(Bare[Contact | list[Contact]], strict=False)
_VOUCHERS = msgspec.json.Decoder(Bare[BookedVoucher | list[BookedVoucher]], strict=False)
_ANYTHING = msgspec.json.Decoder(Bare[msgspec.Raw], strict=False)


class Books:
    """Reads one account, as far as writing needs it. Reads are retried; writes never are."""

    def __init__(self, account: Account) -> None:
        self._client = SevdeskClient(
            account.http,
            account.base_url,
            account.token,
            limits=account.limits,
            timing=account.timing,
            token_states=account.token_states,
        )

    async def system_version(self) -> str:
        """``1.0`` or ``2.0``; their documents name accounts and taxes differently.

        Raises:
            SourceError: As every method here: the books could not be read.
        """
        return await self._client.check_token()

    async def next_customer_number(self) -> str:
        """The customer number that a new contact gets; asking reserves nothing."""
        path = "Contact/Factory/getNextCustomerNumber"
        number = await self._client.value(path, {}, _TEXT)
        if not number.strip():
            raise UnexpectedAnswerError("sevdesk names no next customer number; report it", path=path)
        return number

    async def guide(self, number: str) -> AccountGuidance | None:
        """What may be booked on an account of this number, in system 2.0; None where there is none."""
        path = "ReceiptGuidance/forAccountNumber"
        try:
            found = await self._client.value(path, {"accountNumber": number}, _GUIDES)
        except InvalidRequestError as error:
            # sevdesk answers 422 for an account number that the firm does not have.
            if error.status_code in (404, 422):
                return None
            raise
        return next((one for one in _listed(found) if one.account_number == number), None)

    async def organisations(self, name: str) -> list[Contact]:
        """The firm's contacts of exactly this name; all others are dropped as they arrive."""
        found = await self._client.list_all("Contact", Contact, {"name": name, "depth": "0"})
        return [contact for contact in found if contact.name == name]

    async def contact_numbered(self, customer_number: str) -> Contact | None:
        """The contact with this customer number."""
        found = await self._client.list_all("Contact", Contact, {"customerNumber": customer_number, "depth": "1"})
        return next((contact for contact in found if contact.customer_number == customer_number), None)

    async def contact(self, contact_id: int) -> Contact:
        """One contact."""
        return await self._one(f"Contact/{contact_id}", _CONTACTS)

    async def vouchers_described(self, part: str) -> list[BookedVoucher]:
        """The vouchers with this text in their description, drafts included."""
        found = await self._client.list_all("Voucher", BookedVoucher, {"descriptionLike": part})
        return [voucher for voucher in found if part in (voucher.description or "")]

    async def voucher(self, voucher_id: int) -> BookedVoucher:
        """One voucher."""
        return await self._one(f"Voucher/{voucher_id}", _VOUCHERS)

    async def has(self, resource: str, object_id: int) -> bool:
        """Whether an invoice, voucher, credit note or bank line is in the books."""
        try:
            await self._client.value(f"{resource}/{object_id}", {}, _ANYTHING)
        except InvalidRequestError:
            return False
        return True

    async def _one(self, path: str, decoder: msgspec.json.Decoder[Bare[T | list[T]]]) -> T:
        found = _listed(await self._client.value(path, {}, decoder))
        if len(found) != 1:
            raise UnexpectedAnswerError(f"sevdesk answers with {len(found)} objects instead of one", path=path)
        return found[0]


def _listed(found: T | list[T]) -> list[T]:
    return found if isinstance(found, list) else [found]
