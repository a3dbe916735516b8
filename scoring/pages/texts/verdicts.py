"""Texts for the codes of a decision, on the list and on the page."""

from types import MappingProxyType
from typing import Final

from features.feature import Text
from scoring.texts.codes import LEGAL_FORMS, PRODUCTS, VERDICTS


class Verdicts:
    """Verdicts, recommendations, legal forms and products."""

    verdict: Final = Text(de="Votum", en="Verdict")
    recommendation: Final = Text(de="Empfehlung", en="Recommendation")
    word: Final = VERDICTS
    verdict_means: Final = MappingProxyType(
        {
            "approve": Text(
                de="Der Kredit darf ohne manuelle Prüfung zugesagt werden.",
                en="The loan may be granted without review by a person.",
            ),
            "refer": Text(
                de="Der Antrag wird manuell geprüft und entschieden.",
                en="A person reviews the application and decides.",
            ),
            "decline": Text(
                de="Der Antrag darf ohne manuelle Prüfung abgelehnt werden.",
                en="The application may be declined without review by a person.",
            ),
        }
    )
    recommendation_means: Final = MappingProxyType(
        {
            "approve": Text(
                de="Modell und Kreditrichtlinie sprechen für den Kredit.", en="Model and policy support the loan."
            ),
            "refer": Text(
                de="Modell und Kreditrichtlinie verlangen eine manuelle Prüfung; die Gründe stehen unten.",
                en="Model and policy call for a review by a person; the causes are listed below.",
            ),
            "decline": Text(
                de="Modell und Kreditrichtlinie sprechen gegen den Kredit.",
                en="Model and policy advise against the loan.",
            ),
        }
    )
    legal_form: Final = LEGAL_FORMS
    product: Final = PRODUCTS
    """A product that is not listed here is shown by its name in the policy."""
