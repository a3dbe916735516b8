"""Notes on what was read have words on the page of a decision."""

import pytest

from scoring.pages.texts.decision import DecisionPage
from scoring.sources.sevdesk.words import fetched

NOTES = sorted(value for name, value in vars(fetched).items() if name.isupper() and isinstance(value, str))


@pytest.mark.parametrize("note", NOTES)
def test_a_note_has_words(note: str) -> None:
    """None is shown as a code."""
    assert DecisionPage.note[note].de
