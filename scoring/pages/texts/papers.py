"""Texts for what is printed of a decision."""

from typing import Final

from features.feature import Text


class Papers:
    """Links to notices and memos."""

    title: Final = Text(de="Schreiben und Unterlagen", en="Letters and papers")
    notice: Final = Text(de="Mitteilung an den Antragsteller", en="Notice to the applicant")
    notice_means: Final = Text(
        de="Sie sagt, was jetzt gilt. Wer sie öffnet, stellt sie aus: Sie wird gespeichert und signiert.",
        en="It says what holds now. Whoever opens it issues it: it is stored and signed.",
    )
    memo: Final = Text(de="Kreditvorlage", en="Credit memo")
    german: Final = Text(de="Deutsch", en="German")
    english: Final = Text(de="Englisch", en="English")
