"""Texts of the list of promotions and of the page of each."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class PromotionPage:
    """Requests to put a policy or a model in force, and what another person decides on them."""

    title: Final = Text(de="Freigaben", en="Promotions")
    intro: Final = Text(
        de="Eine Kreditrichtlinie oder ein Modell tritt in Kraft, wenn eine Person es beantragt und eine andere es "
        "freigibt.",
        en="A policy or a model comes into force when one person requests it and another one approves it.",
    )
    all: Final = Text(de="Zur Liste der Freigaben", en="To the list of promotions")
    one: Final = Text(de="Freigabe: {name}", en="Promotion: {name}")
    table: Final = Text(de="Anträge, neueste zuerst", en="Requests, newest first")
    none: Final = Text(de="Bisher wurde nichts beantragt.", en="Nothing has been requested yet.")
    kind: Final = Text(de="Art", en="Kind")
    kinds: Final = MappingProxyType(
        {"policy": Text(de="Kreditrichtlinie", en="Policy"), "model": Text(de="Modell", en="Model")}
    )
    name: Final = Text(de="Version", en="Version")
    whose: Final = Text(de="Für", en="For")
    everyone: Final = Text(de="alle Kreditgeber", en="all lenders")
    state: Final = Text(de="Stand", en="State")
    states: Final = MappingProxyType(
        {
            "requested": Text(de="wartet auf Freigabe", en="waits for approval"),
            "approved": Text(de="freigegeben", en="approved"),
            "rejected": Text(de="abgelehnt", en="rejected"),
            "withdrawn": Text(de="zurückgezogen", en="withdrawn"),
            "superseded": Text(de="durch einen neueren Antrag ersetzt", en="replaced by a newer request"),
            "expired": Text(de="abgelaufen", en="expired"),
            "rolled_back": Text(de="freigegeben und zurückgenommen", en="approved and rolled back"),
        }
    )
    requested: Final = Text(de="Beantragt", en="Requested")
    by: Final = Text(de="{moment}, {name}", en="{moment}, {name}")
    ended: Final = Text(de="Beendet", en="Ended")
    undone: Final = Text(de="Zurückgenommen", en="Rolled back")
    until: Final = Text(de="Freigabe möglich bis", en="Can be approved until")
    reason: Final = Text(de="Begründung", en="Reason")
    replaces: Final = Text(de="Ersetzt", en="Replaces")
    digest: Final = Text(de="SHA-256", en="SHA-256")
    taken_up: Final = Text(
        de="Laufende Dienste übernehmen das innerhalb von Sekunden.",
        en="Running services take it up within seconds.",
    )
    changes: Final = Text(de="Was sich ändert", en="What changes")
    key: Final = Text(de="Schlüssel", en="Key")
    before: Final = Text(de="bisher", en="before")
    after: Final = Text(de="künftig", en="after")
    absent: Final = Text(de="fehlt", en="absent")
    warnings: Final = Text(de="Hinweise der Prüfung", en="Warnings of the check")
    gates: Final = Text(de="Bestandene Prüfungen des Modells", en="Gates that the model passed")
    backtest: Final = Text(de="Gespeicherte Anträge, neu entschieden", en="Stored applications, decided again")
    counted: Final = Text(
        de="{count} Kreditanträge seit {day}, jeder zuvor bitgenau nachgerechnet; {left_out} ausgelassen. "
        "Verlust bei Ausfall: {lgd} des Kredits.",
        en="{count} applications since {day}, each replayed bit for bit before; {left_out} left out. "
        "Loss given default: {lgd} of the loan.",
    )
    left_out_because: Final = Text(de="{count} ausgelassen", en="{count} left out")
    no_person: Final = Text(
        de="Keine natürliche Person wurde verglichen. Was sich für natürliche Personen ändern würde, ist nicht"
        " bekannt.",
        en="No natural person was compared. What would change for natural persons is not known.",
    )
    too_few: Final = Text(
        de="Kein gespeicherter Antrag konnte neu entschieden werden. Es ist nicht bekannt, was sich ändern würde.",
        en="No stored application could be decided again. What would change is not known.",
    )
    side: Final = Text(de="Empfehlung", en="Recommendation")
    share: Final = Text(de="{percent} ({count})", en="{percent} ({count})")
    exposure: Final = Text(de="zur Zusage empfohlene Summe", en="sum recommended for approval")
    expected_loss: Final = Text(de="erwarteter Verlust", en="expected loss")
    plot: Final = Text(
        de="Anteile der Empfehlungen bisher und künftig; die Tabelle darunter nennt sie.",
        en="Shares of the recommendations before and after; the table below has them.",
    )
    swaps: Final = Text(de="Wer anders empfohlen würde", en="Who would be recommended otherwise")
    swap: Final = Text(de="von {before} zu {after}", en="from {before} to {after}")
    movers: Final = Text(de="Anträge Ihres Hauses", en="Applications of your organisation")
    no_movers: Final = Text(de="keiner", en="none")
    decision: Final = Text(de="Entscheidung", en="Decision")
    why: Final = Text(de="Gründe, die hinzukommen (+) oder entfallen (-)", en="Causes that come (+) or go (-)")
    text: Final = Text(de="Text der Kreditrichtlinie", en="Text of the policy")
    decide: Final = Text(de="Entscheiden", en="Decide")
    your_reason: Final = Text(de="Ihre Begründung", en="Your reason")
    approve: Final = Text(de="Freigeben", en="Approve")
    reject: Final = Text(de="Ablehnen", en="Reject")
    withdraw: Final = Text(de="Zurückziehen", en="Withdraw")
    roll_back: Final = Text(de="Zurücknehmen", en="Roll back")
    roll_back_title: Final = Text(de="Freigabe zurücknehmen", en="Roll back the approval")
    roll_back_hint: Final = Text(
        de="Danach gilt wieder, was zuvor in Kraft war. Das darf eine Person allein, innerhalb von 14 Tagen und nur"
        " einen Schritt zurück. Um es wieder in Kraft zu setzen, braucht es einen neuen Antrag und zwei Personen.",
        en="What was in force before is in force again. One person may do so within 14 days, one step back. Putting it"
        " in force again takes a new request and two persons.",
    )
    other_person: Final = Text(
        de="Sie haben dies beantragt: Eine andere Person gibt es frei oder lehnt es ab.",
        en="You have requested this: another person approves or rejects it.",
    )
    ask: Final = Text(de="Beantragen", en="Request")
    ask_title: Final = Text(de="Neuer Antrag", en="New request")
    ask_hint: Final = Text(
        de="Fügen Sie den Text einer Kreditrichtlinie ein, oder nennen Sie ein Modell. Die neuesten 100 Anträge der "
        "letzten 90 Tage werden neu entschieden; das dauert einige Sekunden.",
        en="Paste the text of a policy, or name a model. The newest 100 applications of the last 90 days are decided "
        "again, which takes some seconds.",
    )
    policy_text: Final = Text(de="Kreditrichtlinie (TOML)", en="Policy (TOML)")
    model: Final = Text(de="oder Modell (Name/Version)", en="or model (name/version)")
    own: Final = Text(de="nur für mein Haus", en="for my organisation alone")
    more: Final = Text(de="Weitere", en="More")
    pages: Final = Text(de="Seiten der Liste", en="Pages of the list")
    done: Final = MappingProxyType(
        {
            "requested": Text(
                de="Beantragt. Eine andere Person muss es freigeben.", en="Requested. Another person has to approve it."
            ),
            "approved": Text(de="Freigegeben.", en="Approved."),
            "rejected": Text(de="Abgelehnt.", en="Rejected."),
            "withdrawn": Text(de="Zurückgezogen.", en="Withdrawn."),
            "rolled_back": Text(de="Zurückgenommen.", en="Rolled back."),
        }
    )
    problems: Final = MappingProxyType(
        {
            "no_person": Text(de="Das darf nur eine Person tun.", en="Only a person may do this."),
            "requester": Text(
                de="Wer den Antrag gestellt hat, entscheidet nicht darüber.",
                en="Who made the request does not decide on it.",
            ),
            "not_the_requester": Text(
                de="Zurückziehen kann nur, wer den Antrag gestellt hat.", en="Only who made the request withdraws it."
            ),
            "ended": Text(
                de="Dieser Schritt ist bei diesem Antrag nicht mehr möglich:",
                en="The request does not admit this step any more:",
            ),
            "overtaken": Text(
                de="Zur selben Zeit wurde ein anderer Antrag gestellt.", en="Another request was made at the same time."
            ),
            "unfit": Text(de="So kann das nicht in Kraft treten:", en="This must not come into force:"),
            "role": Text(de="Dafür fehlt Ihnen die Rolle.", en="You do not have the role for this."),
            "no_reason": Text(de="Bitte begründen Sie das.", en="Please give a reason."),
            "no_choice": Text(
                de="Bitte geben Sie entweder eine Kreditrichtlinie oder ein Modell an.",
                en="Please give either a policy or a model.",
            ),
        }
    )
    not_done: Final = Text(de="Es wurde nichts geändert.", en="Nothing was changed.")
