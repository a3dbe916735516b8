"""Words for why an application could not be decided again."""

import pytest

from scoring.decisions.comparison import LeftOut
from scoring.texts.left_out import WORDS, say_left_out
from scoring.usecases.policy_simulation import NotComparableError


def test_every_cause_has_words_in_both_languages() -> None:
    """Of their own in each."""
    assert set(WORDS) == set(LeftOut)
    assert all(text.de != text.en for text in WORDS.values())


@pytest.mark.parametrize(
    ("cause", "about", "german", "english"),
    [
        (
            LeftOut.NOT_FETCHED,
            ["reminders", "vouchers"],
            "gebraucht wird, was nicht gelesen wurde: reminders, vouchers",
            "the candidate reads what was not fetched: reminders, vouchers",
        ),
        (LeftOut.ERASED, [], "die Entscheidung wurde gelöscht", "it was erased"),
        ("of-a-later-version", ["x"], "of-a-later-version", "of-a-later-version"),
    ],
)
def test_a_cause_names_what_it_is_about(cause: str, about: list[str], german: str, english: str) -> None:
    """A code of a later version stands for itself."""
    said = say_left_out(cause, about)
    assert (said.de, said.en) == (german, english)


def test_a_message_has_the_words_and_the_detail() -> None:
    """For commands and the shadow, which tell it in English."""
    plain = NotComparableError(LeftOut.HISTORY, ["24", "12"])
    detailed = NotComparableError(LeftOut.TERMS, ["product"], detail="policy 5 has no product of this name")
    assert str(plain) == "the candidate looks back further than was fetched; months: 24, 12"
    assert str(detailed).endswith("does not take the application: product: policy 5 has no product of this name")
