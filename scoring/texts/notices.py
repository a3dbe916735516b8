"""The notice to an applicant: facts of a decision and its case in words, on one page, without names of others."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

import msgspec

from features.feature import Text, Unit
from scoring.decisions.changes import Change
from scoring.decisions.decision import Decision, Reason, Verdict
from scoring.decisions.notices import Outcome, Sender, Standing, is_told
from scoring.decisions.rules import NOT_CHECKED
from scoring.decisions.words import Words
from scoring.texts import notice_words as w
from scoring.texts.catalogue import Catalogue, newest, released
from scoring.texts.changes import say_change
from scoring.texts.rendering import format_value, say_day, why_missing, words_of_reason

_MOST_RULES: Final = 5
"""More would not be read, nor fit on the page."""
_MINUS: Final = re.compile(r"^-(?=[\d€])")
_KEPT_TOGETHER: Final = re.compile(r"(?<=\d) (?=%|€|Punkte\b|points\b|Tage?n?\b|days?\b|Monate?n?\b|months?\b)")
_SOURCES: Final = {"sevdesk": "sevdesk"}
_OVER: Final = frozenset({Outcome.WITHDRAWN, Outcome.EXPIRED})
_DECIDED: Final = frozenset({Outcome.APPROVED, Outcome.DECLINED})


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One factor."""

    label: str
    meaning: str
    value: str
    typical: str
    effect: str


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A heading and what stands below it."""

    title: str
    text: str = ""
    items: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    note: str = ""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A notice in one language, as it is printed."""

    language: str
    title: str
    sender: str
    sender_address: str
    references: tuple[tuple[str, str], ...]
    sample: str | None
    """What is printed across the top where the data are invented."""
    lead: str
    sections: tuple[Section, ...]
    receipt: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a notice is made of."""

    notice_id: str
    issued_on: date
    borrower_ref: str
    applicant: str | None
    """Its name, as the application states it."""
    decision: Decision
    words: Words
    standing: Standing
    changes: tuple[Change, ...] | None
    """None where the books are gone."""
    sender: Sender
    statement: int | None
    """Number of the signed statement of the decision."""


def letter_of(told: Told, language: str) -> Letter:
    """The notice in a language."""
    say = _Voice(language)
    decision, sender = told.decision, told.sender
    sections = (
        _how(told, say),
        _data(decision, say),
        _factors(told, say),
        *_rules(told, say),
        _changes(told, say),
        _rights(told, say),
        _contact(sender, say),
    )
    number = "" if told.statement is None else say(w.STATEMENT, number=str(told.statement))
    return Letter(
        language=language,
        title=say(w.TITLES[told.standing.outcome]),
        sender=sender.name,
        sender_address=sender.address,
        references=(
            *(((say(w.REFERENCES["applicant"]), told.applicant),) if told.applicant else ()),
            (say(w.REFERENCES["ref"]), told.borrower_ref),
            (say(w.REFERENCES["day"]), say.day(told.issued_on)),
            (say(w.REFERENCES["notice"]), told.notice_id),
        ),
        sample=say(w.SAMPLE) if decision.circumstances.is_sandbox or decision.model.is_simulated else None,
        lead=_lead(told, say),
        sections=tuple(one for one in sections if one is not None),
        receipt=say(
            w.RECEIPT,
            decision=decision.decision_id,
            statement=number,
            model=decision.versions.model,
            policy=decision.versions.policy,
            texts=w.VERSION,
        ),
    )


class _Voice:
    """Says texts and numbers in one language."""

    def __init__(self, language: str) -> None:
        self.language = "en" if language == "en" else "de"

    def __call__(self, text: Text, **filling: str) -> str:
        found: str = getattr(text, self.language)
        found = found.format_map(filling) if filling else found
        return _KEPT_TOGETHER.sub("\N{NO-BREAK SPACE}", found)

    def figure(self, figure: Text) -> str:
        return _MINUS.sub("\N{MINUS SIGN}", self(figure))

    def day(self, day: date) -> str:
        return self(say_day(day))

    def money(self, cents: int) -> str:
        return self(format_value(float(cents), Unit.CENTS))

    def count(self, count: int, nouns: tuple[Text, Text]) -> str:
        return self(format_value(float(count), Unit.COUNT, nouns=nouns))

    def months(self, months: int) -> str:
        return self(format_value(float(months), Unit.MONTHS))


def _lead(told: Told, say: _Voice) -> str:
    standing, terms = told.standing, told.decision.terms
    asked = {"amount": say.money(terms.amount_cents), "term": say.months(terms.term_months)}
    if standing.outcome is not Outcome.APPROVED:
        texts = {
            Outcome.DECLINED: w.DECLINED,
            Outcome.IN_REVIEW: w.IN_REVIEW,
            Outcome.WITHDRAWN: w.WITHDRAWN,
            Outcome.EXPIRED: w.EXPIRED,
        }
        return say(texts[standing.outcome], **asked)
    amount, term = standing.amount_cents or terms.amount_cents, standing.term_months or terms.term_months
    rate = ""
    if standing.annual_rate_bps is not None:
        rate = say(w.RATE, rate=say(format_value(standing.annual_rate_bps / 10_000, Unit.SHARE, decimals=2)))
    until = standing.valid_until or told.decision.valid_until
    said = say(w.APPROVED, amount=say.money(amount), term=say.months(term), rate=rate, until=say.day(until))
    return said if (amount, term) == (terms.amount_cents, terms.term_months) else f"{said} {say(w.ASKED, **asked)}"


def _how(told: Told, say: _Voice) -> Section:
    decision, standing = told.decision, told.standing
    assessment = decision.assessment
    who = []
    if standing.outcome in _DECIDED:
        who.append(say(w.BY_PERSON if standing.by_person else w.BY_MACHINE))
    elif standing.outcome is Outcome.IN_REVIEW:
        who.append(say(w.TO_PERSON))
    said = [*who, say(w.MODEL, months=say.count(decision.model.horizon_months, w.MONTHS))]
    if assessment.score is None or assessment.pd is None:
        said.append(say(w.NO_SCORE))
    else:
        score = say(format_value(assessment.score, Unit.SCORE, decimals=0))
        said.append(say(w.SCORE, score=score, pd=say(format_value(assessment.pd, Unit.SHARE))))
    return Section(title=say(w.HOW), text=" ".join(said))


def _data(decision: Decision, say: _Voice) -> Section:
    coverage = decision.circumstances.coverage
    period = ""
    if coverage.first_on is not None and coverage.last_on is not None:
        period = say(w.PERIOD, first=say.day(coverage.first_on), last=say.day(coverage.last_on))
    source = decision.circumstances.source
    said = [
        say(
            w.SOURCE,
            source=_SOURCES.get(source, source),
            day=say.day(decision.as_of),
            period=period,
            invoices=say.count(coverage.invoice_count, w.INVOICES),
            bills=say.count(coverage.bill_count, w.BILLS),
            transactions=say.count(coverage.transaction_count, w.LINES),
            accounts=say.count(coverage.account_count, w.ACCOUNT_NOUNS),
        )
    ]
    if coverage.bank_data_until is not None:
        said.append(say(w.BANK_UNTIL, day=say.day(coverage.bank_data_until)))
    elif decision.schema >= _WITH_BANK_DATA:
        said.append(say(w.NO_BANK))
    if coverage.set_aside_count:
        said.append(say(w.LACKING, count=str(coverage.set_aside_count)))
    if decision.missing:
        said.append(say(w.MISSING, count=str(len(decision.missing)), all=str(len(decision.row))))
    said.append(say(w.NOT_USED))
    return Section(title=say(w.DATA), text=" ".join(said))


_WITH_BANK_DATA: Final = 3
"""The first schema of records that says until when there are data of the bank."""


def _factors(told: Told, say: _Voice) -> Section | None:
    decision = told.decision
    reasons = decision.assessment.reasons
    if not reasons or decision.assessment.score is None or told.standing.outcome in _OVER:
        return None
    catalogue = released().get(decision.versions.texts or "") or newest()
    return Section(
        title=say(w.FACTORS),
        head=tuple(say(one) for one in w.HEAD),
        rows=tuple(_factor(one, catalogue, say) for one in reasons),
        note=say(w.TYPICAL),
    )


def _factor(reason: Reason, catalogue: Catalogue, say: _Voice) -> Row:
    found = words_of_reason(reason, catalogue)
    points = say(format_value(abs(reason.points), Unit.SCORE))
    sign = "\N{MINUS SIGN}" if reason.points < 0 else "+"
    none = "\N{EN DASH}"
    value = say.figure(found.value) if found.value is not None else none
    why = "" if found.value is not None else f" {say(w.UNKNOWN, why=say(why_missing(reason.missing, catalogue)))}"
    return Row(
        label=say(found.label),
        meaning=say(found.meaning) + why,
        value=value,
        typical=say.figure(found.typical) if found.typical is not None else none,
        effect=say(w.POINTS, points=f"{sign}{points}"),
    )


def _rules(told: Told, say: _Voice) -> Iterator[Section]:
    """What led to the outcome, and then what else speaks against the loan; not more than is read."""
    title = w.RULES.get(told.standing.outcome)
    if title is None:
        return
    reviewed = [say(w.REVIEWED[one]) for one in told.standing.reasons if one in w.REVIEWED]
    causes = list(_causes(told, say))
    is_machines_decline = told.standing.outcome is Outcome.DECLINED and not told.standing.by_person
    decisive = [said for said, is_decisive in causes if is_decisive or not is_machines_decline]
    main = list(dict.fromkeys(reviewed or decisive or [said for said, _ in causes]))
    others = [said for said in dict.fromkeys(said for said, _ in causes) if said not in main]
    shown = others[: max(_MOST_RULES - len(main), 0)]
    left = len(main[_MOST_RULES:]) + len(others) - len(shown)
    note = say(w.MORE_RULES, count=str(left)) if left else ""
    if main:
        yield Section(title=say(title), items=tuple(main[:_MOST_RULES]), note="" if shown else note)
    if shown:
        yield Section(title=say(w.NOTICED), items=tuple(shown), note=note)


def _causes(told: Told, say: _Voice) -> Iterator[tuple[str, bool]]:
    """Each cause, and whether it leads to a decline by itself."""
    assessment = told.decision.assessment
    rules = {rule.id: rule for rule in assessment.rules}
    for cause, words in zip(assessment.causes, told.words.causes, strict=True):
        rule = rules.get(cause.rule)
        is_checked = not cause.code.endswith(NOT_CHECKED)
        is_decisive = is_checked and rule is not None and rule.effect in {None, Verdict.DECLINE}
        if not is_checked or is_told(cause.rule, "" if rule is None else rule.kind):
            remedy = None if cause.rule in w.SAID_ABOVE else words.remedy
            yield (say(words.text) if remedy is None else f"{say(words.text)} {say(remedy)}"), is_decisive
        else:
            yield say(w.DOUBTS.get(cause.rule, w.OTHER_DOUBT)), is_decisive


def _changes(told: Told, say: _Voice) -> Section | None:
    assessment, standing = told.decision.assessment, told.standing
    is_better_already = assessment.recommendation is Verdict.APPROVE
    if is_better_already or assessment.score is None or standing.outcome not in w.RULES:
        return None
    is_of_system = standing.by_person or standing.outcome is Outcome.IN_REVIEW
    title = say(w.BETTER if is_of_system else w.CHANGES)
    if told.changes is None:
        return Section(title=title, text=say(w.CHANGES_GONE))
    if not told.changes:
        return Section(title=title, text=say(w.NO_CHANGE))
    return Section(
        title=title,
        items=tuple(say(say_change(one, told.decision.terms)) for one in told.changes),
        note=say(w.CHANGES_OF_SYSTEM if is_of_system else w.CHANGES_CHECKED),
    )


def _rights(told: Told, say: _Voice) -> Section:
    is_person, sender = told.decision.assessment.natural_person, told.sender
    items: Sequence[str] = (
        say(w.CONTEST, law=say(w.CONTEST_LAW) if is_person else ""),
        say(w.CORRECT, law=say(w.CORRECT_LAW) if is_person else ""),
    )
    if is_person:
        authority = sender.authority or say(w.ANY_AUTHORITY)
        items = (
            *items,
            say(w.ACCESS, privacy=sender.privacy_email or sender.email),
            say(w.COMPLAIN, authority=authority),
        )
    return Section(title=say(w.RIGHTS), items=tuple(items))


def _contact(sender: Sender, say: _Voice) -> Section:
    ways = [sender.contact, sender.email, *([sender.phone] if sender.phone else [])]
    return Section(title=say(w.CONTACT), text=", ".join(ways))
