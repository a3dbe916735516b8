"""The consent text, assembled for the purposes and resources in use."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from features.feature import Text
from features.ledger import Resource
from scoring.base.purposes import Purpose
from scoring.pages.texts import Language
from scoring.pages.texts import consent as words
from scoring.pages.texts import consent_contacts as contacts
from scoring.pages.texts import consent_monitoring as monitoring
from scoring.pages.texts import consent_training as training
from scoring.pages.texts import consent_write_back as write_back
from scoring.store.connect_sessions import ConnectSession


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line with an optional link at the end."""

    text: str
    link: str | None = None
    href: str | None = None


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A heading with its paragraphs."""

    heading: str
    lead: str | None = None
    lines: tuple[Line, ...]


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """An optional purpose, with its own checkbox."""

    purpose: Purpose
    statement: str


class ConsentText(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, in one language."""

    version: str
    language: Language
    reads: tuple[Resource, ...]
    """What it names as read."""
    sections: tuple[Section, ...]
    statement: str
    """The text of the checkbox."""
    choices: tuple[Choice, ...]

    def plain(self, purposes: Collection[str] = tuple(Purpose)) -> str:
        """The text as it is recorded: what the page shows, line by line.

        Args:
            purposes: What was ticked. Of a choice without its tick only the statement is left out, so that the record
                tells what was offered and what was agreed to.
        """
        lines: list[str] = []
        for section in self.sections:
            lines += [section.heading, *([section.lead] if section.lead else [])]
            lines += [f"- {line.text}" + (f" {line.link}" if line.link else "") for line in section.lines]
        lines.append(self.statement)
        lines += [choice.statement for choice in self.choices if choice.purpose in purposes]
        return "\n".join(lines) + "\n"

    def sha256(self, purposes: Collection[str] = tuple(Purpose)) -> str:
        """Digest of ``plain``."""
        return hashlib.sha256(self.plain(purposes).encode()).hexdigest()


class _Wording(msgspec.Struct, frozen=True, kw_only=True):
    """The words that are others where more than the decision is asked for."""

    version: str = words.VERSION
    summary: tuple[Text, ...] = words.SUMMARY
    unread: tuple[Text, ...] = words.UNREAD
    retention: tuple[Text, ...] = words.RETENTION
    token: tuple[Text, ...] = words.TOKEN
    statement: Text = words.STATEMENT


_WORDINGS: Final[Mapping[tuple[bool, bool], _Wording]] = MappingProxyType(
    {
        (False, False): _Wording(),
        (True, False): _Wording(
            version=contacts.VERSION,
            summary=contacts.SUMMARY,
            unread=(*words.UNREAD[:-1], contacts.NOT_READ),
            statement=contacts.DECISION_STATEMENT,
        ),
        (False, True): _Wording(
            version=write_back.VERSION,
            summary=(write_back.SUMMARY_CHANGES, contacts.SUMMARY[1], write_back.SUMMARY, contacts.SUMMARY[-1]),
            unread=(*words.UNREAD[:-1], write_back.NOT_READ),
            token=(words.TOKEN[0], write_back.TOKEN, words.TOKEN[-1]),
            statement=contacts.DECISION_STATEMENT,
        ),
        (True, True): _Wording(
            version=write_back.VERSION,
            summary=(write_back.SUMMARY_CHANGES, *contacts.SUMMARY[1:-1], write_back.SUMMARY, contacts.SUMMARY[-1]),
            unread=(*words.UNREAD[:-1], write_back.NOT_READ_BUT_CONTACTS),
            token=(words.TOKEN[0], write_back.TOKEN, words.TOKEN[-1]),
            statement=contacts.DECISION_STATEMENT,
        ),
    }
)
"""By whether contacts, and whether writing back, is asked for."""


def _with_training(wording: _Wording) -> _Wording:
    """The words where models may learn, too."""
    return msgspec.structs.replace(
        _with_further(wording, training.VERSION, training.SUMMARY),
        retention=(*words.RETENTION[:2], training.RETENTION, *words.RETENTION[3:]),
    )


def _with_further(wording: _Wording, version: str, summary: Text) -> _Wording:
    """The words where the figures serve more than the decision."""
    first = (words.SUMMARY[0], contacts.SUMMARY[1]) if wording.version == words.VERSION else wording.summary[:-1]
    return msgspec.structs.replace(
        wording,
        version=version,
        summary=(*first, summary, contacts.SUMMARY[-1]),
        statement=contacts.DECISION_STATEMENT,
    )


def consent_text(
    session: ConnectSession, read: Collection[Resource], *, snapshot_days: int, language: Language
) -> ConsentText:
    """The consent text of a link.

    Args:
        session: Who asks, and for what.
        read: What is read, see ``BookSource.reads``.
        snapshot_days: How long the figures behind a decision are kept.
        language: Of the reader.
    """

    def said(text: Text, **values: object) -> str:
        words_in_language: str = getattr(text, language)
        return words_in_language.format(lender=session.lender_name, **values)

    def lines(texts: Iterable[Text], **values: object) -> tuple[Line, ...]:
        return tuple(Line(text=said(text, **values)) for text in texts)

    unread = [said(reading.name) for resource, reading in words.RESOURCES.items() if resource not in read]
    email, address = session.privacy_email, session.privacy_url
    choices = [
        (purpose, texts)
        for purpose, texts in (
            (Purpose.CONTACTS, contacts),
            (Purpose.WRITE_BACK, write_back),
            (Purpose.TRAINING, training),
            (Purpose.MONITORING, monitoring),
        )
        if purpose in session.purposes
    ]
    wording = _WORDINGS[Purpose.CONTACTS in session.purposes, Purpose.WRITE_BACK in session.purposes]
    if Purpose.TRAINING in session.purposes:
        wording = _with_training(wording)
    if Purpose.MONITORING in session.purposes:
        wording = _with_further(wording, monitoring.VERSION, monitoring.SUMMARY)
    return ConsentText(
        version=wording.version,
        language=language,
        reads=tuple(resource for resource in words.RESOURCES if resource in read),
        sections=(
            Section(heading=said(words.SUMMARY_HEADING), lines=lines(wording.summary)),
            Section(
                heading=said(words.READ_HEADING),
                lead=said(words.READ_LEAD),
                lines=(
                    *lines([words.HOLDER]),
                    *(
                        Line(text=f"{said(reading.name)}: {said(reading.details)}")
                        for resource, reading in words.RESOURCES.items()
                        if resource in read
                    ),
                ),
            ),
            Section(
                heading=said(words.UNREAD_HEADING),
                lead=said(words.UNREAD_LEAD),
                lines=(
                    *lines(wording.unread),
                    *(lines([words.NOT_ASKED], names=", ".join(unread)) if unread else ()),
                ),
            ),
            Section(
                heading=said(words.PURPOSE_HEADING),
                lines=lines((words.PURPOSES[Purpose.DECISION], *words.PURPOSE)),
            ),
            Section(heading=said(words.RETENTION_HEADING), lines=lines(wording.retention, days=snapshot_days)),
            Section(heading=said(words.TOKEN_HEADING), lines=lines(wording.token)),
            Section(
                heading=said(words.RIGHTS_HEADING),
                lines=(
                    *lines(words.RIGHTS),
                    Line(text=said(words.WITHDRAWAL), link=email, href=f"mailto:{email}"),
                    Line(text=said(words.PRIVACY), link=address, href=address),
                ),
            ),
            *(
                Section(
                    heading=said(texts.HEADING), lead=said(texts.LEAD), lines=lines(texts.LINES, days=snapshot_days)
                )
                for _, texts in choices
            ),
        ),
        statement=said(wording.statement),
        choices=tuple(Choice(purpose=purpose, statement=said(texts.STATEMENT)) for purpose, texts in choices),
    )
