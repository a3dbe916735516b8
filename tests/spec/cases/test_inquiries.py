"""What an applicant is asked, what counts as an answer, and what a reader of the case sees of both."""

import pytest

from scoring.decisions.inquiries import (
    Answer,
    Item,
    ItemKind,
    NothingAnsweredError,
    decode_items,
    demand_answers,
    encode_items,
    plain_answers,
    plain_items,
)

TEXT, FILE, CONNECTED = Answer(text="x"), Answer(files=("a.pdf",)), Answer(is_connected=True)


@pytest.mark.parametrize(
    ("kind", "answer", "is_enough"),
    [
        (ItemKind.EXPLANATION, TEXT, True),
        (ItemKind.EXPLANATION, Answer(), False),
        (ItemKind.CORRECTED_BOOKING, TEXT, True),
        (ItemKind.CORRECTED_BOOKING, Answer(), False),
        (ItemKind.DOCUMENT, FILE, True),
        (ItemKind.DOCUMENT, TEXT, True),
        (ItemKind.DOCUMENT, Answer(), False),
        (ItemKind.DOCUMENT, CONNECTED, False),
        (ItemKind.NEW_CONNECTION, CONNECTED, True),
        (ItemKind.NEW_CONNECTION, TEXT, True),
        (ItemKind.NEW_CONNECTION, Answer(), False),
    ],
)
def test_what_counts_as_an_answer(kind: ItemKind, answer: Answer, *, is_enough: bool) -> None:
    """Who cannot give what was asked for says so in a text; nobody is stuck, and no item is passed over."""
    items, answers = [Item(kind=ItemKind.EXPLANATION, text="?"), Item(kind=kind, text="?")], [TEXT, answer]
    if is_enough:
        demand_answers(items, answers)
        return
    with pytest.raises(NothingAnsweredError) as error:
        demand_answers(items, answers)
    assert error.value.number == 2


def test_items_read_back() -> None:
    """As they were asked."""
    items = (Item(kind=ItemKind.CORRECTED_BOOKING, text="Doppelt", document_numbers=("RE-1", "RE-2")),)
    assert decode_items(encode_items(items)) == items


def test_what_a_reader_of_the_case_sees() -> None:
    """Numbered, with the documents that were named and the files that came."""
    items = [
        Item(kind=ItemKind.EXPLANATION, text="Warum?"),
        Item(kind=ItemKind.CORRECTED_BOOKING, text="Doppelt", document_numbers=("RE-1", "RE-2")),
    ]
    answers = [Answer(text="Darum", files=("a.pdf", "b.png")), CONNECTED]
    assert plain_items(items) == "1. Warum?\n2. Doppelt (RE-1, RE-2)"
    assert plain_answers(answers) == "1. Darum [a.pdf, b.png]\n2. [sevdesk]"
