"""What became of a portfolio, in sentences."""

from typing import Final

from features.feature import Text
from scoring.decisions.comparison import ORDER
from scoring.decisions.decision import Verdict
from scoring.decisions.portfolios import PortfolioSummary
from scoring.texts.codes import VERDICTS
from scoring.texts.rendering import filled, joined

_DECIDED: Final = Text(de="Entschieden: {done} von {all} Zeilen.", en="Decided: {done} of {all} rows.")
_WITHOUT: Final = Text(de="Ohne Entscheidung: {without}.", en="Without a decision: {without}.")
_STATES: Final = {
    "waiting": Text(de="{count} warten", en="{count} wait"),
    "running": Text(de="{count} laufen", en="{count} are running"),
    "failed": Text(de="{count} fehlgeschlagen", en="{count} failed"),
    "cancelled": Text(de="{count} abgebrochen", en="{count} cancelled"),
    "expired": Text(de="{count} nicht rechtzeitig", en="{count} not in time"),
    "refused": Text(de="{count} nicht lesbar", en="{count} not readable"),
}
"""In the order in which they are told."""
_MOVED: Final = Text(
    de="Gegenüber der vorigen Entscheidung: {moved} von {compared} anders, {new} ohne vorige.",
    en="Against the decision before: {moved} of {compared} differ, {new} had none.",
)


def summary_text(found: PortfolioSummary) -> Text:
    """The whole in a few sentences."""
    total, done = sum(found.states.values()), found.states.get("done", 0)
    said = [filled(_DECIDED, {"done": _number(done), "all": _number(total)})]
    verdicts = [_counted(VERDICTS[one], found.verdicts[one]) for one in ORDER if found.verdicts[one]]
    if verdicts:
        said.append(_listed(verdicts, end="."))
    others = [
        filled(text, {"count": _number(found.states[state])})
        for state, text in _STATES.items()
        if found.states.get(state)
    ]
    if others:
        said.append(filled(_WITHOUT, {"without": _listed(others)}))
    swaps = found.swaps
    if swaps.compared:
        counts = {"moved": swaps.moved, "compared": swaps.compared, "new": swaps.new}
        said.append(filled(_MOVED, {name: _number(count) for name, count in counts.items()}))
        moves = [_counted(name_of_move(move), count) for move, count in swaps.moves.items()]
        if moves:
            said.append(_listed(moves, end="."))
    return joined(*said)


def name_of_move(move: str) -> Text:
    """``from>to`` in words."""
    old, _, new = move.partition(">")
    return Text(
        de=f"{VERDICTS[Verdict(old)].de} → {VERDICTS[Verdict(new)].de}",
        en=f"{VERDICTS[Verdict(old)].en} → {VERDICTS[Verdict(new)].en}",
    )


def _counted(name: Text, count: int) -> Text:
    number = _number(count)
    return Text(de=f"{name.de} {number.de}", en=f"{name.en} {number.en}")


def _listed(texts: list[Text], end: str = "") -> Text:
    return Text(de=", ".join(text.de for text in texts) + end, en=", ".join(text.en for text in texts) + end)


def _number(count: int) -> Text:
    grouped = f"{count:,}"
    return Text(de=grouped.replace(",", "."), en=grouped)
