"""Documents for tests: the smallest PDF, PDFs that could do something, pictures."""

import io
from collections.abc import Callable

from PIL import Image
from pypdf import PdfWriter


def pdf(change: Callable[[PdfWriter], object] = lambda _writer: None) -> bytes:
    """One blank page, with what is added to it."""
    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    change(writer)
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def picture(kind: str, *, width: int = 40, height: int = 30) -> bytes:
    """A red picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "red").save(buffer, kind)
    return buffer.getvalue()


A_PDF = pdf()
