"""Texts of the page on the models that serve."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class WatchingPage:
    """Whether the firms that apply are still like those that a model learned from."""

    title: Final = Text(de="Überwachung der Modelle", en="Watching the models")
    of: Final = Text(de="Modell {model}", en="Model {model}")
    means: Final = Text(
        de="Gezählt ist die neueste Entscheidung je Kreditnehmer, die einen Tag des Zeitraums betrachtet. Verglichen"
        " wird mit den Firmen, an denen das Modell trainiert wurde. Dieser Aufruf steht im Protokoll.",
        en="Counted is the newest decision on each borrower that looks at one of these days. It is compared with the"
        " firms that the model learned from. This look is in the audit trail.",
    )
    at: Final = Text(
        de="Stand: {moment}. Ein Stand wird zehn Minuten lang gezeigt.",
        en="As of {moment}. What was found is shown for ten minutes.",
    )
    models: Final = Text(de="Modelle, die bewerten", en="Models that score")
    filter: Final = Text(de="Zeitraum", en="Days")
    nothing: Final = MappingProxyType(
        {
            "no_decision": Text(
                de="In diesem Zeitraum hat das Modell über keinen Kreditnehmer Ihres Hauses entschieden, und von keinem"
                " Kredit ist der Ausgang bekannt.",
                en="The model has scored no borrower of your organisation in these days, and no loan's outcome is"
                " known.",
            ),
            "not_named": Text(de="Bitte wählen Sie ein Modell.", en="Please choose a model."),
            "no_model": Text(
                de="Das Modell ist hier nicht registriert oder wurde verändert. Bitte melden Sie das der"
                " Systemadministration.",
                en="The model is not registered here, or was changed. Please report this to your administrator.",
            ),
            "by_people": Text(
                de="Die Punkte dieses Modells haben Menschen gesetzt. Es gibt keine Firmen, an denen es trainiert"
                " wurde.",
                en="People set the points of this model. There are no firms that it learned from.",
            ),
        }
    )
    damaged: Final = Text(
        de="Diese Entscheidungen wurden in der Datenbank verändert und fehlen hier. Bitte melden Sie sie der"
        " Systemadministration:",
        en="These decisions were altered in the database and are left out. Please report them to your administrator:",
    )
    counts: Final = Text(de="Worüber entschieden wurde", en="What was decided on")
    scored: Final = Text(de="Kreditnehmer mit Score", en="borrowers with a score")
    without: Final = Text(de="ohne Score", en="without a score")
    of_others: Final = Text(de="von anderen Modellen bewertet", en="scored by other models")
    mean: Final = Text(de="mittlerer Score (im Training)", en="mean score (in training)")
    both: Final = Text(de="{now} ({before})", en="{now} ({before})")
    expected: Final = Text(de="erwarteter Anteil der Ausfälle", en="share expected to go bad")
    moved: Final = Text(de="Mehr als zufällig verschoben:", en="Moved beyond chance:")
    not_moved: Final = Text(de="Nichts ist mehr als zufällig verschoben.", en="Nothing has moved beyond chance.")
    not_compared: Final = Text(
        de="Es ist zu wenig bekannt, um zu sagen, ob sich etwas verschoben hat.",
        en="Too little is known to say whether anything has moved.",
    )
    parts: Final = MappingProxyType(
        {
            "score": Text(de="Score", en="score"),
            "recommendations": Text(de="Empfehlungen", en="recommendations"),
            "calibration": Text(de="Kalibrierung", en="calibration"),
        }
    )
    features: Final = Text(de="Score und Merkmale", en="Score and features")
    too_few: Final = Text(
        de="Weniger als {count} Scores: Es wird nichts verglichen.",
        en="Fewer than {count} scores: nothing is compared.",
    )
    plot: Final = Text(
        de="Populationsstabilitätsindex von Score und Merkmalen; die Tabelle darunter nennt ihn.",
        en="Population stability index of the score and of each feature; the table below has them.",
    )
    bound: Final = Text(de="PSI {value}", en="PSI {value}")
    what: Final = Text(de="Was", en="What")
    is_moved: Final = Text(de="verschoben", en="moved")
    state: Final = Text(de="Befund", en="Finding")
    psi: Final = Text(de="PSI", en="PSI")
    chance: Final = Text(de="durch Zufall", en="by chance")
    below: Final = Text(de="unter {share}", en="below {share}")
    missing: Final = Text(de="fehlt", en="missing")
    in_training: Final = Text(de="im Training", en="in training")
    points: Final = Text(de="Punkte", en="points")
    recommendations: Final = Text(de="Empfehlungen", en="Recommendations")
    mix_plot: Final = Text(
        de="Anteile der Empfehlungen im Zeitraum davor und jetzt; die Tabelle darunter nennt sie.",
        en="Shares of recommendations in the period before and now; the table below has them.",
    )
    before: Final = Text(de="davor", en="before")
    now: Final = Text(de="jetzt", en="now")
    recommended: Final = Text(de="Empfehlung", en="Recommendation")
    count: Final = Text(de="Anzahl", en="Count")
    share: Final = Text(de="Anteil", en="Share")
    share_before: Final = Text(de="im Zeitraum davor", en="in the period before")
    by_chance: Final = Text(de="So verschieden durch Zufall: {share}.", en="As different by chance: {share}.")
    overrides: Final = Text(de="Abweichungen", en="Overrides")
    overrides_hidden: Final = Text(
        de="Kein Monat, in dem Menschen entschieden haben, wird gezählt: Es waren zu wenige, und die Zahl ließe"
        " auf einzelne schließen.",
        en="No month in which persons decided is counted: too few of them voted, and the figure would single one out.",
    )
    overrides_none: Final = Text(
        de="In diesen Monaten haben Menschen nichts entschieden.", en="Persons decided nothing in these months."
    )
    overrides_are: Final = Text(
        de="Menschen haben in {count} von {all} Fällen anders entschieden, als empfohlen war: {share}.",
        en="Persons decided otherwise than was recommended in {count} of {all} cases: {share}.",
    )
    vintages: Final = Text(de="Kredite, deren Beobachtungszeit um ist", en="Loans whose performance window is over")
    vintages_none: Final = Text(
        de="Noch ist von keinem Kredit der Ausgang bekannt.", en="No loan's outcome is known yet."
    )
    not_tested: Final = Text(de="zu alt für die Prüfung", en="too old to be tested")
    vintages_plot: Final = Text(
        de="Erwartete und eingetretene Ausfälle nach Quartal der Gewährung; die Tabelle darunter nennt sie.",
        en="Bads expected and seen, by quarter of the grant; the table below has them.",
    )
    granted: Final = Text(de="Gewährt", en="Granted")
    loans: Final = Text(de="Kredite", en="Loans")
    bads_expected: Final = Text(de="Ausfälle erwartet", en="Bads expected")
    bads: Final = Text(de="Ausfälle", en="Bads")
