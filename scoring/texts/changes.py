"""What a firm could change, and what would follow, in sentences.

They are said of what is worked out now, and stand in no record: so they have no catalogue.
"""

from typing import Final

from features.feature import Text, Unit
from scoring.decisions.changes import Change, Step, StepKind
from scoring.decisions.decision import Assessment, Terms, Verdict
from scoring.texts.rendering import filled, format_value, joined, say_day

_INVOICES: Final = (Text(de="Rechnung", en="invoice"), Text(de="Rechnungen", en="invoices"))
_BILLS: Final = (Text(de="Beleg", en="bill"), Text(de="Belege", en="bills"))

COLLECT: Final = Text(
    de="Überfällige Forderungen einziehen: {count}, zusammen {amount}. Das Geld muss auf einem Konto eingehen, dessen"
    " Umsätze die Bank direkt liefert.",
    en="Collect overdue receivables: {count}, together {amount}. The money must arrive on an account whose transactions"
    " the bank delivers.",
)
PAY: Final = Text(
    de="Überfällige Eingangsrechnungen bezahlen: {count}, zusammen {amount}, aus dem vorhandenen Guthaben.",
    en="Pay overdue bills: {count}, together {amount}, out of the money on the accounts.",
)
LESS: Final = Text(de="Weniger beantragen: höchstens {amount}.", en="Ask for less: at most {amount}.")
MORE: Final = Text(de="Mehr beantragen: mindestens {amount}.", en="Ask for more: at least {amount}.")
LONGER: Final = Text(de="Eine längere Laufzeit beantragen: {term}.", en="Ask for a longer term: {term}.")
SHORTER: Final = Text(de="Eine kürzere Laufzeit beantragen: {term}.", en="Ask for a shorter term: {term}.")
LINK_BANK: Final = Text(
    de="Das Bankkonto direkt mit der Buchhaltung verbinden. Die Bank muss die Umsätze der letzten zwölf Monate so"
    " liefern, wie sie in den Büchern stehen.",
    en="Link the bank account to the books. The bank must deliver the transactions of the last twelve months as the"
    " books have them.",
)
WAIT: Final = Text(
    de="Ab dem {day} erneut beantragen. Das gilt, wenn das Geschäft weiterläuft wie bisher und bis dahin weder"
    " Mahngebühr noch Rücklastschrift dazukommt.",
    en="Apply again from {day} on. This holds if business goes on as before, and neither a reminder fee nor a returned"
    " direct debit is added until then.",
)
APPROVED: Final = Text(de="Die Empfehlung lautet dann Zusage.", en="The recommendation is to approve then.")
REFERRED: Final = Text(
    de="Die Empfehlung lautet dann manuelle Prüfung.", en="The recommendation is to refer to a person then."
)
BY_PERSON: Final = Text(de="Es entscheidet trotzdem ein Mensch.", en="A person decides all the same.")
NONE: Final = Text(
    de="Es gibt keine Änderung, die das Unternehmen jetzt selbst vornehmen könnte und mit der die Empfehlung besser"
    " ausfiele.",
    en="There is nothing that the firm itself could change now and that would lead to a better recommendation.",
)
NOT_NEEDED: Final = Text(
    de="Es braucht keine Änderung: Die Empfehlung lautet Zusage.",
    en="No change is needed: the recommendation is to approve.",
)
FOUND: Final = Text(
    de="Jede dieser Änderungen wurde auf die Bücher vom Stichtag oder den Antrag angewandt und vollständig neu"
    " entschieden. Maßgeblich ist die Entscheidung über den neuen Antrag.",
    en="Each of these changes was applied to the books of the observation date or to the application, and decided again"
    " in full. What counts is the decision on the new application.",
)


def say_step(step: Step, asked: Terms) -> Text:
    """One thing to do.

    Args:
        step: of a change.
        asked: what was asked for before.
    """
    count, cents = len(step.documents), step.amount_cents or 0
    amount = format_value(float(cents), Unit.CENTS)
    match step.kind:
        case StepKind.COLLECT:
            return filled(COLLECT, {"count": _count(count, _INVOICES), "amount": amount})
        case StepKind.PAY:
            return filled(PAY, {"count": _count(count, _BILLS), "amount": amount})
        case StepKind.AMOUNT:
            return filled(LESS if cents < asked.amount_cents else MORE, {"amount": amount})
        case StepKind.TERM:
            months = step.term_months or 0
            return filled(
                LONGER if months > asked.term_months else SHORTER, {"term": format_value(months, Unit.MONTHS)}
            )
        case StepKind.LINK_BANK:
            return LINK_BANK
        case StepKind.WAIT:
            return WAIT if step.until is None else filled(WAIT, {"day": say_day(step.until)})


def say_change(change: Change, asked: Terms) -> Text:
    """What to do and what follows, in one text."""
    said = [say_step(step, asked) for step in change.steps]
    said.append(APPROVED if change.recommendation is Verdict.APPROVE else REFERRED)
    return joined(*said, *_by_person(change.recommendation, change.verdict))


def say_all(changes: tuple[Change, ...], assessment: Assessment) -> Text:
    """What is to be said before the changes, or in their place.

    Args:
        changes: that were found.
        assessment: of the decision.
    """
    if changes:
        return FOUND
    if assessment.recommendation is Verdict.APPROVE:
        return joined(NOT_NEEDED, *_by_person(assessment.recommendation, assessment.verdict))
    return NONE


def _by_person(recommendation: Verdict, verdict: Verdict) -> tuple[Text, ...]:
    is_gated = recommendation is Verdict.APPROVE and verdict is not Verdict.APPROVE
    return (BY_PERSON,) if is_gated else ()


def _count(count: int, nouns: tuple[Text, Text]) -> Text:
    return format_value(float(count), Unit.COUNT, nouns=nouns)
