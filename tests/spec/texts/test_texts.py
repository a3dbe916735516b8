"""Every sentence on a decision, in every situation that it can be said in: read ``v1.txt`` beside this file."""

import os
import re
from pathlib import Path

import pytest
from spec.texts.rendered import RULES, causes, lines, reasons, table

from features.derive import CATALOGUE
from features.feature import Text
from scoring.texts.catalogue import newest, released

_NEWEST = newest()
_PERSON = re.compile(r"\b(?:person|reviews?|reviewed|Person|Mensch\w*|manuell\w*)\b")
_LONGEST = 24
"""Words of a sentence."""


def said() -> list[tuple[str, Text]]:
    """Every text of the newest catalogue, with where it is said."""
    found = [*lines(_NEWEST), *reasons(_NEWEST)]
    for code, seen, verdict, _, words in causes(_NEWEST):
        place = f"{code} ({seen}), {verdict}"
        found += [(place, text) for text in (words.text, words.remedy) if text is not None]
    return found


@pytest.mark.parametrize("version", list(released()))
def test_a_released_catalogue_says_what_it_said(version: str) -> None:
    """To the byte: a decision is shown in the words of its day. New words are a new catalogue."""
    golden = Path(__file__).parent / f"v{version}.txt"
    rendered = table(released()[version])
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(rendered)
    assert golden.read_text() == rendered


def test_nothing_automatic_says_that_a_person_decides() -> None:
    """What comes with a decline without a person names none."""
    for code, seen, verdict, automation, words in causes(_NEWEST):
        if automation == "fully_automated":
            for text in (words.text, words.remedy or words.text):
                assert not _PERSON.search(f"{text.de} {text.en}"), (code, seen, verdict, text)


def test_every_text_is_whole_in_both_languages() -> None:
    """Nothing is empty, unfilled or a name of code; a sentence ends as one and begins with a capital or a number."""
    for place, text in said():
        for words in (text.de, text.en):
            assert not re.search(r"[{}]|\b\w+_\w+\b|\bNone\b|\bnan\b|  ", words), (place, words)
            assert re.fullmatch(r"[A-ZÄÖÜ0-9€].*\.", words), (place, words)
        assert text.de != text.en, place


def test_sentences_are_short() -> None:
    """Under 25 words, in either language."""
    for place, text in said():
        for words in (text.de, text.en):
            for sentence in re.split(r"(?<=[a-zäöüß)%€0-9])[.:] ", words):
                assert len(sentence.split()) <= _LONGEST, (place, sentence)


@pytest.mark.parametrize("word", ["Vorlage", "Kreditrahmen", "bank line", "told", "human being", "wohlwollend"])
def test_words_of_nobody_are_not_used(word: str) -> None:
    """Those that readers stumbled on."""
    assert not [place for place, text in said() if word.casefold() in f"{text.de} {text.en}".casefold()]


def test_every_rule_and_feature_has_its_words() -> None:
    """The newest catalogue has those that there are, each feature as it is declared."""
    assert set(_NEWEST.rules) == {rule.id for rule in RULES}
    assert {name: (texts.label, texts.meaning) for name, texts in _NEWEST.features.items()} == {
        feature.name: (feature.label, feature.meaning) for feature in CATALOGUE.values()
    }


def test_every_state_that_a_rule_requires_has_a_word() -> None:
    """Beside those that fail, which the table shows."""
    for rule in RULES:
        if isinstance(rule.threshold, str):
            assert rule.threshold in _NEWEST.rules[rule.id].states


@pytest.mark.parametrize(
    ("rule", "needed", "unneeded"),
    [
        ("LOSSES_HIGH", "verkürzt abgeschlossen", re.compile(r"\b(spät\w*|Storno|Gutschrift)\b")),
        ("CUSTOMER_DOMINANT", "Nettoumsatz", re.compile(r"\b(Kunden?|Zahler)\b")),
    ],
)
def test_a_cause_holds_whichever_feature_the_policy_reads(rule: str, needed: str, unneeded: re.Pattern[str]) -> None:
    """The same words are said of policies that differ in what they count."""
    cause = _NEWEST.rules[rule].cause
    assert needed in cause.de
    assert not unneeded.search(cause.de)
