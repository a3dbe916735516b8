"""What is said of outcomes from books: on the card of a model, and by the commands."""

from collections.abc import Mapping, Sequence

from models.distress_definition import EVENTS, Event
from models.records import AgainstLoans, DistressRecord

EVENT_WORDS: Mapping[Event, str] = {
    "insolvency": "own insolvency",
    "garnishment": "garnishment",
    "returned_debits": "own debits returned",
    "levies_unpaid": "taxes or social security unpaid",
    "overdue_bills": "own bills long overdue",
    "overdraft": "overdraft beyond the estimated line",
    "wages_stopped": "wages stopped",
}
LEFT_OUT_WORDS: Mapping[str, str] = {
    "not_over": "window not over when the books were read: left out whatever was seen",
    "in_distress": "in distress already",
    "under_way": "what led to distress had begun before",
    "silent": "books fell silent before the window was over",
}
PREDICTS_DISTRESS = (
    "**Predicts distress, not default.** The outcomes are events in the firms' own books, not on loans. The PD is the "
    "probability of distress as defined below. Firms in distress often still repay, and grades, prices and limits "
    "were set for defaults: a policy should let a person decide on every firm that this model scores."
)
EVENT_HEAD = ("event", "first in so many points", "features that read the same words")


def event_rows(record: DistressRecord, features: Sequence[str]) -> list[list[str]]:
    """One row per event of the definition: how often it was the first, and which of some features read its words."""
    return [
        [
            EVENT_WORDS[event],
            str(record.events.get(event, 0)),
            ", ".join(name for name in features if event in record.marked.get(name, ())) or "none",
        ]
        for event in EVENTS
        if event in record.definition.events
    ]


def left_out_rows(record: DistressRecord) -> list[tuple[str, str]]:
    """Points without an outcome, by the reason."""
    return [(LEFT_OUT_WORDS[reason], str(count)) for reason, count in record.left_out.items()]


def known_text(record: DistressRecord) -> str:
    """How the points came about, in a sentence."""
    return (
        f"All points are reconstructed from books that were read later. Of {record.bad} bad ones, "
        f"{record.known_after_window} were known to the books only after the window."
    )


def against_text(found: AgainstLoans | None) -> str:
    """How the ranking relates to loans."""
    if found is None:
        return "How this ranking relates to loans is not known: no outcome of a later loan is in the dataset."
    unseen = found.unseen_borrowers
    new = "" if unseen is None else f"; of borrowers that training never saw {unseen.value:.3f}"
    apart = "" if unseen is None else f" ({unseen.low:.3f} to {unseen.high:.3f})"
    return (
        f"Against loans ({found.definition}), granted since the out-of-time part begins: AUC {found.auc.value:.3f} "
        f"({found.auc.low:.3f} to {found.auc.high:.3f}), {found.bads} bads among {found.rows} loans{new}{apart}. Only "
        "the ranking is compared: the probabilities are of something else."
    )
