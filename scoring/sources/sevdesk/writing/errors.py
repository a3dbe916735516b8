"""Errors of writes that are not confirmed, ordered by what the books showed afterwards.

::

    WriteError
      NotWrittenError         sevdesk refused it, and the books do not show it
      UnclearWriteError       sevdesk gave no answer and may still write, or the books could not be read afterwards:
                              wait and look, before anything is tried again
      DifferentlyWrittenError it is in the books, but not as asked

None carries a token, a header or a body.
"""

from typing_extensions import override

from scoring.sources.errors import SourceError
from scoring.sources.sevdesk.writing.records import UploadedFile


class WriteError(Exception):
    """A write that is not confirmed; it was sent once and is never repeated.

    Args:
        what: One sentence: what was to be written, and what became of it.
        answer: What sevdesk answered to the write, where that was an error.
        reading: Why the books could not be read afterwards.
        upload: The file that was taken over before, where the write was the second of two steps.
        object_id: What was found in the books.
    """

    def __init__(
        self,
        what: str,
        *,
        answer: SourceError | None = None,
        reading: SourceError | None = None,
        upload: UploadedFile | None = None,
        object_id: int | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.answer = answer
        self.reading = reading
        self.upload = upload
        self.object_id = object_id

    @override
    def __str__(self) -> str:
        parts = [self.what]
        if self.answer is not None:
            parts.append(f"sevdesk's answer to the write: {self.answer}")
        if self.reading is not None:
            parts.append(f"reading afterwards: {self.reading}")
        if self.upload is not None:
            parts.append(
                f"the file itself was uploaded: contentHash {self.upload.content_hash}, filename {self.upload.filename}"
            )
        return "; ".join(parts)


class NotWrittenError(WriteError):
    """sevdesk refused the write, and the books, read afterwards, do not show it."""


class UnclearWriteError(WriteError):
    """Whether it was or will be written is not known: no answer came, or the books could not be read afterwards."""


class DifferentlyWrittenError(WriteError):
    """The books show it, but not as asked."""
