"""The notice to an applicant: facts of a decision and its case in words, on one page, without names of others."""

import re
from collections.abc import Iterator, Sequence
from math import log
from typing import Final

import msgspec

from features.feature import Text, Unit
from models.points import score_of
from scoring.decisions.decision import Decision, Reason, RuleResult, Verdict
from scoring.decisions.instalments import equal_instalments
from scoring.decisions.limits import DEBT_SERVICE
from scoring.decisions.notices import Earlier, Outcome, Sender, is_told
from scoring.decisions.policy import IN_SEASON, LENIENT_SURPLUS, SURPLUS
from scoring.decisions.rules import NOT_CHECKED, RuleKind, is_too_little, smallest_cents
from scoring.texts import notice_figures as figures
from scoring.texts import notice_words as w
from scoring.texts.catalogue import Catalogue, newest, released
from scoring.texts.changes import say_change
from scoring.texts.notice_letter import Letter, Row, Section, Told, Voice
from scoring.texts.rendering import format_value, numbers_of_rule, why_missing, words_of_reason

_MOST_RULES: Final = 5
"""More would not be read, nor fit on the page."""
_SENTENCE_END: Final = re.compile(r"(?<=\.) (?=[A-ZÄÖÜ])")
_SOURCES: Final = {"sevdesk": "sevdesk"}
_OVER: Final = frozenset({Outcome.WITHDRAWN, Outcome.EXPIRED})
_DECIDED: Final = frozenset({Outcome.APPROVED, Outcome.DECLINED})


def letter_of(told: Told, language: str) -> Letter:
    """The notice in a language."""
    say = Voice(language)
    decision, sender = told.decision, told.sender
    sections = (
        _next(told, say),
        *_rules(told, say),
        _how(told, say),
        _factors(told, say),
        _changes(told, say),
        _data(decision, say),
        _rights(told, say),
    )
    number = "" if told.statement is None else say(w.STATEMENT, number=str(told.statement))
    return Letter(
        language=language,
        title=say(w.TITLES[told.standing.outcome]),
        sender=sender.name,
        sender_address=sender.address,
        references=(
            *(((say(w.REFERENCES["applicant"]), told.applicant),) if told.applicant else ()),
            (say(w.REFERENCES["day"]), say.day(told.issued_on)),
            (say(w.REFERENCES["quote"]), decision.decision_id),
        ),
        sample=say(w.SAMPLE) if decision.circumstances.is_sandbox or decision.model.is_simulated else None,
        greeting=say(w.GREETING),
        lead=_lead(told, say),
        sections=tuple(one for one in sections if one is not None),
        closing=say(w.CLOSING),
        contact=say(w.CONTACT, reach=", ".join([sender.contact, *_ways(sender)])),
        receipt=say(
            w.RECEIPT,
            ref=told.borrower_ref,
            notice=told.notice_id,
            statement=number,
            model=decision.versions.model,
            policy=decision.versions.policy,
            texts=w.VERSION,
        ),
    )


def _lead(told: Told, say: Voice) -> str:
    standing, terms = told.standing, told.decision.terms
    asked = {"amount": say.money(terms.amount_cents), "term": say.months(terms.term_months)}
    if standing.earlier is not None:
        return _again(standing.earlier, say)
    if standing.outcome is not Outcome.APPROVED:
        texts = {
            Outcome.DECLINED: w.DECLINED,
            Outcome.IN_REVIEW: w.IN_REVIEW,
            Outcome.WITHDRAWN: w.WITHDRAWN,
            Outcome.EXPIRED: w.EXPIRED,
        }
        return say(texts[standing.outcome], **asked)
    amount, term = standing.amount_cents or terms.amount_cents, standing.term_months or terms.term_months
    said, rate = [], ""
    if standing.annual_rate_bps is not None:
        rate = say(w.RATE, rate=say(format_value(standing.annual_rate_bps / 10_000, Unit.SHARE, decimals=2)))
        plan = equal_instalments(amount, standing.annual_rate_bps, term, first_on=told.issued_on)
        total = say.money(sum(one.due_cents for one in plan))
        said.append(say(w.INSTALMENTS, instalment=say.money(plan[0].due_cents), total=total))
    if (amount, term) != (terms.amount_cents, terms.term_months):
        said.append(say(w.ASKED, **asked))
    first = say(w.APPROVED, amount=say.money(amount), term=say.count(term, w.MONTHS), rate=rate)
    return " ".join([first, *said])


def _again(earlier: Earlier, say: Voice) -> str:
    """What had been decided, why it is reviewed, and what holds until then."""
    if earlier.is_approved:
        was = w.WAS_APPROVED_BY_PERSON if earlier.by_person else w.WAS_APPROVED
    else:
        was = w.WAS_DECLINED_BY_PERSON if earlier.by_person else w.WAS_DECLINED
    holds = w.APPROVED_NO_MORE if earlier.is_approved else w.DECLINED_UNTIL_THEN
    said = (was, w.CONTESTED if earlier.is_contested else w.REOPENED, holds)
    amount, term, day = say.money(earlier.amount_cents), say.months(earlier.term_months), say.day(earlier.decided_on)
    return " ".join(say(one, amount=amount, term=term, day=day) for one in said)


def _next(told: Told, say: Voice) -> Section:
    """Who does what, and by when."""
    standing, sender = told.standing, told.sender
    reach = say(w.REACH, contact=sender.contact, way=sender.phone or sender.email)
    texts: tuple[Text, ...] = (w.NEXT_OVER,)
    filling = {"reach": reach}
    if standing.outcome is Outcome.APPROVED:
        texts = w.NEXT_APPROVED
        filling["until"] = say.day(standing.valid_until or told.decision.valid_until)
    elif standing.outcome is Outcome.DECLINED:
        texts = w.NEXT_DECLINED
        filling["kept"] = say.day(told.kept_until)
    elif standing.outcome is Outcome.IN_REVIEW:
        texts = w.NEXT_IN_REVIEW
        if standing.earlier is not None and standing.earlier.answer_by is not None:
            texts = (*texts, w.ANSWER_BY)
            filling["answer_by"] = say.day(standing.earlier.answer_by)
        if standing.expires_on is not None:
            texts = (*texts, w.UNDECIDED_UNTIL)
            filling["until"] = say.day(standing.expires_on)
    return Section(title=say(w.NEXT), text=" ".join(say(one, **filling) for one in texts))


def _how(told: Told, say: Voice) -> Section:
    decision, standing = told.decision, told.standing
    assessment = decision.assessment
    who = []
    if standing.outcome in _DECIDED:
        who.append(say(w.BY_PERSON if standing.by_person else w.BY_MACHINE))
    elif standing.outcome is Outcome.IN_REVIEW:
        again = standing.earlier
        who.append(say(w.TO_PERSON if again is None else w.AGAIN_TO_PERSON[again.by_person]))
    said = [*who, say(w.MODEL, months=say.count(decision.model.horizon_months, w.MONTHS))]
    if assessment.score is None or assessment.pd is None:
        said.append(say(w.NO_SCORE))
    else:
        said.append(say(w.SCORE, pd=say(format_value(assessment.pd, Unit.SHARE))))
        said.extend(_score(assessment.score, assessment.pd, told, say))
    said.append(say(w.POLICY))
    return Section(title=say(w.HOW), text=" ".join(said))


def _score(score: float, pd: float, told: Told, say: Voice) -> Iterator[str]:
    """The score with what is needed; nothing where that cannot be said, since points alone tell nobody anything."""
    is_systems = told.standing.outcome is Outcome.APPROVED and not told.standing.by_person
    rules = {rule.id: rule.threshold for rule in told.decision.assessment.rules}
    cut_off = rules.get("PD_NEEDS_REVIEW" if is_systems else "PD_TOO_HIGH")
    is_on_scale = 0 < pd < 1 and abs(_score_at(pd) - score) < _SAME_SCORE
    if is_on_scale and isinstance(cut_off, float) and 0 < cut_off < 1:
        yield say(w.POINTS_REACHED, score=say(format_value(score, Unit.SCORE, decimals=0)))
        needed = say(format_value(_score_at(cut_off), Unit.SCORE, decimals=0))
        yield say(w.POINTS_FOR_SYSTEM if is_systems else w.POINTS_NEEDED, needed=needed)


def _score_at(pd: float) -> float:
    return score_of(log(pd / (1 - pd)))


_SAME_SCORE: Final = 0.5
"""A record whose score is on another scale is further away."""


def _data(decision: Decision, say: Voice) -> Section:
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


def _factors(told: Told, say: Voice) -> Section | None:
    decision = told.decision
    reasons = decision.assessment.reasons
    if not reasons or decision.assessment.score is None or told.standing.outcome in _OVER:
        return None
    is_for = told.standing.outcome is Outcome.APPROVED or (
        told.standing.outcome is Outcome.IN_REVIEW and decision.assessment.recommendation is Verdict.APPROVE
    )
    is_machines = told.standing.outcome in _DECIDED and not told.standing.by_person
    of_system = w.OF_SYSTEM if told.standing.earlier is None else w.OF_SYSTEM_AGAIN
    return Section(
        title=say(w.FACTORS_FOR if is_for else w.FACTORS_AGAINST),
        head=tuple(say(one) for one in w.HEAD),
        rows=tuple(
            _factor(one, _catalogue(decision), say)
            for one in sorted(reasons, key=lambda reason: ((reason.points > 0) is not is_for, -abs(reason.points)))
        ),
        note=say(w.TYPICAL) if is_machines else f"{say(of_system)} {say(w.TYPICAL)}",
    )


def _factor(reason: Reason, catalogue: Catalogue, say: Voice) -> Row:
    found, name = words_of_reason(reason, catalogue), reason.name.removesuffix("_v2")
    label, meaning = say(found.label), say(figures.MEANINGS.get(name) or _first_sentence(found.meaning))
    if reason.value is not None and reason.value < 0 and name in figures.BELOW_ZERO:
        words = figures.BELOW_ZERO[name]
        label = say(words[0])
        meaning = say(words[1], value=say(format_value(-reason.value, Unit(reason.unit))))
    points = say(format_value(abs(reason.points), Unit.SCORE))
    sign = "\N{MINUS SIGN}" if reason.points < 0 else "+"
    none = "\N{EN DASH}"
    value = say.figure(found.value) if found.value is not None else none
    why = "" if found.value is not None else f" {say(w.UNKNOWN, why=say(why_missing(reason.missing, catalogue)))}"
    return Row(
        label=label,
        meaning=meaning + why,
        value=value,
        typical=say.figure(found.typical) if found.typical is not None else none,
        effect=say(w.POINTS, points=f"{sign}{points}"),
    )


def _first_sentence(meaning: Text) -> Text:
    """What a figure is; how it is defined stays on the page of the decision."""
    return Text(de=_SENTENCE_END.split(meaning.de, 1)[0], en=_SENTENCE_END.split(meaning.en, 1)[0])


def _catalogue(decision: Decision) -> Catalogue:
    return released().get(decision.versions.texts or "") or newest()


def _rules(told: Told, say: Voice) -> Iterator[Section]:
    """What led to the outcome, and then what else speaks against the loan; not more than is read."""
    title = w.RULES.get(told.standing.outcome)
    if title is None:
        return
    is_again = told.standing.earlier is not None
    title = w.SPEAKS_AGAINST if is_again else title
    is_open = told.standing.outcome is Outcome.IN_REVIEW and not is_again
    is_machines_decline = not is_open and not told.standing.by_person
    reviewed = [say(w.REVIEWED[one]) for one in told.standing.reasons if one in w.REVIEWED]
    causes = sorted(_causes(told, say), key=lambda one: not (is_open and one.is_gate))
    causes = [one for one in causes if not (is_again and one.is_gate)]
    decisive = [one.said for one in causes if one.is_decisive or not is_machines_decline]
    main = list(dict.fromkeys(reviewed or decisive or [one.said for one in causes]))
    others = [
        said for said in dict.fromkeys(one.said for one in causes if is_open or not one.is_gate) if said not in main
    ]
    shown = others[: max(_MOST_RULES - len(main), 0)]
    left = len(main[_MOST_RULES:]) + len(others) - len(shown)
    note = say(w.MORE_RULES, count=str(left)) if left else ""
    if main:
        yield Section(title=say(title), items=_together(main[:_MOST_RULES]), note="" if shown else note)
    if shown:
        yield Section(title=say(w.NOTICED), items=_together(shown), note=note)


def _together(items: Sequence[str]) -> tuple[str, ...]:
    """What is said of several things in the same words after a colon is said once: ``A; B: why``."""
    names: dict[str, list[str]] = {}
    for item in items:
        name, colon, said = item.partition(": ")
        names.setdefault(colon + said if colon else item, []).extend([name] if colon else [])
    return tuple(f"{'; '.join(several)}{said}" for said, several in names.items())


class _Cause(msgspec.Struct, frozen=True, kw_only=True):
    """Why the outcome is not better."""

    said: str
    is_decisive: bool
    """Leads to a decline by itself."""
    is_gate: bool
    """Why a person decides; says nothing once somebody has."""


def _causes(told: Told, say: Voice) -> Iterator[_Cause]:
    decision = told.decision
    rules = {rule.id: rule for rule in decision.assessment.rules}
    for cause, words in zip(decision.assessment.causes, told.words.causes, strict=True):
        rule = rules.get(cause.rule)
        is_checked = not cause.code.endswith(NOT_CHECKED)
        if not is_checked or is_told(cause.rule, "" if rule is None else rule.kind):
            said = say(words.text) if rule is None or not is_checked else _failed(rule, say(words.text), told, say)
            remedy = None if cause.rule in w.SAID_ABOVE else words.remedy
            said = said if remedy is None else f"{said} {say(remedy)}"
        else:
            said = say(w.DOUBTS.get(cause.rule, w.OTHER_DOUBT))
        yield _Cause(
            said=said,
            is_decisive=is_checked and rule is not None and rule.effect in {None, Verdict.DECLINE},
            is_gate=rule is not None and rule.kind == RuleKind.GATE,
        )


def _failed(rule: RuleResult, otherwise: str, told: Told, say: Voice) -> str:
    """A rule that failed, in words for the applicant or else in those of the catalogue."""
    is_decided = told.standing.outcome is Outcome.DECLINED and not told.standing.by_person
    text = (figures.DECLINED_FOR.get(rule.id) if is_decided else None) or figures.CAUSES.get(rule.id)
    if rule.id == "LIMIT_BELOW_PRODUCT" and rule.value == 0:
        text = figures.NOTHING_LEFT if _is_used_up(told.decision) else figures.LITTLE_LEFT
    if rule.id == "LIMIT_BELOW_REQUEST" and is_too_little(told.decision.assessment):
        smallest = format_value(smallest_cents(told.decision.assessment), Unit.CENTS)
        return say(figures.LITTLE_LEFT, threshold=say(smallest))
    if text is None or not isinstance(rule.value, float):
        return say(text) if text is figures.CAUSES["NATURAL_PERSON"] else otherwise
    value, threshold = numbers_of_rule(rule, _catalogue(told.decision))
    return say(text, value=say(value), threshold=say(threshold))


def _is_used_up(decision: Decision) -> bool:
    """Whether the surplus does not reach what is paid for loans today, without what was repaid beyond instalments."""
    row, cash_flow = decision.row, decision.assessment.cash_flow
    known = [row.get(name) for name in (f"{IN_SEASON[SURPLUS]}_v2", f"{LENIENT_SURPLUS}_v2", f"{SURPLUS}_v2", SURPLUS)]
    surplus = max((one for one in known if one is not None), default=None)
    debt_service = row.get(f"{DEBT_SERVICE}_v2", row.get(DEBT_SERVICE))
    extra = 0 if cash_flow is None else cash_flow.debt_service_extra_cents
    return surplus is not None and surplus <= max(0.0, (debt_service or 0.0) - extra)


def _changes(told: Told, say: Voice) -> Section | None:
    assessment, standing = told.decision.assessment, told.standing
    is_better_already = assessment.recommendation is Verdict.APPROVE
    if is_better_already or assessment.score is None or standing.outcome not in w.RULES:
        return None
    is_open = standing.outcome is Outcome.IN_REVIEW
    is_of_system = standing.by_person or is_open
    title = say(w.BETTER if is_of_system else w.CHANGES)
    if told.changes is None:
        return Section(title=title, text=say(w.CHANGES_GONE))
    if not told.changes:
        return Section(title=title, text=say(w.NO_CHANGE_YET if is_open else w.NO_CHANGE))
    return Section(
        title=title,
        items=tuple(say(say_change(one, told.decision.terms)) for one in told.changes),
        note=say(w.CHANGES_OF_SYSTEM if is_of_system else w.CHANGES_CHECKED),
    )


def _rights(told: Told, say: Voice) -> Section:
    is_person, sender = told.decision.assessment.natural_person, told.sender
    outcome = told.standing.outcome
    law = say(w.CONTEST_LAW) if is_person else ""
    items: list[str] = []
    if outcome is Outcome.IN_REVIEW:
        items += [f"{say(w.GIVE_VIEW)} {say(w.CONTEST_LATER, law=law)}"]
    elif outcome is Outcome.APPROVED:
        items += [f"{say(w.CONTEST, law=law)} {say(w.CONTEST_APPROVAL)}"]
    elif outcome is Outcome.DECLINED:
        items += [say(w.CONTEST, law=law)]
    corrected = w.CORRECTED.get(outcome)
    correct = say(w.CORRECT, law=say(w.CORRECT_LAW) if is_person else "")
    items.append(correct if corrected is None else f"{correct} {say(corrected)}")
    if is_person:
        authority = sender.authority or say(w.ANY_AUTHORITY)
        items += [
            say(w.ACCESS, privacy=sender.privacy_email or sender.email),
            say(w.COMPLAIN, authority=authority),
        ]
    return Section(title=say(w.RIGHTS), items=tuple(items))


def _ways(sender: Sender) -> list[str]:
    return [sender.email, *([sender.phone] if sender.phone else [])]
