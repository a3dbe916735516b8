"""Why a stored application could not be decided again under a candidate, in words."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from features.feature import Text
from scoring.decisions.comparison import LeftOut
from scoring.texts.rendering import filled

WORDS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        LeftOut.NO_REPLAY: Text(de="lässt sich nicht nachrechnen: {about}", en="does not replay: {about}"),
        LeftOut.TERMS: Text(
            de="die neue Richtlinie nimmt den Antrag nicht an: {about}",
            en="the candidate does not take the application: {about}",
        ),
        LeftOut.NOT_FETCHED: Text(
            de="gebraucht wird, was nicht gelesen wurde: {about}",
            en="the candidate reads what was not fetched: {about}",
        ),
        LeftOut.PERSONS_BANK_DATA: Text(
            de="Bankdaten natürlicher Personen bleiben künftig außer Betracht, hier wurden sie gelesen",
            en="the candidate leaves out bank data of natural persons, which were fetched",
        ),
        LeftOut.HISTORY: Text(
            de="so weit zurück wurde nicht gelesen; Monate: {about}",
            en="the candidate looks back further than was fetched; months: {about}",
        ),
        LeftOut.ROW_LACKS_FEATURES: Text(
            de="die Bücher sind nicht mehr gespeichert, und die Entscheidung hat keinen Wert von {about}",
            en="its snapshot is gone, and its record has no value of {about}",
        ),
        LeftOut.ROW_LACKS_BORROWINGS: Text(
            de="die Bücher sind nicht mehr gespeichert, und die Entscheidung sagt nicht, was die Firma anderswo"
            " schuldet",
            en="its snapshot is gone, and its record does not say what the firm owes elsewhere",
        ),
        LeftOut.ROW_LACKS_READINGS: Text(
            de="die Bücher sind nicht mehr gespeichert, und zweifelhafte Angaben, die zweifach gelesen wurden,"
            " brauchen sie",
            en="its snapshot is gone, and doubtful facts were read otherwise, which needs it",
        ),
        LeftOut.ROW_LACKS_CASH: Text(
            de="die Bücher sind nicht mehr gespeichert, und die Entscheidung sagt nicht, welche Rate die Liquidität"
            " trägt",
            en="its snapshot is gone, and its record does not say what cash ahead carries",
        ),
        LeftOut.SNAPSHOT: Text(de="die gespeicherten Bücher sind nicht lesbar", en="its snapshot cannot be read"),
        LeftOut.RECORD_CHANGED: Text(
            de="die Entscheidung wurde in der Datenbank verändert", en="its record was altered in the database"
        ),
        LeftOut.ERASED: Text(de="die Entscheidung wurde gelöscht", en="it was erased"),
        LeftOut.NEWER: Text(
            de="eine neuere Version des Dienstes hat die Entscheidung gespeichert",
            en="a newer version of the service recorded it",
        ),
        LeftOut.NOT_DECRYPTED: Text(
            de="die gespeicherten Bücher lassen sich nicht entschlüsseln", en="its snapshot cannot be decrypted"
        ),
        LeftOut.NOT_SERVED: Text(
            de="Modell oder Richtlinie der Entscheidung gibt es hier nicht mehr",
            en="the model or the policy that decided is not here any more",
        ),
    }
)


def say_left_out(cause: str, about: Sequence[str]) -> Text:
    """One cause; its code where only another version has words for it.

    Args:
        cause: a code of ``LeftOut``.
        about: names of fields, lists or features, or numbers.
    """
    listed = ", ".join(about)
    return filled(WORDS.get(cause, Text(de=cause, en=cause)), {"about": Text(de=listed, en=listed)})
