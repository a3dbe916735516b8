"""Writes into one account: every write is sent once, and confirmed by reading the books."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from scoring.sources.errors import (
    DeadlineExceededError,
    SourceError,
    SourceUnavailableError,
    UnexpectedAnswerError,
)
from scoring.sources.sevdesk.writing.books import Books
from scoring.sources.sevdesk.writing.errors import DifferentlyWrittenError, NotWrittenError, UnclearWriteError
from scoring.sources.sevdesk.writing.payloads import ContactOrder, VoucherOrder
from scoring.sources.sevdesk.writing.records import BookedVoucher, Contact, Saved, SavedVoucher, UploadedFile
from scoring.sources.sevdesk.writing.sender import Account, Sender

T = TypeVar("T", Contact, BookedVoucher)
R = TypeVar("R")
_NO_ANSWER = (SourceUnavailableError, DeadlineExceededError, UnexpectedAnswerError)
"""Errors after which sevdesk may still be at work on what was sent."""
_LATER = (1.0, 2.0)
"""Seconds before the books are read again, where a write got no answer and does not show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed(Generic[T]):
    """What the books show after a write."""

    found: T
    answer: SourceError | None
    """What sevdesk answered to the write, where that was an error and it was written all the same."""


class SevdeskWriter:
    """Creates contacts and vouchers in one account, and reads what that needs.

    Nothing is ever sent twice: neither an error nor silence proves that nothing was written. After either, and after
    every success, the books are read.
    """

    def __init__(self, account: Account) -> None:
        self.books = Books(account)
        """Reads the same account."""
        self._sender = Sender(account)
        self._sleep = account.timing.sleep

    async def create_contact(self, order: ContactOrder) -> Confirmed[Contact]:
        """Add an organisation to the firm's contacts.

        Raises:
            WriteError: It is not confirmed; see ``scoring.sources.sevdesk.writing.errors``.
        """

        async def send() -> int:
            return (await self._sender.post("Contact", order.payload(), Saved)).id

        async def find() -> int | None:
            found = await self.books.contact_numbered(order.customer_number)
            return None if found is None or found.name != order.name else found.id

        what = f"the contact {order.name!r}"
        return await self._confirmed(what, send, find, self.books.contact, order.differences)

    async def upload(self, name: str, pdf: bytes) -> UploadedFile:
        """Upload the file of a voucher that is saved afterwards; until then it is in no books.

        Raises:
            NotWrittenError: It was refused, or no answer names the file; as it stands in no books, nothing is lost.
        """
        path = "Voucher/Factory/uploadTempFile"
        uploaded, failure = await _tried(lambda: self._sender.upload(path, name, pdf, UploadedFile))
        if uploaded is None or not uploaded.filename:
            raise NotWrittenError("the file is not known to be taken over, and nothing was booked", answer=failure)
        return uploaded

    async def save_voucher(self, order: VoucherOrder, uploaded: UploadedFile) -> Confirmed[BookedVoucher]:
        """Create a voucher with an uploaded file.

        Raises:
            WriteError: As ``create_contact``, with the upload.
        """

        async def send() -> int:
            payload = order.payload(uploaded.filename)
            return (await self._sender.post("Voucher/Factory/saveVoucher", payload, SavedVoucher)).voucher.id

        async def find() -> int | None:
            found = await self.books.vouchers_described(order.description)
            # The newest: an older one with the same text was there before.
            return max((voucher.id for voucher in found), default=None)

        return await self._confirmed(
            "the voucher", send, find, self.books.voucher, order.differences, {"upload": uploaded}
        )

    async def _confirmed(
        self,
        what: str,
        send: Callable[[], Awaitable[int]],
        find: Callable[[], Awaitable[int | None]],
        read: Callable[[int], Awaitable[T]],
        differences: Callable[[T], list[str]],
        known: dict[str, Any] | None = None,
    ) -> Confirmed[T]:
        """Send once, look it up where the answer was an error, and compare the books with the order."""
        known = known or {}
        # From here on it may be in the books, whatever happens.
        sent, answer = await _tried(send)
        looked, reading = await self._looked_up(find, answer) if answer else (sent, None)
        if reading is not None:
            raise UnclearWriteError(f"whether {what} was written is not known", answer=answer, reading=reading, **known)
        if looked is None and isinstance(answer, _NO_ANSWER):
            # a gateway gives up before sevdesk does: it may come into the books minutes later
            raise UnclearWriteError(
                f"whether {what} is written is not known: sevdesk gave no answer, and the books do not show it so far",
                answer=answer,
                **known,
            )
        if looked is None:
            raise NotWrittenError(f"{what} was not written: the books do not show it", answer=answer, **known)
        found, reading = await _tried(lambda: read(looked))
        if found is None:
            raise UnclearWriteError(
                f"{what} was written ({looked}), but could not be read again",
                answer=answer,
                reading=reading,
                object_id=looked,
                **known,
            )
        if unlike := differences(found):
            raise DifferentlyWrittenError(
                f"{what} was written ({looked}), but differs from what was asked: {'; '.join(unlike)}",
                answer=answer,
                object_id=looked,
                **known,
            )
        return Confirmed(found=found, answer=answer)

    async def _looked_up(
        self, find: Callable[[], Awaitable[int | None]], answer: SourceError
    ) -> tuple[int | None, SourceError | None]:
        """Look whether it was written: at once, and later where sevdesk may still have been at work on it."""
        found, reading = await _tried(find)
        for seconds in _LATER if isinstance(answer, _NO_ANSWER) else ():
            if found is not None or reading is not None:
                break
            await self._sleep(seconds)
            found, reading = await _tried(find)
        return found, reading


async def _tried(call: Callable[[], Awaitable[R]]) -> tuple[R | None, SourceError | None]:
    try:
        return await call(), None
    except SourceError as error:
        return None, error
