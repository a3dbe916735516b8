"""Every sentence on a change, in both languages, as a table."""

from datetime import date

import msgspec
import pytest
from decision_cases import TERMS, assess

from features.feature import Text
from scoring.decisions.changes import Change, Step, StepKind
from scoring.decisions.decision import Document, DocumentKind, LegalForm, Verdict
from scoring.texts.changes import say_all, say_change, say_step

ASKED = msgspec.structs.replace(TERMS, amount_cents=2_000_000, term_months=12)


def documents(count: int) -> tuple[Document, ...]:
    """So many invoices."""
    return tuple(
        Document(kind=DocumentKind.INVOICE, id=number, day=None, amount_cents=100_00) for number in range(count)
    )


@pytest.mark.parametrize(
    ("step", "de", "en"),
    [
        (
            Step(kind=StepKind.COLLECT, documents=documents(1), amount_cents=1_234_50),
            (
                "Überfällige Forderungen einziehen: 1 Rechnung, zusammen 1.234,50 €. Das Geld muss auf einem Konto"
                " eingehen, dessen Umsätze die Bank direkt liefert."
            ),
            (
                "Collect overdue receivables: 1 invoice, together €1,234.50. The money must arrive on an account whose"
                " transactions the bank delivers."
            ),
        ),
        (
            Step(kind=StepKind.COLLECT, documents=documents(3), amount_cents=9_00),
            (
                "Überfällige Forderungen einziehen: 3 Rechnungen, zusammen 9,00 €. Das Geld muss auf einem Konto"
                " eingehen, dessen Umsätze die Bank direkt liefert."
            ),
            (
                "Collect overdue receivables: 3 invoices, together €9.00. The money must arrive on an account whose"
                " transactions the bank delivers."
            ),
        ),
        (
            Step(kind=StepKind.PAY, documents=documents(2), amount_cents=50_000_00),
            "Überfällige Eingangsrechnungen bezahlen: 2 Belege, zusammen 50.000,00 €, aus dem vorhandenen Guthaben.",
            "Pay overdue bills: 2 bills, together €50,000.00, out of the money on the accounts.",
        ),
        (
            Step(kind=StepKind.AMOUNT, amount_cents=1_999_999),
            "Weniger beantragen: höchstens 19.999,99 €.",
            "Ask for less: at most €19,999.99.",
        ),
        (
            Step(kind=StepKind.AMOUNT, amount_cents=2_000_001),
            "Mehr beantragen: mindestens 20.000,01 €.",
            "Ask for more: at least €20,000.01.",
        ),
        (
            Step(kind=StepKind.TERM, term_months=13),
            "Eine längere Laufzeit beantragen: 13 Monate.",
            "Ask for a longer term: 13 months.",
        ),
        (
            Step(kind=StepKind.TERM, term_months=1),
            "Eine kürzere Laufzeit beantragen: 1 Monat.",
            "Ask for a shorter term: 1 month.",
        ),
        (
            Step(kind=StepKind.LINK_BANK),
            (
                "Das Bankkonto direkt mit der Buchhaltung verbinden. Die Bank muss die Umsätze der letzten zwölf Monate"
                " so liefern, wie sie in den Büchern stehen."
            ),
            (
                "Link the bank account to the books. The bank must deliver the transactions of the last twelve months"
                " as the books have them."
            ),
        ),
        (
            Step(kind=StepKind.WAIT, until=date(2027, 2, 1)),
            (
                "Ab dem 01.02.2027 erneut beantragen. Das gilt, wenn das Geschäft weiterläuft wie bisher und bis dahin"
                " weder Mahngebühr noch Rücklastschrift dazukommt."
            ),
            (
                "Apply again from 1 February 2027 on. This holds if business goes on as before, and neither a reminder"
                " fee nor a returned direct debit is added until then."
            ),
        ),
    ],
)
def test_what_is_said_of_each_step(step: Step, de: str, en: str) -> None:
    """Euro, months and days; whether more or less is asked for follows from what was asked for."""
    assert say_step(step, ASKED) == Text(de=de, en=en)


LONGER = Step(kind=StepKind.TERM, term_months=18)
LESS = Step(kind=StepKind.AMOUNT, amount_cents=1_000_000)


@pytest.mark.parametrize(
    ("recommendation", "verdict", "en", "de"),
    [
        (Verdict.APPROVE, Verdict.APPROVE, "The recommendation is to approve then.", "lautet dann Zusage."),
        (
            Verdict.APPROVE,
            Verdict.REFER,
            "The recommendation is to approve then. A person decides all the same.",
            "lautet dann Zusage. Es entscheidet trotzdem ein Mensch.",
        ),
        (
            Verdict.REFER,
            Verdict.REFER,
            "The recommendation is to refer to a person then.",
            "lautet dann manuelle Prüfung.",
        ),
    ],
)
def test_what_is_said_of_a_change(recommendation: Verdict, verdict: Verdict, en: str, de: str) -> None:
    """All its steps, then what follows; a person who decides by law is named."""
    change = Change(
        steps=(LONGER, LESS), recommendation=recommendation, verdict=verdict, score=600.0, limit_cents=1_000_000
    )
    said = say_change(change, ASKED)
    assert said.en == f"Ask for a longer term: 18 months. Ask for less: at most €10,000.00. {en}"
    assert said.de.startswith("Eine längere Laufzeit beantragen: 18 Monate. Weniger beantragen: höchstens 10.000,00 €.")
    assert said.de.endswith(de)


def test_what_is_said_where_there_is_no_change() -> None:
    """Whether none is needed, or none helps; before changes, what they rest on."""
    change = Change(steps=(LESS,), recommendation=Verdict.APPROVE, verdict=Verdict.APPROVE, score=600.0, limit_cents=1)
    assert say_all((), assess()).en == "No change is needed: the recommendation is to approve."
    sole_trader = assess(terms={"legal_form": LegalForm.EINZELUNTERNEHMEN})
    assert say_all((), sole_trader).de.endswith("Die Empfehlung lautet Zusage. Es entscheidet trotzdem ein Mensch.")
    assert say_all((), assess(pd=0.2)).en.startswith("There is nothing that the firm itself could change now")
    assert say_all((change,), assess(pd=0.06)).de.endswith("Maßgeblich ist die Entscheidung über den neuen Antrag.")
