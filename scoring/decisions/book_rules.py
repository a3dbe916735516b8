"""Rules on the books alone: the least data for a score, and the facts that knock an application out."""

from typing import Final

from features.feature import Text, Unit
from scoring.decisions.decision import Verdict
from scoring.decisions.limits import REVENUE
from scoring.decisions.rules import COMPLETE_BOOKS, BooksContext, Bound, Rule, RuleKind, measured
from scoring.decisions.wording import format_value

HISTORY: Final = "trust_history_months"
GARNISHMENTS: Final = "liquidity_garnishment_count_12m"
OVERDRAFT_DAYS: Final = "liquidity_overdraft_days_90d"


def _missing_share(seen: BooksContext) -> float:
    if not seen.model_features:
        return 1.0
    return round(sum(seen.row.get(name) is None for name in seen.model_features) / len(seen.model_features), 4)


def _required(seen: BooksContext) -> str:
    absent = any(seen.row.get(name) is None for name in seen.policy.minimum_data.required_features)
    return "incomplete" if absent else "complete"


MINIMUM_DATA: Final[tuple[Rule[BooksContext], ...]] = (
    Rule[BooksContext](
        id="NO_INVOICES",
        kind=RuleKind.MINIMUM_DATA,
        effect=Verdict.REFER,
        subject=Text(de="Rechnungen in der Buchhaltung", en="Invoices in the books"),
        problem=Text(de="In der Buchhaltung gibt es keine Rechnungen.", en="There are no invoices in the books."),
        remedy=COMPLETE_BOOKS,
        observe=lambda seen: float(seen.coverage.invoice_count),
        threshold=lambda _: 1.0,
        documented=lambda _: format_value(1.0, Unit.COUNT),
        bound=Bound.AT_LEAST,
    ),
    Rule[BooksContext](
        id="TOO_FEW_INVOICES",
        kind=RuleKind.MINIMUM_DATA,
        effect=Verdict.REFER,
        subject=Text(de="Zahl der Rechnungen", en="Number of invoices"),
        problem=Text(
            de="Die Zahl der Rechnungen ist {value}; für eine Bewertung braucht es mindestens {threshold}.",
            en="The number of invoices is {value}; a score needs at least {threshold}.",
        ),
        remedy=COMPLETE_BOOKS,
        observe=lambda seen: float(seen.coverage.invoice_count),
        threshold=lambda seen: float(seen.policy.minimum_data.invoices_at_least),
        documented=lambda policy: format_value(float(policy.minimum_data.invoices_at_least), Unit.COUNT),
        bound=Bound.AT_LEAST,
        implied_by=("NO_INVOICES",),
    ),
    measured(
        "TOO_LITTLE_HISTORY",
        RuleKind.MINIMUM_DATA,
        HISTORY,
        Bound.AT_LEAST,
        lambda policy: policy.minimum_data.history_months_at_least,
        unit=Unit.MONTHS,
        subject=Text(de="Dauer der Aufzeichnungen", en="Length of the records"),
        problem=Text(
            de="Die Bücher umfassen {value}; für eine Bewertung braucht es mindestens {threshold}.",
            en="The books cover {value}; a score needs at least {threshold}.",
        ),
        remedy=Text(
            de="Falls es ältere Rechnungen und Kontoumsätze gibt, bitte in der Buchhaltung nachtragen. "
            "Sonst kann eine Person andere Unterlagen prüfen.",
            en="If older invoices and bank lines exist, please add them to the books. "
            "Otherwise a person can look at other documents.",
        ),
    ),
    Rule[BooksContext](
        id="REQUIRED_VALUES_MISSING",
        kind=RuleKind.MINIMUM_DATA,
        effect=Verdict.REFER,
        subject=Text(de="Unverzichtbare Kennzahlen", en="Indispensable figures"),
        problem=Text(
            de="Der Umsatz von zwölf Monaten oder eine andere unverzichtbare Kennzahl ließ sich nicht bestimmen.",
            en="The revenue of the last twelve months, or another indispensable figure, could not be determined.",
        ),
        remedy=COMPLETE_BOOKS,
        observe=_required,
        threshold=lambda _: "complete",
        documented=lambda _: Text(de="vollständig", en="complete"),
        states={
            "complete": Text(de="vollständig", en="complete"),
            "incomplete": Text(de="unvollständig", en="incomplete"),
        },
        implied_by=("NO_INVOICES", "TOO_LITTLE_HISTORY"),
    ),
    Rule[BooksContext](
        id="TOO_MUCH_MISSING",
        kind=RuleKind.MINIMUM_DATA,
        effect=Verdict.REFER,
        subject=Text(
            de="Anteil der bewerteten Kennzahlen ohne Wert", en="Share of the figures to be scored that have no value"
        ),
        problem=Text(
            de="{value} der Kennzahlen für die Bewertung ließen sich nicht bestimmen; höchstens {threshold} dürfen "
            "fehlen.",
            en="{value} of the figures for the score could not be determined; at most {threshold} may be missing.",
        ),
        remedy=Text(
            de="Bitte das Geschäftskonto mit der Buchhaltung verbinden und fehlende Belege nachtragen.",
            en="Please connect the business account to the bookkeeping system and add missing documents.",
        ),
        observe=_missing_share,
        threshold=lambda seen: seen.policy.minimum_data.missing_share_at_most,
        documented=lambda policy: format_value(policy.minimum_data.missing_share_at_most, Unit.SHARE),
        bound=Bound.AT_MOST,
        unit=Unit.SHARE,
    ),
)

KNOCK_OUTS: Final[tuple[Rule[BooksContext], ...]] = (
    measured(
        "GARNISHMENT",
        RuleKind.KNOCK_OUT,
        GARNISHMENTS,
        Bound.AT_MOST,
        lambda policy: policy.knock_outs.garnishments_at_most,
        unit=Unit.COUNT,
        subject=Text(de="Pfändungen in den letzten 12 Monaten", en="Garnishments in the last 12 months"),
        problem=Text(
            de="Kontobuchungen der letzten 12 Monate deuten auf Pfändungen: {value}, zulässig höchstens {threshold}.",
            en="Bank lines of the last 12 months point to garnishments: {value}, at most {threshold} allowed.",
        ),
        remedy=Text(
            de="Wurde eine Buchung falsch gedeutet, lässt sich das mit dem Kontoauszug berichtigen.",
            en="If a bank line was misread, the account statement can correct that.",
        ),
    ),
    measured(
        "REVENUE_TOO_LOW",
        RuleKind.KNOCK_OUT,
        REVENUE,
        Bound.AT_LEAST,
        lambda policy: policy.knock_outs.revenue_cents_at_least,
        unit=Unit.CENTS,
        subject=Text(de="Nettoumsatz der letzten 12 Monate", en="Net revenue of the last 12 months"),
        problem=Text(
            de="Der Nettoumsatz der letzten 12 Monate beträgt {value}; verlangt werden mindestens {threshold}.",
            en="Net revenue of the last 12 months is {value}; at least {threshold} is required.",
        ),
        remedy=Text(
            de="Falls Umsätze in der Buchhaltung fehlen, bitte nachtragen.",
            en="If revenue is missing in the books, please add it.",
        ),
    ),
    measured(
        "OVERDRAFT_PERMANENT",
        RuleKind.KNOCK_OUT,
        OVERDRAFT_DAYS,
        Bound.AT_MOST,
        lambda policy: policy.knock_outs.overdraft_days_at_most,
        unit=Unit.DAYS,
        subject=Text(de="Tage mit überzogenem Konto in den letzten 90", en="Days overdrawn of the last 90"),
        problem=Text(
            de="Überzogenes Konto in den letzten 90 Tagen: {value}, zulässig höchstens {threshold}.",
            en="Account overdrawn in the last 90 days: {value}, at most {threshold} allowed.",
        ),
        remedy=Text(
            de="Eine vereinbarte Kreditlinie der Bank bitte nachweisen; die Buchhaltung kennt sie nicht.",
            en="Please provide evidence of an agreed credit line with the bank; the books do not show it.",
        ),
    ),
)
