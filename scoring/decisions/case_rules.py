"""Rules on score, amount and person: cut-offs, limit, and the gates between recommendation and verdict."""

from typing import Final

from features.feature import Text, Unit
from scoring.decisions.decision import Verdict
from scoring.decisions.policy import LegalBasis
from scoring.decisions.rules import Bound, DecisionContext, Rule, RuleKind
from scoring.decisions.wording import format_value

CUT_OFFS: Final[tuple[Rule[DecisionContext], ...]] = (
    Rule[DecisionContext](
        id="PD_TOO_HIGH",
        kind=RuleKind.CUT_OFF,
        effect=Verdict.DECLINE,
        subject=Text(de="Ausfallwahrscheinlichkeit (Ablehnung)", en="Probability of default (decline)"),
        problem=Text(
            de="Die Ausfallwahrscheinlichkeit beträgt {value}; ab mehr als {threshold} wird kein Kredit empfohlen.",
            en="The probability of default is {value}; above {threshold} no loan is recommended.",
        ),
        remedy=Text(
            de="Die Gründe zeigen, was die Bewertung verschlechtert; fehlerhafte Daten lassen sich berichtigen.",
            en="The reasons given show what lowers the score; wrong data can be corrected.",
        ),
        observe=lambda case: case.pd,
        threshold=lambda case: case.policy.cut_offs.decline_above,
        documented=lambda policy: format_value(policy.cut_offs.decline_above, Unit.SHARE),
        bound=Bound.AT_MOST,
        unit=Unit.SHARE,
    ),
    Rule[DecisionContext](
        id="PD_NEEDS_REVIEW",
        kind=RuleKind.CUT_OFF,
        effect=Verdict.REFER,
        subject=Text(de="Ausfallwahrscheinlichkeit (Zusage)", en="Probability of default (approval)"),
        problem=Text(
            de="Die Ausfallwahrscheinlichkeit beträgt {value}; über {threshold} entscheidet eine Person.",
            en="The probability of default is {value}; above {threshold} a person decides.",
        ),
        remedy=Text(
            de="Die Gründe zeigen, was die Bewertung verschlechtert; fehlerhafte Daten lassen sich berichtigen.",
            en="The reasons given show what lowers the score; wrong data can be corrected.",
        ),
        observe=lambda case: case.pd,
        threshold=lambda case: case.policy.cut_offs.approve_at_or_below,
        documented=lambda policy: format_value(policy.cut_offs.approve_at_or_below, Unit.SHARE),
        bound=Bound.AT_MOST,
        unit=Unit.SHARE,
        implied_by=("PD_TOO_HIGH",),
    ),
)


def _known_limit(case: DecisionContext) -> float | None:
    return None if case.limit is None else float(case.limit.cents)


def _limit_inputs(case: DecisionContext) -> str | None:
    if case.limit is None:
        return None
    return "incomplete" if case.limit.missing else "complete"


LIMITS: Final[tuple[Rule[DecisionContext], ...]] = (
    Rule[DecisionContext](
        id="LIMIT_BELOW_PRODUCT",
        kind=RuleKind.LIMIT,
        effect=Verdict.DECLINE,
        subject=Text(de="Kreditrahmen gegen Mindestbetrag", en="Limit against the smallest loan"),
        problem=Text(
            de="Tragbar sind {value}; der kleinste Kredit dieser Art beträgt {threshold}.",
            en="The firm can carry {value}; the smallest loan of this kind is {threshold}.",
        ),
        remedy=Text(
            de="Falls Umsätze, offene Rechnungen oder Einzahlungen in der Buchhaltung fehlen, bitte nachtragen.",
            en="If revenue, open invoices or incoming payments are missing in the books, please add them.",
        ),
        observe=_known_limit,
        threshold=lambda case: float(case.product.minimum_cents),
        documented=lambda _: Text(de="Mindestbetrag der Kreditart", en="smallest amount of the product"),
        bound=Bound.AT_LEAST,
        unit=Unit.CENTS,
    ),
    Rule[DecisionContext](
        id="LIMIT_BELOW_REQUEST",
        kind=RuleKind.LIMIT,
        effect=Verdict.REFER,
        subject=Text(de="Kreditrahmen gegen beantragten Betrag", en="Limit against the amount asked for"),
        problem=Text(
            de="Tragbar sind {value}, beantragt wurden {threshold}.",
            en="The firm can carry {value}, {threshold} was asked for.",
        ),
        remedy=Text(de="Ein Betrag bis zum Kreditrahmen kommt in Frage.", en="An amount up to the limit is possible."),
        observe=_known_limit,
        threshold=lambda case: float(case.terms.amount_cents),
        documented=lambda _: Text(de="beantragter Betrag", en="amount asked for"),
        bound=Bound.AT_LEAST,
        unit=Unit.CENTS,
        implied_by=("LIMIT_BELOW_PRODUCT",),
    ),
    Rule[DecisionContext](
        id="LIMIT_INPUTS_MISSING",
        kind=RuleKind.LIMIT,
        effect=Verdict.REFER,
        subject=Text(de="Grundlagen des Kreditrahmens", en="What the limit is computed from"),
        problem=Text(
            de="Der Kreditrahmen lässt sich nicht vollständig berechnen, weil Umsatz, Forderungen, "
            "Zahlungsüberschuss oder Schuldendienst nicht feststehen.",
            en="The limit cannot be computed completely because revenue, receivables, "
            "operating surplus or debt service is not known.",
        ),
        remedy=Text(
            de="Bitte das Geschäftskonto mit der Buchhaltung verbinden und, falls vorhanden, ältere Kontoumsätze und "
            "fehlende Rechnungen nachtragen.",
            en="Please connect the business account to the bookkeeping system and add older bank lines and missing "
            "invoices, if there are any.",
        ),
        observe=_limit_inputs,
        threshold=lambda _: "complete",
        documented=lambda _: Text(de="vollständig", en="complete"),
        states={
            "complete": Text(de="vollständig", en="complete"),
            "incomplete": Text(de="unvollständig", en="incomplete"),
        },
    ),
)


GATES: Final[tuple[Rule[DecisionContext], ...]] = (
    Rule[DecisionContext](
        id="NATURAL_PERSON",
        kind=RuleKind.GATE,
        effect=Verdict.REFER,
        subject=Text(de="Entscheidung durch eine Person", en="Decision by a person"),
        problem=Text(
            de="Über einen Antrag einer natürlichen Person entscheidet ein Mensch, nicht allein ein Programm.",
            en="A human being, not a program alone, decides on an application of a natural person.",
        ),
        remedy=None,
        observe=lambda case: (
            "needed"
            if case.is_natural_person and case.policy.natural_persons.legal_basis is LegalBasis.NONE
            else "not_needed"
        ),
        threshold=lambda _: "not_needed",
        documented=lambda policy: (
            Text(de="nur bei juristischen Personen entbehrlich", en="dispensable for legal persons only")
            if policy.natural_persons.legal_basis is LegalBasis.NONE
            else Text(de="entbehrlich", en="dispensable")
        ),
        states={
            "needed": Text(de="gesetzlich erforderlich", en="required by law"),
            "not_needed": Text(de="nicht gesetzlich erforderlich", en="not required by law"),
        },
    ),
    Rule[DecisionContext](
        id="MODEL_SIMULATED",
        kind=RuleKind.GATE,
        effect=Verdict.REFER,
        subject=Text(de="Grundlage des Bewertungsmodells", en="What the model learned from"),
        problem=Text(
            de="Das Bewertungsmodell hat aus simulierten, nicht aus echten Firmen gelernt; eine Person entscheidet.",
            en="The model learned from simulated firms, not from real ones; a person decides.",
        ),
        remedy=None,
        observe=lambda case: (
            "simulated" if case.is_model_simulated and not case.circumstances.is_sandbox else "suitable"
        ),
        threshold=lambda _: "suitable",
        documented=lambda _: Text(de="echte Firmen, außer in der Testumgebung", en="real firms, except in the sandbox"),
        states={
            "simulated": Text(de="simulierte Firmen", en="simulated firms"),
            "suitable": Text(de="für diese Anfrage geeignet", en="suitable for this application"),
        },
    ),
)
