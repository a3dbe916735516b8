"""Words for codes that pages and papers share."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from features.feature import Text

VERDICTS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "approve": Text(de="Zusage", en="Approve"),
        "refer": Text(de="Manuelle Prüfung", en="Refer"),
        "decline": Text(de="Ablehnung", en="Decline"),
    }
)
LEGAL_FORMS: Final[Mapping[str, Text]] = MappingProxyType(
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
PRODUCTS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "working_capital": Text(de="Betriebsmittelkredit", en="Working capital loan"),
        "investment": Text(de="Investitionskredit", en="Investment loan"),
    }
)
REVIEW_REASONS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "as_recommended": Text(de="wie vom System empfohlen", en="as the machine recommends"),
        "data_explained": Text(de="Auffälligkeit erklärt und belegt", en="what looked bad was explained and proved"),
        "one_off": Text(de="einmaliges Ereignis", en="a single event"),
        "collateral": Text(de="Sicherheit oder Bürgschaft", en="security or a guarantee"),
        "known_customer": Text(de="eigene Erfahrung mit dem Unternehmen", en="own experience with the firm"),
        "terms_fit": Text(de="mit geänderten Bedingungen tragbar", en="can be carried with changed terms"),
        "not_affordable": Text(de="Kapitaldienst nicht tragbar", en="debt service cannot be carried"),
        "data_doubtful": Text(de="Daten nicht vertrauenswürdig", en="data cannot be trusted"),
        "information_missing": Text(de="Angaben fehlen", en="information is missing"),
        "other_knowledge": Text(de="andere Erkenntnisse gegen den Kredit", en="other knowledge against the loan"),
        "other": Text(de="anderer Grund", en="another reason"),
    }
)
STEP_KINDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "opened": Text(de="eröffnet", en="opened"),
        "linked": Text(de="neue Entscheidung des Systems", en="new decision of the machine"),
        "claimed": Text(de="übernommen", en="claimed"),
        "released": Text(de="Bearbeitung abgegeben", en="released"),
        "assigned": Text(de="zugewiesen", en="assigned"),
        "commented": Text(de="Notiz", en="comment"),
        "asked": Text(de="Rückfrage an den Antragsteller", en="applicant asked"),
        "answered": Text(de="Antwort", en="answer"),
        "filed": Text(de="Unterlage", en="document"),
        "voted": Text(de="Votum abgegeben", en="voted"),
        "reopened": Text(de="Neuprüfung", en="reopened"),
        "snooze_asked": Text(de="Aussetzen einer Regel beantragt", en="setting a rule aside asked for"),
        "snooze_confirmed": Text(de="Aussetzen bestätigt", en="setting aside confirmed"),
        "snooze_ended": Text(de="Aussetzen beendet", en="setting aside ended"),
        "withdrawn": Text(de="zurückgezogen", en="withdrawn"),
        "guarantor_named": Text(de="Bürge benannt", en="guarantor named"),
        "guarantor_freed": Text(de="Bürge entlassen", en="guarantor released"),
    }
)
