"""Every sentence of a notice, in both languages: outcomes, rules, factors, changes, rights."""

import io
import os
import re
from datetime import UTC, date, datetime
from math import log
from pathlib import Path
from typing import Any

import msgspec
import pytest
from case_builders import subject
from decision_cases import AS_OF, assess
from notice_builders import SENDER, a_decision, told
from pypdf import PdfReader
from spec.texts.rendered import RULES

from features.derive import CATALOGUE
from models.points import score_of
from scoring.decisions.cases import (
    REASONS,
    Contest,
    Facts,
    Linked,
    Opened,
    Reopened,
    ReviewReason,
    Then,
    Voted,
    fold,
)
from scoring.decisions.cases import Step as CaseStep
from scoring.decisions.changes import Change, Step, StepKind
from scoring.decisions.decision import Assessment, CashFlow, Cause, LegalForm, PayoutCheck, RuleResult, Verdict
from scoring.decisions.notices import Earlier, Outcome, Standing, is_told, standing_of
from scoring.decisions.rules import NOT_CHECKED
from scoring.papers.notice import pdf_of
from scoring.texts import notice_words
from scoring.texts.notice_letter import Letter
from scoring.texts.notice_words import REVIEWED, TITLES
from scoring.texts.notices import letter_of
from scoring.texts.rendering import words_of

GOLDEN = Path(__file__).parent / "notices"
LANGUAGES = ("de", "en")
DECLINED = Standing(outcome=Outcome.DECLINED, by_person=False, decided_at="2026-03-31T10:00:00.000Z")
BY_PERSON = msgspec.structs.replace(DECLINED, by_person=True)
APPROVED_BY_PERSON = Standing(
    outcome=Outcome.APPROVED,
    by_person=True,
    decided_at="2026-04-01T10:00:00.000Z",
    amount_cents=1_500_000,
    term_months=6,
    annual_rate_bps=990,
    valid_until=date(2026, 4, 8),
)


DUE = "2026-04-10T10:00:00.000Z"
REOPENED = Reopened(due_at=DUE, undecided_days=90)
CONTESTED = Reopened(
    due_at=DUE, undecided_days=90, contest=Contest(link=None, wants_talk=False, answer_by=date(2026, 5, 2))
)
VOTE = Voted(
    verdict=Verdict.DECLINE,
    reason=ReviewReason.NOT_AFFORDABLE,
    name="fritz",
    is_override=False,
    authority=None,
    seconds=0,
    then=Then.DECIDED,
)
REVIEWED_AGAIN = Standing(
    outcome=Outcome.IN_REVIEW,
    by_person=False,
    decided_at=None,
    expires_on=date(2026, 7, 1),
    earlier=Earlier(
        is_approved=False,
        by_person=False,
        decided_on=date(2026, 3, 31),
        is_contested=True,
        amount_cents=2_000_000,
        term_months=12,
        answer_by=date(2026, 5, 2),
    ),
)


def reviewed(verdict: Verdict, *later: Facts) -> Standing:
    """How an application stands that the machine decided on 31 March, after later steps from 2 April on."""
    of_machine = subject(verdict=verdict, recommendation=verdict)
    facts = (Opened(subject=of_machine, due_at=DUE, undecided_days=90), *later)
    days = (date(2026, 3, 31), *(date(2026, 4, 2 + number) for number in range(len(later))))
    steps = tuple(
        CaseStep(number=number, at=f"{day}T10:00:00.000Z", by=None, facts=one)
        for number, (day, one) in enumerate(zip(days, facts, strict=True), start=1)
    )
    case = fold(steps)
    decision = a_decision(assess(), decision_id=case.subject.decision_id)
    return standing_of(decision, case, steps, AS_OF)


def text_of(letter: Letter) -> str:
    """A letter as plain text, section by section."""
    lines = [letter.sender, letter.sender_address, *(f"{name}: {value}" for name, value in letter.references), ""]
    lines += [f"[{letter.sample}]", ""] if letter.sample else []
    lines += [f"# {letter.title}", letter.greeting, letter.lead, ""]
    for section in letter.sections:
        lines.append(f"## {section.title}")
        lines += [section.text] if section.text else []
        lines += [" | ".join(section.head)] if section.head else []
        lines += [f"{row.label} | {row.value} | {row.typical} | {row.effect}\n  {row.meaning}" for row in section.rows]
        lines += [f"* {item}" for item in section.items]
        lines += [section.note] if section.note else []
        lines.append("")
    return "\n".join([*lines, letter.closing, letter.sender, letter.contact, "", letter.receipt, ""]).replace(
        "\N{NO-BREAK SPACE}", " "
    )


def said(letter: Letter) -> str:
    """The same on one line."""
    return text_of(letter).replace("\n", " ")


def on_scale(assessment: Assessment) -> Assessment:
    """With the score that belongs to its probability of default, as every model gives it."""
    assert assessment.pd is not None
    return msgspec.structs.replace(assessment, score=score_of(log(assessment.pd / (1 - assessment.pd))))


CASES: dict[str, dict[str, Any]] = {
    "approved": {},
    "declined": {
        "assessment": on_scale(assess(pd=0.2, terms={"legal_form": LegalForm.GMBH})),
        "changes": (
            Change(
                steps=(Step(kind=StepKind.AMOUNT, amount_cents=1_000_000),),
                recommendation=Verdict.APPROVE,
                verdict=Verdict.APPROVE,
                score=640.0,
                limit_cents=1_000_000,
            ),
        ),
    },
    "sole-trader-in-review": {"legal_form": LegalForm.EINZELUNTERNEHMEN},
    "declined-by-person": {
        "legal_form": LegalForm.EINZELUNTERNEHMEN,
        "standing": msgspec.structs.replace(BY_PERSON, reasons=(ReviewReason.NOT_AFFORDABLE,)),
    },
    "approved-by-person": {"legal_form": LegalForm.EINZELUNTERNEHMEN, "standing": APPROVED_BY_PERSON},
    "no-score": {"assessment": assess(pd=None, coverage={"invoice_count": 0})},
    "contested-decline": {
        "assessment": on_scale(assess(pd=0.2, terms={"legal_form": LegalForm.GMBH})),
        "standing": REVIEWED_AGAIN,
    },
    "withdrawn": {"standing": Standing(outcome=Outcome.WITHDRAWN, by_person=False, decided_at=None)},
    "expired": {"standing": Standing(outcome=Outcome.EXPIRED, by_person=False, decided_at=None)},
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CASES)
def test_a_notice_reads_as_it_was_released(name: str, language: str) -> None:
    """Word by word: whoever changes them raises the version of the words."""
    text = text_of(letter_of(told(**CASES[name]), language))
    path = GOLDEN / f"{name}.{language}.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CASES)
def test_a_notice_has_what_it_must_say(name: str, language: str) -> None:
    """Outcome, model and person, data, rights, a way to a person, versions and receipt; and no code."""
    letter = letter_of(told(**CASES[name]), language)
    text = said(letter)
    for needed in (SENDER.contact, SENDER.email, "dec_1", "ntc_1", "firm-1", "sme/3", "sevdesk", "17"):
        assert needed in text
    assert {"de": "statistisches Modell", "en": "statistical model"}[language] in text
    assert len(letter.sections) >= 4
    assert not re.search(r"\b[A-Z]{3,}_[A-Z_]+\b|\{|\}|_v2\b|_share|_cents", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_a_natural_person_is_told_of_the_gdpr(language: str) -> None:
    """A company has the same ways to a person, and none of these articles."""
    articles = ("22", "16", "15", "77")
    of_person = said(letter_of(told(legal_form=LegalForm.FREIBERUFLER), language))
    of_company = said(letter_of(told(), language))
    assert all(f"Art. {number}" in of_person for number in articles)
    assert "Art." not in of_company
    assert SENDER.privacy_email is not None
    assert SENDER.privacy_email in of_person


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_has_its_title(outcome: Outcome) -> None:
    """In both languages."""
    assert TITLES[outcome].de != TITLES[outcome].en


def test_every_reason_for_which_a_person_declines_has_words() -> None:
    """What speaks for a loan has none: nobody declines for it."""
    assert REVIEWED.keys() == REASONS[Verdict.DECLINE]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_every_rule_is_told_in_words_and_a_doubt_about_sales_without_its_threshold(rule: Any, language: str) -> None:  # noqa: ANN401  a rule
    """For failed rules and for those that could not be checked."""
    for code in (rule.id, f"{rule.id}{NOT_CHECKED}"):
        is_number = rule.unit is not None
        value: float | str | None = (0.777 if is_number else "x") if code == rule.id else None
        result = RuleResult(
            id=rule.id,
            kind=rule.kind.value,
            effect=rule.effect,
            result="fail" if code == rule.id else "not_applicable",
            value=value,
            threshold=0.333 if is_number else "y",
            bound=rule.bound.value,
            unit=None if rule.unit is None else rule.unit.value,
            missing=None,
        )
        assessment = msgspec.structs.replace(
            assess(pd=0.2), causes=(Cause(code=code, rule=rule.id),), rules=(result,), reasons=()
        )
        decision = a_decision(assessment)
        letter = letter_of(told(assessment, words=words_of(decision), standing=DECLINED), language)
        title = getattr(notice_words.RULES[Outcome.DECLINED], language)
        noticed = getattr(notice_words.NOTICED, language)
        (item,) = next(section.items for section in letter.sections if section.title in {title, noticed})
        assert len(item) > 20
        assert rule.id not in item
        if not is_told(rule.id, rule.kind.value):
            assert not re.search(r"\d", item) or code.endswith(NOT_CHECKED)


@pytest.mark.parametrize("rule", ["SALES_WITHOUT_INFLOW", "MONEY_GOES_ROUND", "PAYERS_SHARED", "SOMETHING_NEW"])
def test_a_doubt_that_nobody_has_released_is_told_without_value_and_threshold(rule: str) -> None:
    """A rule that is added later is kept back until somebody decides otherwise."""
    assert not is_told(rule, "cap")
    assert is_told(rule, "knock_out")


def test_more_rules_than_fit_are_counted() -> None:
    """The applicant is told that there are more."""
    rules = [rule for rule in RULES if is_told(rule.id, rule.kind.value)][:8]
    causes = tuple(Cause(code=f"{rule.id}{NOT_CHECKED}", rule=rule.id) for rule in rules)
    results = tuple(
        RuleResult(
            id=rule.id, kind=rule.kind.value, effect=rule.effect, result="not_applicable", value=None,
            threshold=None, bound=None, unit=None, missing="not_fetched",
        )
        for rule in rules
    )  # fmt: skip
    assessment = msgspec.structs.replace(assess(pd=0.2), causes=causes, rules=results)
    text = said(letter_of(told(assessment, standing=DECLINED), "de"))
    assert "Dazu kommen 3 weitere Punkte" in text


def test_what_would_change_it_is_told_where_it_can_be_worked_out() -> None:
    """Changes, that there are none, or that the books are gone; nothing where the machine is for the loan."""
    declined = {"assessment": assess(pd=0.2), "standing": DECLINED}
    assert "Keine Änderung, die wir durchrechnen konnten" in said(letter_of(told(**declined, changes=()), "de"))
    assert "gelesenen Daten sind gelöscht" in said(letter_of(told(**declined, changes=None), "de"))
    assert "ändern würde" not in said(letter_of(told(legal_form=LegalForm.FREIBERUFLER), "de"))


def test_invented_data_are_marked() -> None:
    """Of the local sevdesk, and of a model that learned from simulated firms."""
    decision = told().decision
    sandbox = msgspec.structs.replace(decision.circumstances, is_sandbox=True)
    marked = letter_of(told(decided={"circumstances": sandbox}), "en")
    assert marked.sample is not None
    assert letter_of(told(), "en").sample is None


def test_a_decline_tells_what_led_to_it_apart_from_what_else_was_noticed() -> None:
    """A doubt refers at best: it is no reason of a decline by the machine."""
    assessment = assess(pd=0.2, coverage={"payout": PayoutCheck.MISMATCH})
    letter = letter_of(told(assessment), "de")
    sections = {section.title: section.items for section in letter.sections}
    (decisive,) = sections["Warum wir ablehnen"]
    assert decisive.endswith("lehnen wir ab.")
    (noticed,) = sections["Was außerdem auffiel"]
    assert "Auszahlungskonto" in noticed


@pytest.mark.parametrize(
    ("pd", "verdict", "needed"),
    [
        (0.2, Outcome.DECLINED, "mindestens etwa 519 Punkte"),
        (0.05, Outcome.IN_REVIEW, "mindestens etwa 519 Punkte"),
        (0.01, Outcome.APPROVED, "mindestens etwa 587 Punkte"),
    ],
)
def test_points_are_told_with_what_is_needed(pd: float, verdict: Outcome, needed: str) -> None:
    """By the cut-offs of the policy: 12 % to be declined, 4 % to be approved by the machine."""
    letter = told(on_scale(assess(pd=pd)))
    assert letter.standing.outcome is verdict
    assert needed in said(letter_of(letter, "de"))


def test_points_on_another_scale_are_left_out() -> None:
    """A number without what is needed tells nobody anything; the probability stays."""
    text = said(letter_of(told(assess(pd=0.2)), "de"))
    assert "20,0 %" in text
    assert "Punktzahl" not in text


@pytest.mark.parametrize(
    ("surplus", "debt_service", "extra", "words"),
    [
        (100_00, 100_00, None, "bleibt nach den laufenden Zahlungen"),
        (-1.0, 0.0, None, "bleibt nach den laufenden Zahlungen"),
        (100_01, 100_00, None, "ist das zu wenig"),
        (None, 100_00, None, "ist das zu wenig"),
        (14_000_00, 92_000_00, 80_000_00, "ist das zu wenig"),  # a loan that another one repaid is no instalment
        (14_000_00, 92_000_00, 0, "bleibt nach den laufenden Zahlungen"),
        (14_000_00, 94_000_00, 80_000_00, "bleibt nach den laufenden Zahlungen"),
    ],
)
def test_a_limit_of_nothing_is_told_by_what_it_follows_from(
    surplus: float | None, debt_service: float, extra: int | None, words: str
) -> None:
    """Not as an amount of 0.00 euro."""
    result = RuleResult(
        id="LIMIT_BELOW_PRODUCT", kind="limit", effect=Verdict.DECLINE, result="fail", value=0.0, threshold=500_000.0,
        bound="at_least", unit="cents", missing=None,
    )  # fmt: skip
    cash_flow = None if extra is None else CashFlow(
        surplus_cents=0, drawings_cents=None, drawings_floor_cents=None, vat_shortfall_cents=None,
        debt_service_observed_cents=round(debt_service), debt_service_projected_cents=None,
        debt_service_extra_cents=extra, debt_service_refinanced_cents=0,
    )  # fmt: skip
    assessment = msgspec.structs.replace(
        assess(pd=0.2), causes=(Cause(code=result.id, rule=result.id),), rules=(result,), cash_flow=cash_flow
    )
    row = {"liquidity_operating_surplus_12m_cents_v2": surplus, "liquidity_debt_service_12m_cents_v2": debt_service}
    text = said(letter_of(told(assessment, decided={"row": row}), "de"))
    assert words in text
    assert "5.000,00 €" in text
    assert " 0,00 €" not in text


@pytest.mark.parametrize(
    ("value", "label", "meaning"),
    [
        (-6.4, "Zahlungen Ihrer Kunden", "Ihre Kunden zahlen im Schnitt 6,4 Tage vor Fälligkeit"),
        (0.0, "Mittlerer Zahlungsverzug der Kunden", "Wie viele Tage nach Fälligkeit"),
    ],
)
def test_a_delay_below_zero_is_none(value: float, label: str, meaning: str) -> None:
    """Whoever pays early has no delay."""
    assessment = assess()
    reason = msgspec.structs.replace(
        assessment.reasons[0], feature="receivables_weighted_delay_days_12m_v2", unit="days", value=value, typical=4.8
    )
    letter = letter_of(told(msgspec.structs.replace(assessment, reasons=(reason,))), "de")
    (row,) = (row for section in letter.sections for row in section.rows)
    assert row.label == label
    assert row.meaning.replace("\N{NO-BREAK SPACE}", " ").startswith(meaning)


@pytest.mark.parametrize(
    ("standing", "signs"),
    [(None, "++--"), (DECLINED, "--++")],
)
def test_factors_begin_with_what_speaks_for_the_outcome(standing: Standing | None, signs: str) -> None:
    """For the loan in an approval, against it in a refusal; the largest first."""
    letter = letter_of(told(**({} if standing is None else {"standing": standing})), "de")
    rows = [row for section in letter.sections for row in section.rows]
    assert "".join(row.effect[0] for row in rows).replace("\N{MINUS SIGN}", "-") == signs


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CASES)
def test_every_notice_says_what_happens_next_and_who_is_to_be_asked(name: str, language: str) -> None:
    """First of all sections; a telephone number, or the address where there is none."""
    for sender, way in ((SENDER, SENDER.phone), (msgspec.structs.replace(SENDER, phone=None), SENDER.email)):
        letter = letter_of(told(**CASES[name] | {"sender": sender}), language)
        assert letter.sections[0].title == getattr(notice_words.NEXT, language)
        assert f"{SENDER.contact} ({way})" in letter.sections[0].text


def test_an_undecided_application_says_until_when() -> None:
    """The day on which its case expires."""
    waiting = Standing(outcome=Outcome.IN_REVIEW, by_person=False, decided_at=None, expires_on=date(2026, 7, 14))
    text = said(letter_of(told(legal_form=LegalForm.FREIBERUFLER, standing=waiting), "de"))
    assert "Ist bis zum 14.07.2026 nicht entschieden, läuft der Antrag ab." in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "standing",
    [
        msgspec.structs.replace(BY_PERSON, reasons=tuple(REVIEWED)),
        Standing(outcome=Outcome.IN_REVIEW, by_person=False, decided_at=None, expires_on=date(2026, 7, 14)),
        reviewed(Verdict.DECLINE, CONTESTED),
        reviewed(Verdict.APPROVE, CONTESTED),
    ],
    ids=["declined", "in review", "contested decline", "contested approval"],
)
def test_the_longest_notice_still_fits_one_page(language: str, standing: Standing) -> None:
    """All rules with the longest words, five factors without a value, three changes, a long sender, a sample."""
    results = tuple(
        RuleResult(
            id=rule.id, kind=rule.kind.value, effect=rule.effect, result="not_applicable", value=None,
            threshold=None, bound=None, unit=None, missing="too_little_history",
        )
        for rule in RULES
    )  # fmt: skip
    causes = tuple(Cause(code=f"{rule.id}{NOT_CHECKED}", rule=rule.id) for rule in RULES)
    assessment = assess(pd=0.2, terms={"legal_form": LegalForm.FREIBERUFLER})
    reasons = tuple(
        msgspec.structs.replace(assessment.reasons[0], feature=name, value=None, missing="too_little_history")
        for name in sorted(CATALOGUE, key=lambda name: -len(CATALOGUE[name].meaning.de))[:5]
    )
    assessment = msgspec.structs.replace(assessment, causes=causes, rules=results, reasons=reasons)
    steps = (
        Step(kind=StepKind.COLLECT, documents=(), amount_cents=1_234_567_89),
        Step(kind=StepKind.TERM, term_months=24),
        Step(kind=StepKind.WAIT, until=date(2026, 9, 30)),
    )
    change = Change(
        steps=steps, recommendation=Verdict.APPROVE, verdict=Verdict.REFER, score=640.0, limit_cents=1_000_000
    )
    sender = msgspec.structs.replace(SENDER, name="N" * 100, address="Straße " * 28, authority="Behörde " * 24)
    sandbox = msgspec.structs.replace(told().decision.circumstances, is_sandbox=True)
    letter = letter_of(
        told(
            assessment,
            legal_form=LegalForm.FREIBERUFLER,
            decided={"circumstances": sandbox},
            standing=standing,
            changes=(change,) * 3,
            sender=sender,
            borrower_ref="f" * 120,
            applicant="A" * 100,
        ),
        language,
    )
    printed = pdf_of(letter, datetime(2026, 4, 1, tzinfo=UTC))
    assert len(PdfReader(io.BytesIO(printed)).pages) == 1
    assert printed == pdf_of(letter, datetime(2026, 4, 1, tzinfo=UTC))


def test_what_had_been_decided_is_known_while_it_is_reviewed() -> None:
    """By whom, on which day and why it is reviewed; nothing of it where nothing had been decided, or persons have."""
    linked = Linked(subject=subject(decision_id="dec_2"), due_at=DUE, undecided_days=90)
    found = reviewed(Verdict.DECLINE, CONTESTED).earlier
    assert found is not None
    assert (found.is_approved, found.by_person, found.is_contested) == (False, False, True)
    assert (found.decided_on, found.answer_by) == (date(2026, 3, 31), date(2026, 5, 2))
    found = reviewed(Verdict.APPROVE, REOPENED).earlier
    assert found is not None
    assert (found.is_approved, found.is_contested, found.answer_by) == (True, False, None)
    found = reviewed(Verdict.REFER, VOTE, CONTESTED).earlier
    assert found is not None
    assert (found.is_approved, found.by_person, found.decided_on) == (False, True, date(2026, 4, 2))
    found = reviewed(Verdict.DECLINE, CONTESTED, linked).earlier
    assert found is not None
    assert (found.by_person, found.decided_on) == (False, date(2026, 3, 31))
    assert reviewed(Verdict.REFER).earlier is None
    assert reviewed(Verdict.DECLINE, CONTESTED, VOTE).earlier is None
    assert reviewed(Verdict.DECLINE, CONTESTED, VOTE, linked).earlier is None


@pytest.mark.parametrize("is_contested", [True, False])
@pytest.mark.parametrize("is_approved", [True, False])
def test_a_review_of_a_decision_says_what_had_been_decided_and_what_holds(
    *, is_approved: bool, is_contested: bool
) -> None:
    """Not that nobody had decided, nor that the system only prepared it."""
    of_machine = Verdict.APPROVE if is_approved else Verdict.DECLINE
    standing = reviewed(of_machine, CONTESTED if is_contested else REOPENED)
    assessment = assess(pd=0.01 if is_approved else 0.2, terms={"legal_form": LegalForm.GMBH})
    german, english = (letter_of(told(assessment, standing=standing), language) for language in LANGUAGES)
    assert f"am 31.03.2026 {'zugestimmt' if is_approved else 'abgelehnt'}" in german.lead
    had = "approved" if is_approved else "declined"
    assert f"Our system had {had} your application" in english.lead
    assert "on 31 March 2026" in english.lead.replace("\N{NO-BREAK SPACE}", " ")
    assert ("widersprochen" in german.lead, "objected" in english.lead) == (is_contested, is_contested)
    assert ("gilt die Zusage nicht" in german.lead) is is_approved
    assert ("the approval does not hold" in english.lead) is is_approved
    assert ("kein Kredit zugesagt" in german.lead, "no loan is approved" in english.lead) == (
        (not is_approved, not is_approved)
    )
    assert ("bis zum 02.05.2026" in said(german)) is is_contested
    for untrue in ("noch nicht entschieden", "nur für den Menschen vorbereitet", "Warum ein Mensch"):
        assert untrue not in said(german)
    for untrue in ("There is no decision yet", "only prepared", "Why a person decides"):
        assert untrue not in said(english)


def test_that_a_person_always_decides_speaks_against_nobody() -> None:
    """A sole trader whose case is looked at again is told nothing against it where there is nothing."""
    assert REVIEWED_AGAIN.earlier is not None
    earlier = msgspec.structs.replace(REVIEWED_AGAIN.earlier, is_approved=True, by_person=True)
    standing = msgspec.structs.replace(REVIEWED_AGAIN, earlier=earlier)
    letter = letter_of(told(legal_form=LegalForm.EINZELUNTERNEHMEN, standing=standing), "de")
    assert notice_words.SPEAKS_AGAINST.de not in {section.title for section in letter.sections}
    assert "auch jetzt entscheidet ein Mensch" in said(letter)


def test_too_little_history_does_not_contradict_the_entries() -> None:
    """Entries of years may hold few months that count; the notice says which do."""
    assessment = assess(pd=None, row={"trust_history_months": 5.0})
    german, english = (said(letter_of(told(assessment), language)) for language in LANGUAGES)
    assert "Einträge vom 02.01.2023 bis zum 30.03.2026" in german
    assert "umfasst 5 Monate mit verlässlich belegtem Geschäft; ein Score erfordert mindestens 6." in german
    assert "weder zeitnah erfasst noch über die Bank bezahlt" in german
    assert "cover 5 months of reliably documented business; a score requires at least 6." in english
