"""Texts for the codes of a decision, on the list and on the page."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class Verdicts:
    """Verdicts, recommendations, legal forms and products."""

    verdict: Final = Text(de="Votum", en="Verdict")
    recommendation: Final = Text(de="Empfehlung", en="Recommendation")
    word: Final = MappingProxyType(
        {
            "approve": Text(de="Zusage", en="Approve"),
            "refer": Text(de="Manuelle Prüfung", en="Refer"),
            "decline": Text(de="Ablehnung", en="Decline"),
        }
    )
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
    legal_form: Final = MappingProxyType(
        {
            "gmbh": Text(de="GmbH", en="GmbH"),
            "ug": Text(de="UG (haftungsbeschränkt)", en="UG (limited liability)"),
            "ag": Text(de="AG", en="AG"),
            "gmbh_co_kg": Text(de="GmbH & Co. KG", en="GmbH & Co. KG"),
            "kg": Text(de="KG", en="KG (limited partnership)"),
            "ohg": Text(de="OHG", en="OHG (general partnership)"),
            "gbr": Text(de="GbR", en="GbR (civil-law partnership)"),
            "ek": Text(de="e. K.", en="e.K. (registered merchant)"),
            "einzelunternehmen": Text(de="Einzelunternehmen", en="Sole trader"),
            "freiberufler": Text(de="Freiberuflich tätig", en="Freelance professional"),
            "eg": Text(de="eG", en="eG (cooperative)"),
            "unknown": Text(de="unbekannt", en="Unknown"),
        }
    )
    product: Final = MappingProxyType(
        {
            "working_capital": Text(de="Betriebsmittelkredit", en="Working capital loan"),
            "investment": Text(de="Investitionskredit", en="Investment loan"),
        }
    )
    """A product that is not listed here is shown by its name in the policy."""
