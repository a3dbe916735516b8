import hashlib
import string
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pytest
from service import a_serving

from features.feature import Text
from features.ledger import Resource
from scoring.base.purposes import OPTIONAL
from scoring.pages.connect import _FAILURES, _NOTES, _STATUSES
from scoring.pages.consent import consent_text
from scoring.pages.link_visit import RESULTS
from scoring.pages.texts import (
    LANGUAGES,
    Language,
    consent,
    consent_contacts,
    consent_monitoring,
    consent_training,
    consent_write_back,
)
from scoring.pages.texts.connect import Connect
from scoring.sources.sevdesk.reading.books import read_along
from scoring.store.connect_sessions import ConnectSession, SessionStatus

PINNED = {"14": "00e2c335", "15": "9609c36a", "16": "f0790f25", "17": "35b71e6d", "19": "d134f890"}
"""Version of the words to the beginning of their digest. Earlier words are stored with each consent that was given."""


READ = read_along(a_serving().plan.resources)
"""What is read for the model and the policy that the service comes with."""


def read_for(*resources: Resource) -> frozenset[Resource]:
    """What is read where these are needed."""
    return read_along(frozenset(resources))


def a_session(**changes: Any) -> ConnectSession:  # noqa: ANN401  fields of ConnectSession
    """A link of a bank."""
    values: dict[str, Any] = {
        "id": "cns_1",
        "lender_id": "bank",
        "borrower_id": "bor_1",
        "borrower_ref": "firm-1",
        "return_url": "https://bank.example/",
        "lender_name": "Muster Bank",
        "privacy_url": "https://bank.example/privacy",
        "privacy_email": "privacy@bank.example",
        "language": "de",
        "purposes": ("decision",),
        "status": SessionStatus.OPEN,
        "tries": 0,
        "created_at": "2026-10-01T10:00:00.000Z",
        "expires_at": "2026-10-01T11:00:00.000Z",
        "connection_id": None,
    }
    return ConnectSession(**(values | changes))


def said(read: frozenset[Resource], *, language: Language = "de", days: int = 730, **changes: Any) -> str:  # noqa: ANN401  the same
    """The whole text."""
    return consent_text(a_session(**changes), read, snapshot_days=days, language=language).plain()


def texts_of(holder: object) -> list[Text]:
    """Every text in a module or a class."""
    return list(_texts_in(value for name, value in vars(holder).items() if not name.startswith("_")))


def _texts_in(values: Iterable[object]) -> Iterator[Text]:
    for value in values:
        if isinstance(value, Text):
            yield value
        elif isinstance(value, tuple):
            yield from _texts_in(value)
        elif isinstance(value, Mapping):
            yield from _texts_in(value.values())
        elif isinstance(value, consent.Reading):
            yield from (value.name, value.details)


@pytest.mark.parametrize(
    ("holder", "fewest"),
    [
        (consent, 20),
        (Connect, 20),
        (consent_contacts, 14),
        (consent_write_back, 14),
        (consent_training, 10),
        (consent_monitoring, 10),
    ],
)
def test_every_text_is_there_in_both_languages(holder: object, fewest: int) -> None:
    """Not the same words twice, and with the same places to fill."""
    texts = texts_of(holder)
    assert len(texts) > fewest
    for text in texts:
        assert text.de.strip()
        assert text.en.strip()
        assert text.de != text.en
        assert places(text.de) == places(text.en)


def places(text: str) -> set[str]:
    """Names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_other_words_are_another_version() -> None:
    """A recorded version means one text: change VERSION together with the words, and pin it here."""
    digests = {
        consent.VERSION: digest_of(texts_of(consent)),
        consent_contacts.VERSION: digest_of([*texts_of(consent), *texts_of(consent_contacts)]),
        consent_write_back.VERSION: digest_of(
            [*texts_of(consent), *texts_of(consent_contacts), *texts_of(consent_write_back)]
        ),
        consent_training.VERSION: digest_of(
            text
            for holder in (consent, consent_contacts, consent_write_back, consent_training)
            for text in texts_of(holder)
        ),
        consent_monitoring.VERSION: digest_of(
            text
            for holder in (consent, consent_contacts, consent_write_back, consent_training, consent_monitoring)
            for text in texts_of(holder)
        ),
    }
    assert digests == PINNED


def digest_of(texts: Iterable[Text]) -> str:
    """The beginning of the digest of these words."""
    return hashlib.sha256("".join(f"{text.de}\n{text.en}\n" for text in texts).encode()).hexdigest()[:8]


def test_every_kind_of_data_and_every_outcome_has_words() -> None:
    """A new resource of the fetch plan, status or failure does not appear without them."""
    assert consent.RESOURCES.keys() == set(Resource) - {Resource.RECOGNITION}
    assert RESULTS.keys() == set(SessionStatus) - {SessionStatus.OPEN}
    assert Connect.ended_heading.keys() == Connect.ended_explanation.keys() == {*RESULTS, "unknown"}
    assert {*_FAILURES.values(), *_STATUSES} <= Connect.failures.keys()
    assert set(_NOTES) == Connect.notes.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_text_follows_the_fetch_plan(language: Language) -> None:
    """What is read stands there with its details, what is not stands there by name."""
    text = said(read_for(Resource.INVOICES), language=language)
    for resource, reading in consent.RESOURCES.items():
        is_read = resource is Resource.INVOICES
        name, details = getattr(reading.name, language), getattr(reading.details, language)
        assert (f"- {name}: {details}" in text) is is_read
        assert name in text


def test_what_is_read_along_is_told() -> None:
    """Balances are worked out from transactions, so those are read although no feature needs them."""
    assert "- Kontoumsätze: " in said(read_for(Resource.BALANCES))


def test_a_plan_of_everything_leaves_nothing_unasked() -> None:
    """The line about it is then left out."""
    assert "Ebenfalls nicht abgerufen" not in said(read_for(*Resource))


def test_the_text_names_the_lender_the_days_and_where_to_turn() -> None:
    """As they are set for this link and this service."""
    text = said(READ, days=90, lender_name="Nordbank", privacy_email="a@n.example", privacy_url="https://n.example/")
    assert "90 Tage" in text
    assert "dass Nordbank die oben genannten Daten" in text
    assert "Öffnen Sie dafür diesen Link noch einmal" in text, "the link withdraws, too, and at once"
    assert "Oder schreiben Sie an a@n.example" in text
    assert "Datenschutzhinweise von Nordbank: https://n.example/" in text
    assert "{" not in text


@pytest.mark.parametrize(
    ("asked", "version", "further"),
    [
        (["contacts"], "15", [consent_contacts]),
        (["write_back"], "16", [consent_write_back]),
        (["write_back", "contacts"], "16", [consent_contacts, consent_write_back]),
        (["training"], "17", [consent_training]),
        (["training", "contacts"], "17", [consent_contacts, consent_training]),
        (["training", "write_back"], "17", [consent_write_back, consent_training]),
        (["training", "write_back", "contacts"], "17", [consent_contacts, consent_write_back, consent_training]),
        (["monitoring"], "19", [consent_monitoring]),
        (["monitoring", "training"], "19", [consent_training, consent_monitoring]),
        (["monitoring", "contacts"], "19", [consent_contacts, consent_monitoring]),
        (
            ["monitoring", "training", "write_back", "contacts"],
            "19",
            [consent_contacts, consent_write_back, consent_training, consent_monitoring],
        ),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_more_than_the_decision_is_asked_for_in_a_text_of_its_own_version(
    language: Language, asked: list[str], version: str, further: list[Any]
) -> None:
    """Nobody reads of a purpose who is not asked for it; who is, reads what it means, and that it is optional."""
    plain = consent_text(a_session(), READ, snapshot_days=730, language=language)
    text = consent_text(a_session(purposes=("decision", *asked)), READ, snapshot_days=730, language=language)
    assert (plain.version, plain.choices, text.version) == ("14", (), version)
    headings = [getattr(words.HEADING, language) for words in further]
    assert not any(heading in plain.plain() for heading in headings)
    assert [section.heading for section in text.sections] == [
        *(section.heading for section in plain.sections),
        *headings,
    ]
    assert [choice.purpose for choice in text.choices] == [one for one in OPTIONAL if one in asked]
    for choice in text.choices:
        assert choice.statement.startswith({"de": "Freiwillig: ", "en": "Optional: "}[language])


TOO_MUCH = {
    ("contacts",): (consent.SUMMARY[1], consent.SUMMARY[2], consent.UNREAD[-1], consent.STATEMENT),
    ("write_back",): (
        consent.SUMMARY[0],
        consent.SUMMARY[1],
        consent.SUMMARY[2],
        consent.UNREAD[-1],
        consent.TOKEN[1],
        consent.STATEMENT,
    ),
    ("contacts", "write_back"): (
        consent.SUMMARY[0],
        consent.SUMMARY[1],
        consent.SUMMARY[2],
        consent.UNREAD[-1],
        consent.TOKEN[1],
        consent.STATEMENT,
    ),
    ("training",): (consent.SUMMARY[1], consent.SUMMARY[2], consent.RETENTION[2], consent.STATEMENT),
    ("monitoring",): (consent.SUMMARY[1], consent.SUMMARY[2], consent.STATEMENT),
    ("training", "monitoring"): (consent.SUMMARY[1], consent.SUMMARY[2], consent.RETENTION[2], consent.STATEMENT),
    ("contacts", "write_back", "training", "monitoring"): (
        consent.SUMMARY[0],
        consent.SUMMARY[1],
        consent.SUMMARY[2],
        consent.UNREAD[-1],
        consent.RETENTION[2],
        consent.TOKEN[1],
        consent.STATEMENT,
    ),
    ("contacts", "write_back", "training"): (
        consent.SUMMARY[0],
        consent.SUMMARY[1],
        consent.SUMMARY[2],
        consent.UNREAD[-1],
        consent.RETENTION[2],
        consent.TOKEN[1],
        consent.STATEMENT,
    ),
}
"""Promises that do not hold where these purposes may be agreed to."""


@pytest.mark.parametrize("asked", TOO_MUCH)
@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_in_the_text_promises_what_a_further_purpose_would_break(
    language: Language, asked: tuple[str, ...]
) -> None:
    """That contacts are never read, that the service only reads, that the data serve one end; all else stays."""
    without = set(said(READ, language=language).splitlines())
    with_it = set(said(READ, language=language, purposes=("decision", *asked)).splitlines())
    broken = {getattr(text, language).format(lender="Muster Bank", days=730) for text in TOO_MUCH[asked]}
    assert {line.removeprefix("- ") for line in without - with_it} == broken
    assert getattr(consent.READ_HEADING, language) in getattr(consent_contacts.DECISION_STATEMENT, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_line_about_entries_names_the_section_that_lists_them(language: Language) -> None:
    """The reader finds what may be created."""
    heading = getattr(consent_write_back.HEADING, language).partition(": ")[2]
    assert heading in getattr(consent_write_back.TOKEN, language)


@pytest.mark.parametrize("asked", TOO_MUCH)
def test_a_record_without_a_tick_has_all_but_its_statement(asked: tuple[str, ...]) -> None:
    """What was offered stays readable; each has its own digest."""
    text = consent_text(a_session(purposes=("decision", *asked)), READ, snapshot_days=730, language="de")
    everything = text.plain()
    for choice in text.choices:
        ticked = ["decision", *(one.purpose for one in text.choices if one is not choice)]
        record = text.plain(ticked)
        assert record == everything.replace(f"{choice.statement}\n", "")
        assert len(record) < len(everything)
        assert text.sha256(ticked) == hashlib.sha256(record.encode()).hexdigest()
    assert text.sha256() == hashlib.sha256(everything.encode()).hexdigest()
    assert text.plain(["decision"]).endswith(f"{text.statement}\n")


WHOLE = {
    (("decision",), "de"): "d1350a7f",
    (("decision",), "en"): "8c596038",
    (("decision", "contacts"), "de"): "cdcc48d7",
    (("decision", "contacts"), "en"): "a8f592be",
    (("decision", "write_back"), "de"): "27f21002",
    (("decision", "write_back"), "en"): "4c218a5d",
    (("decision", "contacts", "write_back"), "de"): "2f2eae60",
    (("decision", "contacts", "write_back"), "en"): "2eb71a1b",
    (("decision", "training"), "de"): "cd664945",
    (("decision", "training"), "en"): "db929f1f",
    (("decision", "monitoring"), "de"): "3b992e2d",
    (("decision", "monitoring"), "en"): "fc809d14",
    (("decision", "contacts", "write_back", "training", "monitoring"), "de"): "d7c58537",
    (("decision", "contacts", "write_back", "training", "monitoring"), "en"): "14f6d65c",
    (("decision", "contacts", "write_back", "training"), "de"): "223ba8bf",
    (("decision", "contacts", "write_back", "training"), "en"): "bfbd41e3",
}
"""Purposes and language to the beginning of the digest of the whole text, where everything is read."""


def test_the_whole_text_stays_word_for_word() -> None:
    """Also how the words are put together; what differs here was agreed to by nobody yet and needs a new version."""
    found = {
        (purposes, language): consent_text(
            a_session(purposes=purposes), frozenset(Resource), snapshot_days=730, language=language
        ).sha256()[:8]
        for purposes in dict.fromkeys(purposes for purposes, _ in WHOLE)
        for language in LANGUAGES
    }
    assert found == WHOLE
