"""The first page of a report: whether each thing a committee looks at is good, what is weakest, and what to decide."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from models.card import Reported
from models.findings import Findings
from models.grades import found_of
from models.records import Estimate
from models.table_text import became, rows_word, weights_text
from models.variables import Declared
from models.wording import estimate_text

Word = Literal["good", "watch", "stop", "not measured"]
SYMBOLS: dict[Word, str] = {
    "good": "\N{BLACK CIRCLE}",
    "watch": "\N{BLACK UP-POINTING TRIANGLE}",
    "stop": "\N{BLACK SQUARE}",
    "not measured": "\N{WHITE CIRCLE}",
}
"""So that the words are told apart without colours."""
GOOD_AUC = 0.70
POINTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """One thing that a committee looks at."""

    name: str
    word: Word
    figure: str
    why: str
    """What it means, in a sentence."""

    @property
    def symbol(self) -> str:
        """Of the word."""
        return SYMBOLS[self.word]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What the first page says."""

    lights: tuple[Light, ...]
    weakest: tuple[str, ...]
    decisions: tuple[str, ...]


def summary(reported: Reported, findings: Findings, catalogue: Mapping[str, Declared]) -> Summary:
    """The first page of a model.

    Args:
        reported: The model with its records.
        findings: Of the same files.
        catalogue: Declarations of features, for what people call them.
    """
    findings = _labelled(findings, catalogue)
    looks: list[Callable[[Reported, Findings], Light]] = [
        _data,
        _gates,
        _ranking,
        _baseline,
        _calibration,
        _grades,
        _stability,
        _leaks,
    ]
    if reported.record.table is None:
        looks += [_segments, _replacement]
    lights = tuple(look(reported, findings) for look in looks)
    return Summary(
        lights=lights,
        weakest=_weakest(lights, reported, findings),
        decisions=_decisions(reported, findings),
    )


def _labelled(findings: Findings, catalogue: Mapping[str, Declared]) -> Findings:
    """With the labels of features in place of their names."""

    def label(name: str) -> str:
        return f'"{catalogue[name].label.en}"' if name in catalogue else name

    best = findings.best_feature
    return msgspec.structs.replace(
        findings,
        best_feature=None if best is None else msgspec.structs.replace(best, name=label(best.name)),
        shifts=tuple(msgspec.structs.replace(one, name=label(one.name)) for one in findings.shifts),
        added=tuple(msgspec.structs.replace(one, name=label(one.name)) for one in findings.added),
        alarms=tuple(msgspec.structs.replace(one, subject=label(one.subject)) for one in findings.alarms),
    )


def _data(reported: Reported, _findings: Findings) -> Light:
    bads = reported.validation.out_of_time.bads
    figure = f"{reported.validation.out_of_time.rows} rows, {bads} bads out of time"
    if reported.record.dataset.kind == "simulated":
        why = "The firms are simulated: nothing here says anything about real firms."
        return Light(name="Data", word="stop", figure=figure, why=why)
    word: Word = "good" if bads >= 300 else "watch"
    if reported.record.table is not None:
        why = " ".join(["Rows of the table whose outcome is known.", *weights_text(reported.record)])
    elif reported.record.distress is not None:
        why = "Events in the firms' own books, not on loans: the ranking is of distress."
    else:
        why = "Outcomes of loans that were granted; nobody knows those of the declined."
    return Light(name="Data", word=word, figure=figure, why=why)


def _gates(reported: Reported, _findings: Findings) -> Light:
    failed = [gate.name for gate in reported.validation.gates if not gate.passed]
    total = len(reported.validation.gates)
    if reported.record.table is not None:
        why = f"Fails {', '.join(failed)}." if failed else "Every gate is passed."
    else:
        why = f"Fails {', '.join(failed)}: it cannot be promoted." if failed else "Every condition of promotion is met."
    return Light(name="Gates", word="stop" if failed else "good", figure=f"{total - len(failed)} of {total}", why=why)


def _ranking(reported: Reported, _findings: Findings) -> Light:
    auc = reported.validation.out_of_time.auc
    word: Word = "good" if auc.low >= GOOD_AUC else "watch" if auc.low >= 0.65 else "stop"
    one = "firm" if reported.record.table is None else "row"
    why = f"Of a bad and a good {one}, the bad one has the lower score in {auc.value:.0%} of cases."
    return Light(name="Ranking", word=word, figure=f"AUC {estimate_text(auc)}", why=why)


def _baseline(_reported: Reported, findings: Findings) -> Light:
    best = findings.best_feature
    if best is None:
        return Light(name="Against one feature", word="not measured", figure="", why="No feature has values.")
    is_better = best.added.low > 0
    if is_better:
        why = f"It ranks better than {best.name} alone."
    elif best.added.high < 0:
        why = f"It surely ranks worse than {best.name} alone: the simpler rule does more."
    else:
        why = f"Chance explains its lead over {best.name} alone: the simpler rule may do."
    figure = f"AUC {best.added.value:+.3f} [{best.added.low:+.3f}, {best.added.high:+.3f}]"
    return Light(name="Against one feature", word="good" if is_better else "watch", figure=figure, why=why)


def _calibration(reported: Reported, _findings: Findings) -> Light:
    ratio, what = reported.validation.out_of_time.observed_to_expected, became(reported.record)
    if ratio.low <= 1 <= ratio.high:
        word: Word = "good"
        why = f"As many {what} as were predicted, within chance."
    else:
        word = "watch" if ratio.high >= 0.75 and ratio.low <= 1.33 else "stop"
        side = "fewer" if ratio.high < 1 else "more"
        why = f"Surely {side} {what} than were predicted."
    return Light(name="Calibration", word=word, figure=f"observed / expected {estimate_text(ratio, 2)}", why=why)


def _grades(reported: Reported, findings: Findings) -> Light:
    wrong = found_of(findings.grades)
    figure = f"{len(wrong)} of {len(findings.grades)} grades off"
    rate = "default rate" if reported.record.definition is not None else "bad rate"
    why = (
        f"Grade {', '.join(wrong)}: the {rate} is not the one that was predicted."
        if wrong
        else f"No grade ({findings.cut_offs.source}) is off by more than chance explains."
    )
    return Light(name="Calibration per grade", word="watch" if wrong else "good", figure=figure, why=why)


def _stability(reported: Reported, findings: Findings) -> Light:
    moved = found_of(findings.shifts)
    score = findings.shifts[0]
    table = reported.record.table
    later = "Later firms" if table is None else "Later rows" if table.time is not None else "Rows that were held out"
    why = f"Moved: {', '.join(moved)}." if moved else f"{later} are like those of the training, within chance."
    return Light(
        name="Stability", word="watch" if moved else "good", figure=f"PSI of the score {score.psi:.3f}", why=why
    )


def _leaks(_reported: Reported, findings: Findings) -> Light:
    raised = [alarm for alarm in findings.alarms if alarm.is_raised]
    why = (
        "; ".join(f"{alarm.name} ({alarm.subject}): look at it before anything else" for alarm in raised) + "."
        if raised
        else "No sign that the outcome leaked into a feature."
    )
    measured = [alarm for alarm in findings.alarms if alarm.found is not None]
    figure = f"{len(raised)} of {len(measured)} alarms"
    return Light(name="Leaks", word="stop" if raised else "good", figure=figure, why=why)


def _segments(_reported: Reported, findings: Findings) -> Light:
    if not findings.fairness:
        why = "Name the policy (--policy) and what is known of firms (--segments) to see approvals by segment."
        return Light(name="Segments", word="not measured", figure="", why=why)
    lower = [one for one in findings.fairness if one.is_approved_less]
    off = [one for one in findings.fairness if one.is_calibrated_otherwise]
    figure = f"{len(lower)} of {len(findings.fairness)} approved clearly less, {len(off)} calibrated otherwise"
    names = _standing_out(findings)
    why = f"Look at {', '.join(names[:4])}{' and others' if len(names) > 4 else ''}." if names else "None stands out."
    return Light(name="Segments", word="watch" if names else "good", figure=figure, why=why)


def _standing_out(findings: Findings) -> list[str]:
    return [
        f"{one.name} ({one.dimension})"
        for one in findings.fairness
        if one.is_approved_less or one.is_calibrated_otherwise
    ]


def _replacement(_reported: Reported, findings: Findings) -> Light:
    swap = findings.swap
    if swap is None:
        why = "Name a model (--against) and the policy (--policy) to see who would change side."
        return Light(name="Against the champion", word="not measured", figure="", why=why)
    word: Word = "good" if swap.saved.low > 0 else "stop" if swap.saved.high < 0 else "watch"
    why = {
        "good": f"With as many approvals it avoids bads that {swap.champion} approves.",
        "watch": f"Chance explains the difference from {swap.champion}.",
        "stop": f"With as many approvals it approves more bads than {swap.champion}.",
    }[word]
    figure = f"{swap.saved.value:+.1f} [{swap.saved.low:+.1f}, {swap.saved.high:+.1f}] bads avoided per 1,000"
    return Light(name="Against the champion", word=word, figure=figure, why=why)


def _weakest(lights: Sequence[Light], reported: Reported, findings: Findings) -> tuple[str, ...]:
    """What stops first, then what is to be watched, then what the figures rest on."""
    told = [
        f"{light.name}: {light.why}" for word in ("stop", "watch") for light in lights if light.word == word
    ] + _thin(reported, findings)
    return tuple(told[:POINTS])


def _thin(reported: Reported, findings: Findings) -> list[str]:
    """What would be weakest of a model that nothing is wrong with."""
    figures = reported.validation.out_of_time
    half = (figures.auc.high - figures.auc.low) / 2
    told = [f"Evidence: with {figures.bads} bads the AUC is known to within {half:.3f}."]
    if findings.added:
        most = findings.added[0]
        told.append(f"Reliance: without the points of {most.name} the AUC falls to {most.auc_without:.3f}.")
    silent = [segment for segment in findings.segments if segment.auc is None]
    if findings.segments:
        told.append(f"Segments: {len(silent)} of {len(findings.segments)} have too few bads to be judged.")
    return told


def _decisions(reported: Reported, findings: Findings) -> tuple[str, ...]:
    record = reported.record
    gates = "may be" if reported.validation.has_passed else "cannot be"
    told = [
        f"Promotion: the model {gates} promoted; one person requests it, another one approves it."
        if record.table is None
        else "Use: what may be decided with this score, where, and who answers for it? The service does not take it."
    ]
    if findings.effects:
        effect = findings.effects[0]
        rate = "" if effect.bad_rate is None else f", of which {_percent(effect.bad_rate)} go bad"
        told.append(
            f"Cut-off: {findings.cut_offs.source} approves up to a PD of {effect.cut_off:.1%}, that is "
            f"{_percent(effect.approved)} of these {rows_word(record)}{rate}. Keep it?"
        )
    else:
        told.append("Cut-off: set it with the credit policy; this report was made without one.")
    if raised := [alarm for alarm in findings.alarms if alarm.is_raised]:
        told.append(f"Leaks: who looks at {', '.join(alarm.subject for alarm in raised)}, and until when?")
    if names := _standing_out(findings):
        told.append(f"Segments: {', '.join(names[:4])} stand out. Is there a reason, or must the model change?")
    watched = ", or which alarm of the watch," if record.table is None else ""
    told.append(f"Next look: after how many months{watched} is the model validated again?")
    return tuple(told)


def _percent(estimate: Estimate) -> str:
    return f"{estimate.value:.1%} [{estimate.low:.1%}, {estimate.high:.1%}]"
