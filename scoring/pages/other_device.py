"""Carrying the address of a link to another device: the token is where sevdesk is open, mostly on a computer."""

from urllib.parse import quote


def qr_code(address: str) -> str:
    """The address as a picture, in SVG."""
    import segno  # noqa: PLC0415  needed only here

    return segno.make(address, error="m").svg_inline(scale=4, border=4, light="#fff")


def mail_to_oneself(subject: str, body: str) -> str:
    """An address that opens a mail without a recipient."""
    return f"mailto:?subject={quote(subject)}&body={quote(body)}"
