"""The text that a firm agrees to: put together from what the service reads and keeps at present, word for word."""

import hashlib
from collections.abc import Iterable

import msgspec

from features.feature import Text
from features.ledger import Resource
from scoring.pages.texts import Language
from scoring.pages.texts import consent as words
from scoring.pages.texts import consent_contacts as contacts
from scoring.purposes import Purpose
from scoring.serving import Serving
from scoring.sevdesk.books import read_along
from scoring.store.connect_sessions import ConnectSession


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line, and the link at its end."""

    text: str
    link: str | None = None
    href: str | None = None


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """One heading and what stands below it."""

    heading: str
    lead: str | None = None
    lines: tuple[Line, ...]


class ConsentText(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, in one language."""

    version: str
    language: Language
    sections: tuple[Section, ...]
    statement: str
    """What the reader agrees to with a tick."""
    contacts_statement: str | None
    """What the reader may agree to with a tick of its own; None where contacts are not asked for."""

    def plain(self, *, with_contacts: bool = True) -> str:
        """The text as it is recorded: what the page shows, line by line.

        Args:
            with_contacts: Whether the tick of its own was set, where there is one; without it, only its statement is
                left out, so that the record tells what was offered and what was agreed to.
        """
        lines: list[str] = []
        for section in self.sections:
            lines += [section.heading, *([section.lead] if section.lead else [])]
            lines += [f"- {line.text}" + (f" {line.link}" if line.link else "") for line in section.lines]
        lines.append(self.statement)
        if self.contacts_statement is not None and with_contacts:
            lines.append(self.contacts_statement)
        return "\n".join(lines) + "\n"

    def sha256(self, *, with_contacts: bool = True) -> str:
        """Digest of ``plain``."""
        return hashlib.sha256(self.plain(with_contacts=with_contacts).encode()).hexdigest()


def consent_text(session: ConnectSession, serving: Serving, *, snapshot_days: int, language: Language) -> ConsentText:
    """What the reader of a link agrees to.

    Args:
        session: Who asks, and for what.
        serving: Model and policy, whose fetch plan says what is read.
        snapshot_days: How long the figures behind a decision are kept.
        language: Of the reader.
    """

    def said(text: Text, **values: object) -> str:
        words_in_language: str = getattr(text, language)
        return words_in_language.format(lender=session.lender_name, **values)

    def lines(texts: Iterable[Text], **values: object) -> tuple[Line, ...]:
        return tuple(Line(text=said(text, **values)) for text in texts)

    read = read_along(serving.plan.resources)
    unread = [said(words.RESOURCES[resource].name) for resource in Resource if resource not in read]
    email, address = session.privacy_email, session.privacy_url
    asks_contacts = Purpose.CONTACTS in session.purposes
    return ConsentText(
        version=contacts.VERSION if asks_contacts else words.VERSION,
        language=language,
        sections=(
            Section(
                heading=said(words.SUMMARY_HEADING), lines=lines(contacts.SUMMARY if asks_contacts else words.SUMMARY)
            ),
            Section(
                heading=said(words.READ_HEADING),
                lead=said(words.READ_LEAD),
                lines=tuple(
                    Line(text=f"{said(reading.name)}: {said(reading.details)}")
                    for resource, reading in words.RESOURCES.items()
                    if resource in read
                ),
            ),
            Section(
                heading=said(words.UNREAD_HEADING),
                lead=said(words.UNREAD_LEAD),
                lines=(
                    *lines((*words.UNREAD[:-1], contacts.NOT_READ) if asks_contacts else words.UNREAD),
                    *(lines([words.NOT_ASKED], names=", ".join(unread)) if unread else ()),
                ),
            ),
            Section(
                heading=said(words.PURPOSE_HEADING),
                lines=lines((words.PURPOSES[Purpose.DECISION], *words.PURPOSE)),
            ),
            Section(heading=said(words.RETENTION_HEADING), lines=lines(words.RETENTION, days=snapshot_days)),
            Section(heading=said(words.TOKEN_HEADING), lines=lines(words.TOKEN)),
            Section(
                heading=said(words.RIGHTS_HEADING),
                lines=(
                    *lines(words.RIGHTS),
                    Line(text=said(words.WITHDRAWAL), link=email, href=f"mailto:{email}"),
                    Line(text=said(words.PRIVACY), link=address, href=address),
                ),
            ),
            *(
                [Section(heading=said(contacts.HEADING), lead=said(contacts.LEAD), lines=lines(contacts.LINES))]
                if asks_contacts
                else []
            ),
        ),
        statement=said(contacts.DECISION_STATEMENT if asks_contacts else words.STATEMENT),
        contacts_statement=said(contacts.STATEMENT) if asks_contacts else None,
    )
