"""Texts of the list of loans, of a loan, and of the form that grants one."""

from types import MappingProxyType
from typing import Final

from features.feature import Text


class LoanPage:
    """Facts, conditions, plan, payments, entries, and why something is refused."""

    title: Final = Text(de="Kredite", en="Loans")
    one: Final = Text(de="Kredit {loan}: {borrower}", en="Loan {loan}: {borrower}")
    all: Final = Text(de="Zur Liste der Kredite", en="To the list of loans")
    of_case: Final = Text(de="Kredit zu diesem Fall", en="Loan on this case")
    case: Final = Text(de="Zum Fall", en="To the case")
    decision: Final = Text(de="Zur Entscheidung", en="To the decision")
    erased: Final = Text(de="gelöscht", en="erased")
    filter: Final = Text(de="Filtern", en="Filter")
    apply: Final = Text(de="Anwenden", en="Apply")
    reset: Final = Text(de="Alle anzeigen", en="Show all")
    any: Final = Text(de="alle", en="any")
    which: Final = Text(de="Auswahl", en="Which")
    whichs: Final = MappingProxyType(
        {"yes": Text(de="laufende", en="not ended"), "no": Text(de="beendete", en="ended")}
    )
    borrower: Final = Text(de="Kreditnehmer", en="Borrower")
    loan_ref: Final = Text(de="Kreditnummer", en="Loan number")
    table: Final = Text(de="Kredite, neueste zuerst", en="Loans, newest first")
    none: Final = Text(de="Es gibt keine solchen Kredite.", en="There are no such loans.")
    wrong: Final = Text(de="Der Filter kann so nicht gelesen werden.", en="The filter cannot be read as it is.")
    more: Final = Text(de="Ältere", en="Older")
    first: Final = Text(de="Zum Anfang", en="To the start")
    pages: Final = Text(de="Seiten", en="Pages")
    contents: Final = Text(de="Auf dieser Seite", en="On this page")

    status: Final = Text(de="Stand", en="Status")
    statuses: Final = MappingProxyType(
        {
            "granted": Text(de="gewährt, nicht ausgezahlt", en="granted, not paid out"),
            "running": Text(de="läuft", en="running"),
            "repaid": Text(de="zurückgezahlt", en="repaid"),
            "written_off": Text(de="abgeschrieben", en="written off"),
            "cancelled": Text(de="nicht in Anspruch genommen", en="cancelled"),
        }
    )
    granted_on: Final = Text(de="Gewährt am", en="Granted on")
    amount: Final = Text(de="Betrag", en="Amount")
    term: Final = Text(de="Laufzeit", en="Term")
    rate: Final = Text(de="Sollzinssatz p. a.", en="Rate per year")
    paid_out: Final = Text(de="Ausgezahlt", en="Paid out")
    paid: Final = Text(de="Gezahlt", en="Paid")
    unpaid: Final = Text(de="Offene Raten", en="Still to be paid")
    overdue: Final = Text(de="Davon überfällig", en="Overdue")
    days_past_due: Final = Text(de="Verzugstage", en="Days past due")
    written_off: Final = Text(de="Abgeschrieben", en="Written off")
    recovered: Final = Text(de="Eingänge nach Abschreibung", en="Recovered")
    overpaid: Final = Text(de="Überzahlung", en="Overpaid")
    defaulted_on: Final = Text(de="Ausgefallen am", en="Defaulted on")
    definition: Final = Text(de="nach der Definition {name}", en="by the definition {name}")

    grant: Final = Text(de="Kredit gewähren", en="Grant the loan")
    grant_title: Final = Text(de="Kredit gewähren: {borrower}", en="Grant a loan: {borrower}")
    grant_hint: Final = Text(
        de="Genehmigt sind höchstens {amount} für {months}, zu gewähren bis {day}.",
        en="Approved: {amount} at most for {months}, to be granted by {day}.",
    )
    not_granted: Final = Text(
        de="Zu diesem Fall gibt es keinen Kredit. Ohne gültige Genehmigung kann auch keiner gewährt werden.",
        en="There is no loan on this case, and none can be granted: no approval is in force.",
    )
    none_yet: Final = Text(de="Zu diesem Fall gibt es noch keinen Kredit.", en="There is no loan on this case yet.")
    ref_hint: Final = Text(
        de="Ihre eigene Nummer, zum Beispiel aus dem Kernbanksystem. Sie darf nur einmal vergeben werden.",
        en="Your own number, such as that of your core banking system. It stands for this loan alone.",
    )
    amount_euro: Final = Text(de="Betrag in Euro", en="Amount in euro")
    term_months: Final = Text(de="Laufzeit in Monaten", en="Term in months")
    rate_percent: Final = Text(de="Sollzinssatz in % p. a.", en="Rate in percent per year")
    happened_on: Final = Text(de="Datum", en="Day")

    conditions: Final = Text(de="Auszahlungsvoraussetzungen", en="Before pay-out")
    conditions_none: Final = Text(de="Es ist nichts zu bestätigen.", en="Nothing has to be confirmed.")
    conditions_open: Final = Text(
        de="Ausgezahlt wird erst, wenn alles bestätigt ist.", en="Nothing is paid out until all of it is confirmed."
    )
    condition: Final = MappingProxyType(
        {
            "identity": Text(de="Identität der Unterzeichner (§ 11 GwG)", en="Identity of who signs (§ 11 GwG)"),
            "beneficial_owner": Text(
                de="Wirtschaftlich Berechtigte (§ 3, § 11 GwG)", en="Beneficial owners (§ 3, § 11 GwG)"
            ),
            "register": Text(
                de="Registereintrag und Vertretungsmacht", en="Entry in the register, and who may represent the firm"
            ),
            "guarantee": Text(de="Bürgschaft unterschrieben", en="Guarantee signed"),
            "consumer_credit": Text(
                de="Pflichten bei Verbraucherdarlehen erfüllt", en="Duties of consumer credit are met"
            ),
            "insolvency_notices": Text(de="Keine Insolvenzbekanntmachungen", en="No notice of insolvency"),
            "contract": Text(de="Unterschriebener Kreditvertrag", en="Signed contract"),
        }
    )
    fresh: Final = Text(
        de="höchstens {days} alt am Tag der Auszahlung", en="at most {days} old on the day of the pay-out"
    )
    met_on: Final = Text(de="bestätigt zum {day}", en="confirmed as of {day}")
    is_open: Final = Text(de="offen", en="open")
    proof: Final = Text(de="Nachweis", en="Proof")
    proof_hint: Final = Text(
        de="Wo der Nachweis abgelegt ist, etwa eine Aktennummer. Der Kreditnehmer erhält den Text bei einer Auskunft.",
        en="Where it is, such as the number of a file. The borrower can ask to read it.",
    )
    confirm: Final = Text(de="Bestätigen", en="Confirm")
    confirm_of: Final = Text(de="Bestätigen: {condition}", en="Confirm: {condition}")

    plan: Final = Text(de="Tilgungsplan", en="Plan of instalments")
    plan_none: Final = Text(
        de="Es ist noch kein Tilgungsplan vereinbart. Gleich hohe Monatsraten ergeben sich aus Betrag, Zinssatz und"
        " Laufzeit; einen anderen Plan übernehmen Sie über die Schnittstelle oder aus einer Datei.",
        en="No plan is agreed yet. Equal monthly instalments follow from amount, rate and term; any other plan comes"
        " by the interface or a file.",
    )
    instalment: Final = Text(de="{count} Raten zu {amount}", en="{count} instalments of {amount}")
    first_on: Final = Text(de="Erste Rate am", en="First instalment on")
    send_plan: Final = Text(de="Tilgungsplan erfassen", en="Enter the plan")
    due_on: Final = Text(de="Fällig am", en="Due on")
    due: Final = Text(de="Rate", en="Instalment")
    settled: Final = Text(de="Beglichen", en="Settled")
    replaced: Final = Text(de="ersetzt am {day}", en="replaced on {day}")

    money: Final = Text(de="Zahlung erfassen", en="Enter a payment")
    kind: Final = Text(de="Art der Zahlung", en="What")
    moneys: Final = MappingProxyType(
        {
            "paid_out": Text(de="Auszahlung an den Kreditnehmer", en="Pay-out to the borrower"),
            "paid": Text(de="Zahlung des Kreditnehmers", en="Payment by the borrower"),
            "redeemed": Text(de="Ablösung der gesamten Restschuld", en="Redemption: all that was left at once"),
            "written_off": Text(de="Abschreibung", en="Write-off"),
            "recovered": Text(de="Eingang nach Abschreibung", en="Recovery after a write-off"),
        }
    )
    choose: Final = Text(de="Bitte wählen", en="Please choose")
    send_money: Final = Text(de="Erfassen", en="Enter")
    close: Final = Text(de="Akte schließen", en="Close the file")
    close_hint: Final = Text(
        de="Wenn nichts mehr geschuldet oder erwartet wird. Ein vollständig zurückgezahlter Kredit gilt ohne Weiteres"
        " als beendet.",
        en="Where nothing is owed or expected any more. A loan whose plan is paid ends by itself.",
    )

    entries: Final = Text(de="Erfasste Vorgänge", en="What was entered")
    kinds: Final = MappingProxyType(
        {
            "granted": Text(de="Kredit gewährt", en="Granted"),
            "condition_met": Text(de="Auszahlungsvoraussetzung bestätigt", en="Condition confirmed"),
            "planned": Text(de="Tilgungsplan", en="Plan"),
            "paid_out": Text(de="Auszahlung", en="Pay-out"),
            "paid": Text(de="Zahlung", en="Payment"),
            "redeemed": Text(de="Ablösung", en="Redemption"),
            "restructured": Text(de="Neuer Tilgungsplan", en="New plan"),
            "written_off": Text(de="Abschreibung", en="Write-off"),
            "recovered": Text(de="Eingang nach Abschreibung", en="Recovery"),
            "closed": Text(de="Akte geschlossen", en="File closed"),
            "removed": Text(de="Storno", en="Taken back"),
        }
    )
    corrected: Final = Text(de="gilt nicht mehr", en="does not count any more")
    instead_of: Final = Text(de="statt Eintrag {number}: {why}", en="in place of entry {number}: {why}")
    number: Final = Text(de="Eintrag {number}", en="Entry {number}")
    take_back: Final = Text(de="Stornieren", en="Take back")
    take_back_of: Final = Text(de="Eintrag {number} stornieren", en="Take back entry {number}")
    why: Final = Text(de="Grund", en="Why")
    whys: Final = MappingProxyType(
        {
            "wrong_amount": Text(de="falscher Betrag", en="wrong amount"),
            "wrong_day": Text(de="falsches Datum", en="wrong day"),
            "wrong_loan": Text(de="gehört zu einem anderen Kredit", en="belongs to another loan"),
            "entered_twice": Text(de="doppelt erfasst", en="entered twice"),
            "payment_returned": Text(de="Rücklastschrift", en="payment returned"),
            "other": Text(de="anderer Grund", en="another reason"),
        }
    )

    done: Final = MappingProxyType(
        {
            "grant": Text(de="Der Kredit ist gewährt.", en="The loan is granted."),
            "condition": Text(de="Die Auszahlungsvoraussetzung ist bestätigt.", en="The condition is confirmed."),
            "plan": Text(de="Der Tilgungsplan ist erfasst.", en="The plan is entered."),
            "money": Text(de="Die Zahlung ist erfasst.", en="The payment is entered."),
            "close": Text(de="Die Akte ist geschlossen.", en="The file is closed."),
            "removal": Text(de="Der Eintrag ist storniert.", en="The entry is taken back."),
        }
    )
    not_done: Final = Text(
        de="Es wurde nichts gespeichert. Ihre Eingaben stehen noch im Formular.",
        en="Nothing was entered. What you typed is still in the form.",
    )
    problems: Final = MappingProxyType(
        {
            "no_number": Text(
                de="Betrag, Laufzeit oder Zinssatz ist keine gültige Zahl. Beispiel: 15.000,00.",
                en="An amount, a term or a rate is no number such as 15,000.00.",
            ),
            "no_day": Text(de="Ein Datum fehlt oder ist ungültig.", en="A day is missing or is none."),
            "no_choice": Text(de="Bitte wählen Sie aus der Liste.", en="Please choose from the list."),
            "no_ref": Text(
                de="Die Kreditnummer fehlt, oder sie hat mehr als 120 Zeichen.",
                en="The loan number is missing, or has more than 120 characters.",
            ),
            "no_proof": Text(
                de="Der Nachweis fehlt, hat mehr als 200 Zeichen oder mehr als eine Zeile.",
                en="The proof is missing, has more than 200 characters, or more than one line.",
            ),
            "condition_open": Text(
                de="Vor der Auszahlung ist noch zu bestätigen: {names}",
                en="Before the pay-out, this has to be confirmed: {names}",
            ),
            "not_approved": Text(
                de="Für diesen Kredit liegt keine passende Genehmigung vor.", en="No approval covers this loan."
            ),
            "reference_used": Text(
                de="Diese Nummer ist bereits vergeben, oder zu der Entscheidung gibt es bereits einen anderen Kredit.",
                en="This number stands for something else already, or the decision for another loan.",
            ),
            "contradiction": Text(
                de="Das widerspricht bereits erfassten Vorgängen.", en="That contradicts what was entered before."
            ),
            "restricted": Text(
                de="Die Verarbeitung der Daten dieses Kreditnehmers ist eingeschränkt: Es kann kein Kredit mehr"
                " gewährt oder ausgezahlt werden.",
                en="The data of this borrower are only kept: nothing is granted or paid out any more.",
            ),
        }
    )
    said: Final = Text(de="Einzelheiten (auf Englisch):", en="In detail:")
