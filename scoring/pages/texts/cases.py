"""Texts of the queue of cases and of the page of each."""

from types import MappingProxyType
from typing import Final

from features.feature import Text
from scoring.texts.codes import REVIEW_REASONS, STEP_KINDS


class CasePage:
    """Queue, facts, steps, forms, and why something is refused."""

    title: Final = Text(de="Fälle", en="Cases")
    one: Final = Text(de="Fall: {borrower}", en="Case: {borrower}")
    all: Final = Text(de="Zur Liste der Fälle", en="To the queue")
    erased: Final = Text(de="gelöscht", en="erased")
    filter: Final = Text(de="Filtern", en="Filter")
    apply: Final = Text(de="Anwenden", en="Apply")
    reset: Final = Text(de="Alle anzeigen", en="Show all")
    unended: Final = Text(de="nicht beendet", en="not ended")
    others: Final = Text(de="Alle Fälle dieses Kreditnehmers", en="All cases of this borrower")
    any: Final = Text(de="alle", en="any")
    desk: Final = Text(de="Für wen", en="For whom")
    desks: Final = MappingProxyType(
        {
            "mine": Text(de="für mich", en="mine"),
            "team": Text(de="mein Team", en="my team"),
            "free": Text(de="frei, und ich darf prüfen", en="free, and I may review"),
        }
    )
    state: Final = Text(de="Stand", en="State")
    states: Final = MappingProxyType(
        {
            "open": Text(de="offen", en="open"),
            "waiting": Text(de="wartet auf den Antragsteller", en="waits for the applicant"),
            "second_vote": Text(de="wartet auf das Zweitvotum", en="waits for the second vote"),
            "decided": Text(de="entschieden", en="decided"),
            "withdrawn": Text(de="zurückgezogen", en="withdrawn"),
            "expired": Text(de="abgelaufen", en="expired"),
        }
    )
    borrower: Final = Text(de="Kreditnehmer", en="Borrower")
    product: Final = Text(de="Produkt", en="Product")
    sort: Final = Text(de="Reihenfolge", en="Order")
    sorts: Final = MappingProxyType(
        {
            "due": Text(de="fällig zuerst", en="due first"),
            "newest": Text(de="neueste zuerst", en="newest first"),
            "amount": Text(de="höchster Betrag zuerst", en="highest amount first"),
        }
    )
    table: Final = Text(de="Fälle in der gewählten Reihenfolge", en="Cases in the chosen order")
    amount: Final = Text(de="Beantragt", en="Asked for")
    age: Final = Text(de="Eröffnet", en="Opened")
    due: Final = Text(de="Zu entscheiden bis", en="To be decided by")
    late: Final = Text(de="überfällig", en="late")
    holder: Final = Text(de="Bearbeitung", en="Who works on it")
    on_desk: Final = Text(de="zugewiesen an {name}", en="on the desk of {name}")
    nobody: Final = Text(de="niemand", en="nobody")
    claim: Final = Text(de="Übernehmen", en="Claim")
    claim_of: Final = Text(de="Übernehmen: {borrower}", en="Claim: {borrower}")
    release: Final = Text(de="Bearbeitung abgeben", en="Release")
    none: Final = Text(de="Kein Fall passt zu diesem Filter.", en="No case matches this filter.")
    damaged: Final = Text(
        de="Diese Fälle wurden in der Datenbank verändert und können nicht angezeigt werden. Bitte melden Sie sie der"
        " Systemadministration:",
        en="These cases were altered in the database and cannot be shown. Please report them to your administrator:",
    )
    more: Final = Text(de="Weitere Fälle", en="More cases")
    first: Final = Text(de="Zum Anfang", en="Back to the start")
    pages: Final = Text(de="Seiten", en="Pages")
    wrong: Final = Text(
        de="Die Adresse enthält unbekannte oder ungültige Angaben. Bitte verwenden Sie das Formular.",
        en="The address contains unknown or invalid parameters. Please use the form.",
    )
    contents: Final = Text(de="Inhalt", en="Contents")
    application: Final = Text(de="Antrag", en="Application")
    term: Final = Text(de="Laufzeit", en="Term")
    legal_form: Final = Text(de="Rechtsform", en="Legal form")
    purpose: Final = Text(de="Verwendungszweck", en="Purpose")
    opened: Final = Text(de="Eröffnet", en="Opened")
    expires: Final = Text(de="Läuft ab nach dem", en="Expires after")
    valid: Final = Text(de="Entscheidung gültig bis", en="Decision valid until")
    valid_over: Final = Text(
        de="Die Entscheidung des Systems ist abgelaufen. Für eine Zusage ist zuerst ein neuer Antrag zu diesem Fall"
        " nötig; ablehnen können Sie jederzeit.",
        en="The machine's decision has expired. An approval needs a new application in this case first; you can decline"
        " at any time.",
    )
    resolution: Final = Text(de="Ergebnis", en="Result")
    resolution_until: Final = Text(de="gültig bis {day}", en="valid until {day}")
    by_person: Final = Text(de="von Menschen entschieden", en="decided by persons")
    by_machine: Final = Text(de="vom System entschieden", en="decided by the machine")
    escalated: Final = Text(
        de="Die Voten weichen voneinander ab. Es entscheidet, wer eine höhere Kompetenz hat als beide.",
        en="The votes differ. Somebody with a higher limit than both decides.",
    )
    data: Final = Text(de="Daten und ihre Qualität", en="Data and their quality")
    reasons: Final = Text(de="Was die Bücher zeigen", en="What the books show")
    reasons_none: Final = Text(de="Es gibt keinen Score.", en="There is no score.")
    reliability: Final = Text(de="Wie verlässlich die Bücher sind", en="How far the books can be relied on")
    changes_link: Final = Text(
        de="Was die Entscheidung ändern würde, und was zugesagt würde",
        en="What would change the decision, and what would be approved",
    )
    effects_link: Final = Text(de="Was offene Rechnungen am Score ändern", en="What open invoices do to the score")
    effects: Final = Text(
        de="Wie sich der Score ändern würde. Was das System empfiehlt, steht hier nicht: Es erscheint nach dem ersten"
        " Votum.",
        en="How the score would change. What the machine recommends is not told here: it appears after the first vote.",
    )
    effects_none: Final = Text(
        de="Es gibt nichts Überfälliges, dessen Zahlung den Score bewegt, oder keinen Score.",
        en="Nothing is overdue whose payment moves the score, or there is no score.",
    )
    points: Final = Text(de="{points} Punkte", en="{points} points")
    case: Final = Text(de="Zum Fall", en="Back to the case")
    notes_none: Final = Text(de="Keine weiteren Hinweise zu den Daten.", en="No further remarks on the data.")
    machine: Final = Text(de="Was das System empfiehlt", en="What the machine recommends")
    machine_hidden: Final = Text(
        de="Die Empfehlung erscheint hier nach dem ersten Votum. Auf der Seite der Entscheidung steht sie schon jetzt;"
        " im Votum wird vermerkt, ob Sie sie vorher geöffnet haben.",
        en="The recommendation appears here after the first vote. The page of the decision has it already; the vote"
        " notes whether you opened that page before.",
    )
    decision: Final = Text(de="Seite der Entscheidung", en="Page of the decision")
    gone: Final = Text(
        de="Die Entscheidung ist nicht mehr lesbar: Sie wurde gelöscht oder beschädigt.",
        en="The decision cannot be read any more: it was erased or damaged.",
    )
    score: Final = Text(de="Score", en="Score")
    limit: Final = Text(de="Höchstbetrag", en="Maximum")
    rate: Final = Text(de="Zins pro Jahr", en="Interest per year")
    review: Final = Text(de="Ihre Prüfung", en="Your review")
    vote: Final = Text(de="Votum", en="Vote")
    verdict: Final = Text(de="Ihr Votum lautet", en="You vote for")
    reason: Final = Text(de="Grund", en="Reason")
    choose: Final = Text(de="bitte wählen", en="please choose")
    review_reasons: Final = REVIEW_REASONS
    terms: Final = Text(de="Bedingungen einer Zusage", en="Terms of an approval")
    amount_euro: Final = Text(de="Betrag in Euro", en="Amount in euro")
    term_months: Final = Text(de="Laufzeit in Monaten", en="Term in months")
    rate_percent: Final = Text(de="Zins pro Jahr in Prozent", en="Interest per year in percent")
    text: Final = Text(de="Begründung", en="Explanation")
    text_hint: Final = Text(
        de="Für Kollegen und Revision. Der Kreditnehmer erhält sie mit einer Auskunft nach Art. 15 DSGVO.",
        en="For colleagues and auditors. The borrower receives it with access under Art. 15 GDPR.",
    )
    send_vote: Final = Text(de="Verbindlich abstimmen", en="Vote, for good")
    second_vote_follows: Final = Text(
        de="Ab {amount} ist ein Zweitvotum der Marktfolge nötig.",
        en="From {amount} on, a second vote of the back office is needed.",
    )
    your_limit: Final = Text(de="Ihre Kompetenz: bis {amount}", en="Your limit: up to {amount}")
    further: Final = Text(de="Weiteres", en="More")
    comment: Final = Text(de="Notiz", en="Comment")
    send_comment: Final = Text(de="Notiz speichern", en="Save the comment")
    applicant: Final = Text(de="Antragsteller", en="the applicant")
    documents: Final = Text(de="Unterlagen", en="Documents")
    media_types: Final = MappingProxyType(
        {
            "application/pdf": Text(de="PDF", en="PDF"),
            "image/jpeg": Text(de="Bild", en="picture"),
            "image/png": Text(de="Bild", en="picture"),
        }
    )
    kilobytes: Final = Text(de="{size} KB", en="{size} KB")
    contested: Final = Text(
        de="Der Antragsteller hat Einwände gegen die Entscheidung (Art. 22 Abs. 3 DSGVO). Antworten Sie ihm bis {day}.",
        en="The applicant contests the decision (Art. 22(3) GDPR). Answer it by {day}.",
    )
    wants_talk: Final = Text(
        de="Er möchte vorher mit einem Menschen sprechen.", en="It wants to talk to a person first."
    )
    link_made: Final = Text(de="Link für den Antragsteller", en="Link for the applicant")
    link_once: Final = Text(
        de="Kopieren Sie ihn jetzt, und schicken Sie ihn dem Antragsteller. Er wird nur dieses eine Mal angezeigt; wer"
        " ihn hat, kann antworten.",
        en="Copy it now and send it to the applicant. It is shown this once; whoever has it can answer.",
    )
    link_open: Final = MappingProxyType(
        {
            "inquiry": Text(
                de="Der Antragsteller kann bis {day} mit einem Link antworten.",
                en="The applicant can answer with a link until {day}.",
            ),
            "contest": Text(
                de="Der Antragsteller kann die Entscheidung bis {day} mit einem Link überprüfen lassen.",
                en="The applicant can contest the decision with a link until {day}.",
            ),
        }
    )
    inquiry: Final = Text(de="Den Antragsteller mit einem Link fragen", en="Ask the applicant with a link")
    inquiry_hint: Final = Text(
        de="Er antwortet auf einer eigenen Seite und kann dort Unterlagen schicken. Der Fall wartet so lange.",
        en="It answers on a page of its own and can send documents there. The case waits until then.",
    )
    item: Final = Text(de="{number}. Bitte", en="Request {number}")
    item_kind: Final = Text(de="Worum es geht", en="What it is about")
    item_none: Final = Text(de="keine weitere", en="no further one")
    item_kinds: Final = MappingProxyType(
        {
            "explanation": Text(de="Erklärung", en="explanation"),
            "corrected_booking": Text(de="berichtigte Buchung", en="corrected booking"),
            "document": Text(de="Unterlage", en="document"),
            "new_connection": Text(de="neue Verbindung", en="new connection"),
        }
    )
    item_text: Final = Text(de="Text für den Antragsteller", en="Text for the applicant")
    item_numbers: Final = Text(de="Nummern der Belege, mit Komma", en="Numbers of documents, with commas")
    link_language: Final = Text(de="Sprache der Seite", en="Language of the page")
    link_languages: Final = MappingProxyType(
        {"de": Text(de="Deutsch", en="German"), "en": Text(de="Englisch", en="English")}
    )
    link_days: Final = Text(de="Gültig für Tage", en="Valid for days")
    decides_again: Final = Text(
        de="Nach der Antwort von selbst neu entscheiden lassen, mit den Büchern von dann",
        en="Decide again by itself after the answer, on the books as they are then",
    )
    sender: Final = Text(de="Absender auf der Seite", en="Sender on the page")
    sender_name: Final = Text(de="Name Ihres Hauses", en="Name of your organisation")
    sender_url: Final = Text(de="Adresse der Datenschutzhinweise", en="Address of the privacy notice")
    sender_email: Final = Text(de="E-Mail für Datenschutz", en="E-mail for privacy")
    send_inquiry: Final = Text(de="Link erstellen", en="Make the link")
    again: Final = Text(de="Neu entscheiden", en="Decide again")
    again_hint: Final = Text(
        de="Derselbe Antrag, die Bücher von jetzt. Die neue Entscheidung des Systems steht dann in diesem Fall; Ihre"
        " Prüfung ersetzt sie nicht.",
        en="The same application, the books as they are now. The machine's new decision is then in this case; it does"
        " not replace your review.",
    )
    again_iban: Final = Text(de="IBAN der Auszahlung", en="IBAN of the pay-out")
    again_iban_hint: Final = Text(
        de="Sie wird nicht gespeichert. Ohne sie wird nicht geprüft, ob das Konto der Firma gehört.",
        en="It is not stored. Without it, nothing checks whether the account is the firm's.",
    )
    send_again: Final = Text(de="Bücher lesen und neu entscheiden", en="Read the books and decide again")
    contest_link: Final = Text(de="Link zum Überprüfen der Entscheidung", en="Link to contest the decision")
    contest_link_hint: Final = Text(
        de="Für die Mitteilung an den Antragsteller. Er gilt 90 Tage; ein älterer gilt dann nicht mehr.",
        en="For your notice to the applicant. It is valid for 90 days; an older one no longer is.",
    )
    send_contest_link: Final = Text(de="Link erstellen", en="Make the link")
    ask: Final = Text(de="Frage, die Sie anders gestellt haben", en="Question that you asked in another way")
    ask_hint: Final = Text(
        de="Notieren Sie, was Sie gefragt haben. Von hier aus wird nichts versandt.",
        en="Write down what you asked. Nothing is sent from here.",
    )
    send_ask: Final = Text(de="Auf Antwort warten", en="Wait for the answer")
    answer: Final = Text(de="Antwort des Antragstellers", en="The applicant's answer")
    send_answer: Final = Text(de="Antwort erfassen", en="Note the answer")
    assign: Final = Text(de="Zuweisen an", en="Put on the desk of")
    send_assign: Final = Text(de="Zuweisen", en="Assign")
    reopen: Final = Text(de="Warum neu prüfen", en="Why look again")
    send_reopen: Final = Text(de="Neu prüfen", en="Look again")
    withdraw: Final = Text(de="Rücknahme durch den Antragsteller", en="Withdrawal by the applicant")
    send_withdraw: Final = Text(de="Antrag zurückziehen", en="Withdraw the application")
    snoozes: Final = Text(de="Ausgesetzte Regeln", en="Rules set aside")
    snooze_hint: Final = Text(
        de="Für neue Entscheidungen zu diesem Kreditnehmer führt die Regel bis zu dem Tag nicht mehr zur manuellen"
        " Prüfung. Eine zweite Person muss es bestätigen.",
        en="Until that day, new decisions on this borrower are not referred by the rule. A second person has to confirm"
        " it.",
    )
    snooze_rule: Final = Text(de="Regel", en="Rule")
    snooze_until: Final = Text(de="Letzter Tag (höchstens 90 Tage)", en="Last day (at most 90 days)")
    snooze_said: Final = Text(
        de="{rule}, bis {day}: {state}; beantragt von {by}", en="{rule}, until {day}: {state}; asked for by {by}"
    )
    snooze_states: Final = MappingProxyType(
        {
            "asked": Text(de="wartet auf die zweite Person", en="waits for the second person"),
            "in_force": Text(de="ausgesetzt", en="set aside"),
            "ended": Text(de="beendet", en="ended"),
            "over": Text(de="abgelaufen", en="over"),
        }
    )
    send_snooze: Final = Text(de="Aussetzen beantragen", en="Ask to set it aside")
    confirm_snooze: Final = Text(de="Bestätigen", en="Confirm")
    end_snooze: Final = Text(de="Beenden", en="End")
    snooze_about: Final = Text(de="zu Schritt {number}", en="about step {number}")
    steps: Final = Text(de="Verlauf", en="Steps")
    service: Final = Text(de="Dienst", en="the service")
    kinds: Final = STEP_KINDS
    guarantors: Final = Text(de="Bürgen", en="Guarantors")
    guarantor_name: Final = Text(de="Name", en="Name")
    birth_date: Final = Text(de="Geburtsdatum", en="Date of birth")
    birth_date_optional: Final = Text(de="Geburtsdatum (nur wenn nötig)", en="Date of birth (only if needed)")
    address: Final = Text(de="Anschrift", en="Address")
    address_optional: Final = Text(de="Anschrift (für den Vertrag)", en="Address (for the contract)")
    consented_on: Final = Text(de="Eingewilligt am", en="Consented on")
    guarantor_named_at: Final = Text(de="Benannt", en="Named")
    guarantor_released_at: Final = Text(de="Entlassen", en="Released")
    name_guarantor: Final = Text(de="Bürgen benennen", en="Name a guarantor")
    send_guarantor: Final = Text(de="Benennen", en="Name")
    release_guarantor: Final = Text(de="Bürgen entlassen", en="Release the guarantor")
    guarantor_hint: Final = Text(
        de="Die Person muss eingewilligt haben. Ihre Angaben sind mit einem eigenen Schlüssel verschlüsselt. Sie kann"
        " selbst Auskunft und Löschung verlangen.",
        en="The person must have consented. What you enter is encrypted with a key of its own. The person may ask for"
        " access and erasure by itself.",
    )
    to: Final = Text(de="an {name}", en="to {name}")
    voted_for: Final = Text(de="{verdict}: {reason}", en="{verdict}: {reason}")
    voted_terms: Final = Text(de="{amount}, {months} Monate, {rate}", en="{amount}, {months} months, {rate}")
    override: Final = Text(de="Abweichung von der Empfehlung", en="override of the recommendation")
    minutes: Final = Text(de="{count} Minuten nach der Übernahme", en="{count} minutes after the claim")
    had_read: Final = MappingProxyType(
        {
            "yes": Text(de="Empfehlung vorher gelesen", en="recommendation read before"),
            "no": Text(de="Empfehlung vorher nicht gelesen", en="recommendation not read before"),
        }
    )
    done: Final = MappingProxyType(
        {
            "claim": Text(de="Sie bearbeiten diesen Fall.", en="You work on this case."),
            "release": Text(de="Der Fall ist frei.", en="The case is free."),
            "assign": Text(de="Der Fall ist zugewiesen.", en="The case is assigned."),
            "guarantor": Text(de="Der Bürge ist benannt.", en="The guarantor is named."),
            "release-guarantor": Text(de="Der Bürge ist entlassen.", en="The guarantor is released."),
            "comment": Text(de="Die Notiz ist gespeichert.", en="The comment is saved."),
            "ask": Text(de="Der Fall wartet auf den Antragsteller.", en="The case waits for the applicant."),
            "answer": Text(de="Die Antwort ist erfasst.", en="The answer is noted."),
            "vote": Text(de="Ihr Votum ist gespeichert und signiert.", en="Your vote is stored and signed."),
            "reopen": Text(de="Der Fall ist wieder offen.", en="The case is open again."),
            "withdraw": Text(de="Der Fall ist zurückgezogen.", en="The case is withdrawn."),
            "again": Text(de="Es wurde neu entschieden.", en="It was decided again."),
            "snooze": Text(
                de="Beantragt. Eine zweite Person muss es bestätigen.",
                en="Asked for. A second person has to confirm it.",
            ),
            "snooze-confirm": Text(de="Die Regel ist ausgesetzt.", en="The rule is set aside."),
            "snooze-end": Text(de="Die Regel gilt wieder.", en="The rule is in force again."),
        }
    )
    not_done: Final = Text(de="Es wurde nichts gespeichert.", en="Nothing was stored.")
    problems: Final = MappingProxyType(
        {
            "no_guarantor": Text(
                de="Bitte Namen und Tag der Einwilligung angeben; kein Tag darf in der Zukunft liegen.",
                en="Please enter the name and the day of the consent; no day may be in the future.",
            ),
            "unknown_guarantor": Text(
                de="Diesen Bürgen hat der Fall nicht, oder er ist schon entlassen.",
                en="The case has no such guarantor, or it was released before.",
            ),
            "ended": Text(de="Der Fall ist beendet.", en="The case has ended."),
            "not_ended": Text(de="Der Fall ist noch nicht beendet.", en="The case has not ended yet."),
            "withdrawn": Text(
                de="Der Fall wurde zurückgezogen. Ein neuer Antrag eröffnet einen neuen.",
                en="The case was withdrawn. A new application opens a new one.",
            ),
            "waiting": Text(
                de="Der Fall wartet auf den Antragsteller. Erfassen Sie zuerst die Antwort.",
                en="The case waits for the applicant. Note the answer first.",
            ),
            "not_waiting": Text(
                de="Der Fall wartet nicht auf den Antragsteller.", en="The case does not wait for the applicant."
            ),
            "no_person": Text(de="Das darf nur ein Mensch.", en="Only a person may do this."),
            "requester": Text(
                de="Wer die Entscheidung angefordert hat, prüft sie nicht. Bitte geben Sie den Fall weiter.",
                en="Who asked for the decision does not review it. Please pass the case on.",
            ),
            "voted_before": Text(
                de="Sie haben Ihr Votum bereits abgegeben. Das nächste Votum gibt jemand anderes ab.",
                en="You have voted already. The next vote is another person's.",
            ),
            "not_claimed": Text(de="Übernehmen Sie den Fall zuerst.", en="Claim the case first."),
            "claimed_by_another": Text(
                de="Jemand anderes bearbeitet diesen Fall.", en="Somebody else works on this case."
            ),
            "not_the_holder": Text(
                de="Abgeben darf den Fall nur, wer ihn bearbeitet, sonst Vorgesetzte und die Administration.",
                en="Only who works on the case, a superior or an administrator can release it.",
            ),
            "loan_granted": Text(
                de="Zu diesem Fall ist ein Kredit gewährt, seine Bedingungen stehen fest. Für eine Bürgschaft: neu"
                " entscheiden, den Bürgen benennen und auf die neue Entscheidung gewähren.",
                en="A loan was granted on this case, and its conditions are settled. To have a guarantee, decide"
                " again, name the guarantor, and grant on the new decision.",
            ),
            "no_authority": Text(
                de="Sie haben keine Kompetenz für dieses Produkt.", en="You have no authority over this product."
            ),
            "above_limit": Text(
                de="Der Betrag liegt über Ihrer Kompetenz. Was dem Kreditnehmer schon zugesagt ist und was er noch"
                " schuldet, zählt mit.",
                en="The amount is above your limit. What stands approved for the borrower, or is owed, counts, too.",
            ),
            "front_office_first": Text(
                de="Ist ein Zweitvotum nötig, kommt das erste Votum aus dem Markt.",
                en="Where a second vote is needed, the first comes from the front office.",
            ),
            "back_office_second": Text(
                de="Das Zweitvotum kommt aus der Marktfolge.", en="The second vote comes from the back office."
            ),
            "same_line": Text(
                de="Das Zweitvotum kommt von außerhalb der Berichtslinie des ersten.",
                en="The second vote comes from outside of the first voter's reporting line.",
            ),
            "not_higher": Text(
                de="Die Voten weichen voneinander ab, oder der Kredit wurde schon einmal abgelehnt. Zusagen kann nur,"
                " wer eine höhere Kompetenz hat als alle, die bisher votiert haben, oder wer selbst abgelehnt hat.",
                en="The votes differ, or the loan was declined before. Only somebody with a higher limit than all who"
                " have voted can approve it, or who declined it.",
            ),
            "decision_expired": Text(
                de="Die Entscheidung des Systems ist abgelaufen. Stellen Sie zu diesem Fall einen neuen Antrag, oder"
                " lehnen Sie ab.",
                en="The machine's decision has expired. Apply again in this case, or decline.",
            ),
            "asked_before": Text(
                de="Sie haben es beantragt: Eine andere Person muss es bestätigen.",
                en="You asked for it: another person has to confirm it.",
            ),
            "no_snooze": Text(
                de="Diesen Antrag gibt es nicht, oder er ist beendet.", en="There is no such request, or it has ended."
            ),
            "rule_misfit": Text(
                de="Diese Regel kann nicht ausgesetzt werden, oder sie griff in der letzten Entscheidung nicht.",
                en="This rule cannot be set aside, or it did not refer in the newest decision.",
            ),
            "until_misfit": Text(
                de="Der letzte Tag muss nach heute und innerhalb von 90 Tagen liegen.",
                en="The last day must be after today, and within 90 days.",
            ),
            "no_day": Text(de="Bitte geben Sie einen Tag an.", en="Please enter a day."),
            "reason_misfit": Text(
                de="Bitte wählen Sie einen Grund, der zu Ihrem Votum passt.",
                en="Please choose a reason that fits your vote.",
            ),
            "terms_misfit": Text(
                de="Betrag, Laufzeit oder Zins passen nicht zu dem Produkt, oder sie fehlen.",
                en="Amount, term or interest do not fit the product, or are missing.",
            ),
            "full": Text(
                de="Dieser Fall nimmt keine weiteren Notizen und Rückfragen auf: Er hat schon hundert Schritte.",
                en="This case takes no further comments and questions: it has a hundred steps.",
            ),
            "restricted": Text(
                de="Die Verarbeitung der Daten dieses Kreditnehmers ist eingeschränkt, oder sie wurden gelöscht.",
                en="The data of this borrower may only be kept, or were erased.",
            ),
            "moved": Text(
                de="Jemand war schneller. Bitte lesen Sie den neuen Stand, und entscheiden Sie noch einmal.",
                en="Somebody was quicker. Please read what is new, and decide once more.",
            ),
            "no_text": Text(
                de="Bitte schreiben Sie einen Text mit höchstens 2000 Zeichen.",
                en="Please write a text of at most 2000 characters.",
            ),
            "no_number": Text(
                de="Bitte geben Sie Betrag, Laufzeit und Zins als Zahlen an, zum Beispiel 15.000,00 und 12 und 6,90.",
                en="Please enter amount, term and interest as numbers, such as 15,000.00 and 12 and 6.90.",
            ),
            "no_item": Text(
                de="Bitte wählen Sie mindestens eine Bitte, und schreiben Sie zu jeder einen Text. Eine berichtigte"
                " Buchung braucht Nummern von Belegen.",
                en="Please choose at least one request, and write a text for each. A corrected booking needs numbers of"
                " documents.",
            ),
            "no_days": Text(
                de="Bitte geben Sie an, wie viele Tage der Link gilt: 1 bis 60.",
                en="Please enter for how many days the link is valid: 1 to 60.",
            ),
            "no_sender": Text(
                de="Bitte geben Sie Namen, Adresse der Datenschutzhinweise (https://…) und E-Mail an.",
                en="Please enter name, address of the privacy notice (https://…) and e-mail.",
            ),
            "no_iban": Text(de="Das ist keine gültige IBAN.", en="This is not a valid IBAN."),
            "no_connection": Text(
                de="Es gibt keine Verbindung zu den Büchern, die noch gilt. Bitten Sie den Antragsteller um eine neue.",
                en="There is no connection to the books that still works. Ask the applicant for a new one.",
            ),
            "no_books": Text(
                de="Die Bücher konnten nicht gelesen werden. Versuchen Sie es später noch einmal.",
                en="The books could not be read. Please try again later.",
            ),
            "no_terms": Text(
                de="Die geltende Kreditrichtlinie kennt das Produkt oder die Bedingungen des Antrags nicht mehr.",
                en="The policy in force does not know the product or the terms of the application any more.",
            ),
            "no_choice": Text(de="Bitte wählen Sie Votum und Grund.", en="Please choose a vote and a reason."),
            "no_name": Text(
                de="Diese Person gibt es nicht, oder sie gehört nicht zu Ihrem Haus.",
                en="There is no such person in your organisation.",
            ),
        }
    )
