"""Documents that strangers send: each is looked at by a process of its own, with little memory, little time, no secret.

A parser of PDF or pictures that is led astray harms that process alone.
"""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from weakref import WeakValueDictionary

import msgspec

FILE_BYTES: Final = 10 * 1024 * 1024
"""Largest document."""
_SECONDS: Final = 30.0
_AT_ONCE: Final = 3
"""Requests with documents in memory."""
_OF_A_LENDER: Final = 2
"""Of them; the rest is for others, however slowly its own are sent."""
_INSPECTOR: Final = str(Path(__file__).with_name("inspector.py"))


class DocumentRefusedError(Exception):
    """A document is not taken; ``reason`` is a stable code."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


SENTENCES: Final = {
    "empty": "the document is empty",
    "too_large": "the document has more than 10 MiB",
    "unknown_type": "the document is neither a PDF nor a picture (JPEG, PNG, WebP), whatever its name says",
    "heic": "pictures in HEIC or AVIF are not taken: send it as JPEG",
    "damaged": "the document cannot be read: it is damaged or incomplete",
    "encrypted": "the PDF is encrypted or protected: save it without protection, or print it into a new PDF",
    "script": "the PDF contains JavaScript: print it into a new PDF",
    "action": "the PDF contains an action that starts a program or sends data: print it into a new PDF",
    "embedded_file": "the PDF contains another file: send that file by itself, or print the PDF into a new one",
    "active": "the PDF contains a dynamic form, sound, film or a 3D model: print it into a new PDF",
    "two_readings": "the PDF contains more than a PDF: print it into a new one",
    "too_many_pixels": "the picture has more than 50 million pixels: send a smaller one",
    "too_much": "the document takes too much time or memory to look at: send it in parts",
}
"""By the reason of a refusal. The inspector gives all of them but ``too_large``."""


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """A document that is taken."""

    media_type: str
    content: bytes
    """As it is kept: a picture was drawn anew."""


class _Said(msgspec.Struct, frozen=True):
    media_type: str | None = None
    refused: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """Looks at documents, one at a time in this process of the service."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    _shares: WeakValueDictionary[str, asyncio.Semaphore] = field(default_factory=WeakValueDictionary)
    """Of lenders and links that have documents in memory, or wait to."""

    @asynccontextmanager
    async def room(self, lender_id: str, link_id: str | None = None) -> AsyncIterator[None]:
        """Held while documents of a request are in memory. A link has one place, so that nobody's slow forms take all.

        Args:
            lender_id: whose case they are for.
            link_id: of the applicant who sends them.
        """
        own = asyncio.Semaphore() if link_id is None else self._share(f"link {link_id}", 1)
        async with own, self._share(f"lender {lender_id}", _OF_A_LENDER), self._room:
            yield

    async def look(self, content: bytes) -> Looked:
        """Find out what a document is.

        Raises:
            DocumentRefusedError: it is not taken.
        """
        if not content:
            raise refused("empty")
        if len(content) > FILE_BYTES:
            raise refused("too_large")
        async with self.turn:
            answer = await _run(content)
        line, _, kept = answer.partition(b"\n")
        try:
            said = msgspec.json.decode(line, type=_Said)
        except msgspec.DecodeError:  # it ran out of its time or memory
            raise refused("too_much") from None
        if said.media_type is None:
            raise refused(said.refused or "damaged")
        return Looked(media_type=said.media_type, content=kept)

    def _share(self, name: str, places: int) -> asyncio.Semaphore:
        found = self._shares.get(name)
        if found is None:
            self._shares[name] = found = asyncio.Semaphore(places)
        return found


def refused(reason: str) -> DocumentRefusedError:
    """The error of a reason."""
    return DocumentRefusedError(reason, SENTENCES[reason])


async def _run(content: bytes) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", _INSPECTOR, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}
    )
    try:
        async with asyncio.timeout(_SECONDS):
            answer, _ = await process.communicate(content)
    except TimeoutError:
        return b""
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return answer
