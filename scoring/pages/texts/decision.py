"""Texts of the page of one decision."""

from types import MappingProxyType
from typing import Final

from features.feature import Text
from scoring.pages.texts.consent import RESOURCES


class DecisionPage:
    """Sections of the page, in order."""

    title: Final = Text(de="Entscheidung {borrower}", en="Decision {borrower}")
    case: Final = Text(de="Fall dieser Entscheidung", en="Case of this decision")
    all: Final = Text(de="Alle Entscheidungen", en="All decisions")
    contents: Final = Text(de="Auf dieser Seite", en="On this page")
    simulated: Final = Text(
        de="Das Modell wurde mit simulierten Firmen trainiert. Score und Ausfallwahrscheinlichkeit sagen nichts über"
        " echte Firmen aus.",
        en="The model was trained on simulated firms. Score and probability of default say nothing about real firms.",
    )
    sandbox: Final = Text(
        de="Die Bücher stammen aus einer Testumgebung mit simulierten Firmen.",
        en="The books come from a test environment with simulated firms.",
    )
    reconstructed: Final = Text(
        de="Die Bücher wurden nach dem Stichtag abgerufen und können spätere Änderungen enthalten.",
        en="The books were read after the observation date and may contain later changes.",
    )
    created: Final = Text(de="Erstellt", en="Created")
    as_of: Final = Text(de="Stichtag", en="Observation date")
    valid_until: Final = Text(de="Gültig bis", en="Valid until")
    expired: Final = Text(de="abgelaufen", en="expired")
    identifier: Final = Text(de="Kennung", en="Identifier")
    erased: Final = Text(de="(gelöscht)", en="(erased)")

    score: Final = Text(de="Score", en="Score")
    no_score: Final = Text(de="kein Score", en="no score")
    no_score_means: Final = Text(
        de="Die Daten reichen für einen Score nicht aus.", en="The data are not sufficient for a score."
    )
    score_means: Final = Text(
        de="Bonitätsklasse {grade}; Ausfall\N{SOFT HYPHEN}wahrscheinlichkeit {pd} in {months} Monaten",
        en="Grade {grade}; probability of default {pd} in {months} months",
    )
    limit: Final = Text(de="Höchstbetrag", en="Maximum loan amount")
    limit_means: Final = Text(de="Beantragt: {amount}", en="Requested: {amount}")
    no_offer: Final = Text(de="kein Angebot", en="no offer")

    causes: Final = Text(de="Was einer Zusage entgegensteht", en="What stands in the way of approval")
    causes_none: Final = Text(de="Nichts steht einer Zusage entgegen.", en="Nothing stands in the way of approval.")
    remedy: Final = Text(de="Was hilft:", en="What helps:")

    changes: Final = Text(de="Was das Ergebnis ändern würde", en="What would change the outcome")
    changes_gone: Final = Text(
        de="Das lässt sich nicht mehr berechnen: Die gelesenen Bücher, das Modell oder die Kreditrichtlinie dieser"
        " Entscheidung sind nicht mehr verfügbar.",
        en="This can no longer be worked out: the books, the model or the policy of this decision are not available any"
        " more.",
    )
    documents: Final = Text(de="Belege", en="Documents")

    scale: Final = Text(de="Einordnung des Scores", en="The score in context")
    scale_means: Final = Text(
        de="Je höher, desto besser: Bei 600 Punkten kommen 30 Kredite ohne Ausfall auf einen Ausfall. Je 40 Punkte mehr"
        " verdoppeln dieses Verhältnis.",
        en="Higher is better: at 600 points there are 30 loans without default for each default. Every 40 points more"
        " double these odds.",
    )
    scale_describes: Final = Text(
        de="Score {score}. Ablehnung unter {decline}, Zusage ab {approve}, dazwischen manuelle Prüfung.",
        en="Score {score}. Decline below {decline}, approve from {approve}, refer in between.",
    )
    interval: Final = Text(
        de="Intervall des Scores: {low} bis {high} Punkte, Ausfallwahrscheinlichkeit {pd_low} bis {pd_high}.",
        en="Interval of the score: {low} to {high} points, probability of default {pd_low} to {pd_high}.",
    )
    interval_means: Final = Text(
        de="Das Intervall zeigt, wie stark der Score von der Stichprobe der Trainingsfirmen abhängt: wie weit die"
        " Scores auseinanderliegen, wenn das Modell auf anderen Stichproben dieser Firmen trainiert wird. Auf das Votum"
        " hat es keinen Einfluss.",
        en="The interval shows how much the score depends on the sample of training firms: how far apart the scores"
        " are if the model is trained on other samples of these firms. It does not affect the verdict.",
    )
    zone_decline: Final = Text(de="Ablehnung", en="Decline")
    zone_refer: Final = Text(de="Prüfung", en="Refer")
    zone_approve: Final = Text(de="Zusage", en="Approve")
    cut_offs: Final = Text(
        de="Schwellen der Kreditrichtlinie: Zusage bis {approve} Ausfallwahrscheinlichkeit (ab {approve_score}"
        " Punkten), Ablehnung über {decline} (unter {decline_score} Punkten).",
        en="Cut-offs of the policy: approve up to a probability of default of {approve} (from {approve_score} points),"
        " decline above {decline} (below {decline_score} points).",
    )
    definition: Final = Text(de="Ausfalldefinition", en="Definition of default")
    definitions: Final = MappingProxyType(
        {
            "CRR 178, 90 days past due, 12 months": Text(
                de="CRR Art.\N{NO-BREAK SPACE}178: mehr als 90\N{NO-BREAK SPACE}Tage in Verzug binnen"
                " 12\N{NO-BREAK SPACE}Monaten",
                en="CRR Art.\N{NO-BREAK SPACE}178: more than 90\N{NO-BREAK SPACE}days past due within"
                " 12\N{NO-BREAK SPACE}months",
            ),
        }
    )
    """By the model's name for it; a definition that is not listed here is shown by that name."""

    reasons: Final = Text(de="Hauptgründe", en="Main reasons")
    reasons_none: Final = Text(
        de="Ohne Score gibt es keine Gründe aus dem Modell.", en="Without a score there are no reasons from the model."
    )
    costs: Final = Text(de="senkt den Score", en="lowers the score")
    earns: Final = Text(de="erhöht den Score", en="raises the score")
    value: Final = Text(de="Wert", en="Value")
    typical: Final = Text(de="Median der Trainingsfirmen", en="Training median")
    points: Final = Text(de="Punkte", en="Points")
    evidence: Final = Text(de="Nachweise", en="Evidence")
    evidence_kinds: Final = MappingProxyType(
        {
            "invoice": Text(de="Rechnungen", en="Invoices"),
            "voucher": Text(de="Belege", en="Vouchers"),
            "credit_note": Text(de="Gutschriften", en="Credit notes"),
            "transaction": Text(de="Kontoumsätze", en="Bank transactions"),
        }
    )
    evidence_total: Final = Text(
        de="{shown} von {total}, die wichtigsten zuerst",
        en="{shown} of {total}, the most important first",
    )
    evidence_none: Final = Text(de="keinem einzelnen Beleg zuzuordnen", en="not attributable to single documents")

    waterfall: Final = Text(de="Vom Grundwert zum Score", en="From the base to the score")
    waterfall_means: Final = Text(
        de="Jedes Merkmal erhöht oder senkt den Score. Grundwert und Punkte ergeben zusammen genau den Score.",
        en="Each feature raises or lowers the score. The base and all points add up exactly to the score.",
    )
    feature: Final = Text(de="Merkmal", en="Feature")
    course: Final = Text(de="Verlauf", en="Change")
    subtotal: Final = Text(de="Summe", en="Total")
    base: Final = Text(de="Grundwert", en="Base")
    base_means: Final = Text(
        de="Eine Firma mit durchschnittlichen Werten in allen Merkmalen",
        en="A firm with average values in all features",
    )
    rounding: Final = Text(de="Rundungsdifferenz", en="Rounding difference")

    offer: Final = Text(de="Angebot und Antrag", en="Offer and application")
    offer_too_little: Final = Text(
        de="Es gibt kein Angebot: Nach Büchern und Vorschau bleibt weniger, als der kleinste Kredit dieses Produkts"
        " verlangt ({smallest}).",
        en="There is no offer: by books and look ahead, less is left than the smallest loan of this product"
        " ({smallest}).",
    )
    offer_none: Final = Text(
        de="Es gibt kein Angebot: Die Empfehlung lautet Ablehnung, oder für den Höchstbetrag fehlen Angaben.",
        en="There is no offer: the recommendation is to decline, or data for the maximum loan amount are missing.",
    )
    requested: Final = Text(de="Beantragt", en="Requested")
    term: Final = Text(de="Laufzeit", en="Term")
    product: Final = Text(de="Produkt", en="Product")
    purpose: Final = Text(de="Verwendungszweck", en="Purpose")
    legal_form: Final = Text(de="Rechtsform", en="Legal form")
    natural_person: Final = Text(de="gilt als natürliche Person", en="counts as a natural person")
    offer_limit: Final = Text(de="Höchstbetrag", en="Maximum loan amount")
    rate: Final = Text(de="Zinssatz pro Jahr", en="Interest rate per year")
    tier: Final = Text(de="Preisstufe", en="Pricing tier")
    instalment: Final = Text(de="Monatliche Rate", en="Monthly instalment")
    longest_term: Final = Text(de="Maximale Laufzeit", en="Maximum term")
    offers: Final = Text(
        de="Was auf Grundlage dieser Bücher zugesagt würde", en="What would be approved on these books"
    )
    offers_none: Final = Text(
        de="Für keinen Betrag und keine Laufzeit dieses Produkts lautet die Empfehlung Zusage.",
        en="For no amount and no term of this product is the recommendation to approve.",
    )
    constraints: Final = Text(de="Was den Höchstbetrag begrenzt", en="What limits the maximum loan amount")
    constraint: Final = Text(de="Grenze", en="Constraint")
    amount: Final = Text(de="Betrag", en="Amount")
    binds: Final = Text(de="maßgeblich", en="binding")
    constraint_name: Final = MappingProxyType(
        {
            "product_maximum": Text(de="Höchstbetrag des Produkts", en="Maximum of the product"),
            "revenue": Text(de="Aus dem Umsatz", en="From revenue"),
            "receivables": Text(de="Aus den Forderungen", en="From receivables"),
            "cash_flow": Text(de="Aus dem Cashflow", en="From cash flow"),
            "cash_ahead": Text(de="Aus der Liquiditätsvorschau", en="From cash ahead"),
        }
    )

    facilities: Final = Text(de="Bestehende Finanzierungen", en="Existing facilities")
    facilities_none: Final = Text(
        de="Die Kontodaten zeigen keine Kredite, Leasing- oder Factoringverträge und keine Kontoüberziehung.",
        en="Bank data show no loans, leases, factoring contracts or overdrafts.",
    )
    facilities_mean: Final = Text(
        de="Aus den Kontoumsätzen erkannt. Was sie nicht zeigen, ist nach marktüblichen Laufzeiten und Zinsen"
        " eingegrenzt.",
        en="Recognised from bank transactions. What they do not show is bounded by terms and rates usual in the"
        " market.",
    )
    facility: Final = Text(de="Finanzierung", en="Facility")
    funder: Final = Text(de="Kreditgeber", en="Funder")
    funder_unknown: Final = Text(de="nicht bekannt", en="not known")
    facility_instalment: Final = Text(de="Rate", en="Instalment")
    facility_seen: Final = Text(de="Zahlungen", en="Payments")
    facility_ends: Final = Text(de="Letzte Rate", en="Last instalment")
    facility_remaining: Final = Text(de="Restschuld", en="Remaining")
    from_to: Final = Text(de="{low} bis {high}", en="{low} to {high}")
    facility_kinds: Final = MappingProxyType(
        {
            "loan": Text(de="Kredit", en="Loan"),
            "lease": Text(de="Leasing", en="Lease"),
            "factoring": Text(de="Factoring", en="Factoring"),
            "overdraft": Text(de="Kontoüberziehung", en="Overdraft"),
        }
    )
    facility_states: Final = MappingProxyType(
        {
            "not_started": Text(de="ausgezahlt, noch keine Rate", en="paid out, no instalment yet"),
            "running": Text(de="läuft", en="running"),
            "stopped": Text(de="Zahlungen ausgeblieben", en="payments stopped"),
            "ended": Text(de="beendet", en="ended"),
        }
    )
    facility_courses: Final = MappingProxyType(
        {
            "level": Text(de="gleichbleibend", en="level"),
            "falling": Text(de="sinkend", en="falling"),
            "grown": Text(de="gestiegen", en="grown"),
            "interest_only": Text(de="nur Zinsen, Tilgung steht aus", en="interest only, principal to come"),
            "balloon": Text(de="Schlussrate zu erwarten", en="balloon to be expected"),
            "revolving": Text(de="revolvierend", en="revolving"),
        }
    )
    rhythms: Final = MappingProxyType(
        {
            "daily": Text(de="täglich", en="daily"),
            "weekly": Text(de="wöchentlich", en="weekly"),
            "fortnightly": Text(de="alle zwei Wochen", en="fortnightly"),
            "monthly": Text(de="monatlich", en="monthly"),
            "quarterly": Text(de="vierteljährlich", en="quarterly"),
            "half_yearly": Text(de="halbjährlich", en="half-yearly"),
            "yearly": Text(de="jährlich", en="yearly"),
        }
    )
    facility_causes: Final = MappingProxyType(
        {
            "one_payment": Text(de="erst eine Zahlung", en="one payment only"),
            "few_payments": Text(de="erst zwei Zahlungen", en="two payments only"),
            "irregular": Text(de="unregelmäßige Zahlungen", en="irregular payments"),
            "no_instalment": Text(de="noch keine Rate", en="no instalment yet"),
            "grace_unknown": Text(de="Tilgungsbeginn unklar", en="repayment may be still to come"),
            "payout_not_seen": Text(de="Auszahlung nicht sichtbar", en="pay-out not seen"),
            "refinanced": Text(de="abgelöst", en="refinanced"),
            "line_not_told": Text(de="Kreditlinie nicht bekannt", en="agreed line not known"),
        }
    )
    overdraft_days: Final = Text(de="{days} Tage im Minus", en="{days} days below zero")
    overdraft_used: Final = Text(de="höchste Inanspruchnahme {amount}", en="highest use {amount}")
    cash_flow: Final = Text(de="Woraus die Grenze aus dem Cashflow folgt", en="What the cash-flow bound follows from")
    surplus: Final = Text(de="Überschuss, 12 Monate", en="Surplus, 12 months")
    surplus_smoothed: Final = Text(
        de="Überschuss, 12 Monate, im Mittel über drei Zeiträume", en="Surplus, 12 months, mean of three periods"
    )
    surplus_lenient: Final = Text(
        de="Überschuss, letzte 12 Monate, in der für die Firma günstigsten Lesart",
        en="Surplus, last 12 months, lenient",
    )
    drawings: Final = Text(de="Entnahmen, 12 Monate", en="Drawings, 12 months")
    debt_service_pending: Final = Text(
        de="Raten unserer Kredite, die noch kein Kontoumsatz zeigt, 12 Monate",
        en="Instalments of our loans that no bank transaction shows yet, 12 months",
    )
    own_loans: Final = Text(
        de="Offene Kredite bei uns: {count}, zusammen {amount}", en="Open loans from us: {count}, {amount} together"
    )
    drawings_floor: Final = Text(de="Entnahmen, die die Richtlinie ansetzt", en="Drawings that the policy assumes")
    vat_shortfall: Final = Text(
        de="Fällige, nicht gezahlte Umsatzsteuer, 12 Monate", en="Value added tax due and not paid, 12 months"
    )
    debt_service_observed: Final = Text(de="Schuldendienst, letzte 12 Monate", en="Debt service, last 12 months")
    debt_service_extra: Final = Text(
        de="davon Ablösungen und Sondertilgungen", en="of which redemptions and extra repayments"
    )
    debt_service_refinanced: Final = Text(de="davon mit neuen Krediten bezahlt", en="of which paid with new loans")
    debt_service_projected: Final = Text(
        de="Höchster Schuldendienst in 12 Monaten der Laufzeit", en="Highest debt service in 12 months of the term"
    )
    largest_instalment: Final = Text(
        de="Woraus die Grenze aus der Liquiditätsvorschau folgt", en="What the bound from cash ahead follows from"
    )
    largest_instalment_cause: Final = Text(
        de="Die Liquiditätsvorschau begrenzt den Höchstbetrag nicht, weil {why}.",
        en="Cash ahead does not bound the maximum loan amount, because {why}.",
    )
    level: Final = Text(de="Stand aller Konten am Stichtag", en="Level of all accounts on the day of observation")
    unspent: Final = Text(
        de="Davon Einzahlungen der letzten 90 Tage, die nicht von Kunden kamen (zählen nicht)",
        en="Of it, paid in within 90 days by others than customers (does not count)",
    )
    gap_probability: Final = Text(
        de="Höchstes Risiko eines Tages mit Minus in {days} Tagen, ohne Kredit",
        en="Highest risk of a day below zero within {days} days, without the loan",
    )
    gap_probability_at_most: Final = Text(de="Zulässiges Risiko, mit der Rate", en="Risk accepted, with the instalment")
    instalment_carried: Final = Text(
        de="Höchste Rate, die die Liquiditätsvorschau trägt (alle unsere Kredite zusammen)",
        en="Highest instalment that cash ahead carries (all our loans together)",
    )
    ahead: Final = Text(de="Liquiditätsvorschau", en="Cash ahead")
    ahead_drawn: Final = Text(
        de="Durchgezogen: mittlerer Stand (Median) mit der Rate, getönt der Bereich mit 80 % Wahrscheinlichkeit;"
        " gestrichelt: ohne das Darlehen.",
        en="Solid: median with the instalment, shaded what is likely at 80%; dashed: without the loan.",
    )

    over_time: Final = Text(de="Die Bücher im Zeitverlauf", en="The books over time")
    snapshot_gone: Final = Text(
        de="Die Aufbewahrungsfrist der gelesenen Bücher ist abgelaufen; sie wurden gelöscht. Zeitverläufe lassen sich"
        " nicht mehr anzeigen. Alles andere auf dieser Seite bleibt gültig.",
        en="The retention period of the books has ended, and they were deleted. Charts over time can no longer be"
        " shown. Everything else on this page remains valid.",
    )
    snapshot_damaged: Final = Text(
        de="Die gespeicherten Bücher lassen sich nicht lesen. Bitte melden Sie es der Systemadministration. Alles"
        " andere auf dieser Seite bleibt gültig.",
        en="The stored books cannot be read. Please report this to your administrator. Everything else on this page"
        " remains valid.",
    )

    rules: Final = Text(de="Regeln der Kreditrichtlinie", en="Rules of the policy")
    rules_count: Final = Text(
        de="{failed} nicht erfüllt, {passed} erfüllt, {open} nicht geprüft",
        en="{failed} failed, {passed} passed, {open} not checked",
    )
    rule: Final = Text(de="Regel, Wert und Schwelle", en="Rule, value and threshold")
    rule_kind: Final = Text(de="Art", en="Kind")
    rule_result: Final = Text(de="Ergebnis", en="Result")
    result: Final = MappingProxyType(
        {
            "fail": Text(de="nicht erfüllt", en="fail"),
            "pass": Text(de="erfüllt", en="pass"),
            "not_applicable": Text(de="nicht geprüft", en="not checked"),
        }
    )
    kind: Final = MappingProxyType(
        {
            "minimum_data": Text(de="Mindestdaten", en="Minimum data"),
            "knock_out": Text(de="K.-o.-Kriterium", en="Knock-out"),
            "cut_off": Text(de="Cut-off", en="Cut-off"),
            "limit": Text(de="Höchstbetrag", en="Maximum loan amount"),
            "cap": Text(de="Höchstens manuelle Prüfung", en="Refer at best"),
            "gate": Text(de="Betrifft nur das Votum", en="Affects the verdict only"),
        }
    )

    coverage: Final = Text(de="Ausgewertete Daten", en="Data used")
    period: Final = Text(de="Zeitraum", en="Period")
    period_value: Final = Text(de="{first} bis {last}", en="{first} to {last}")
    nothing: Final = Text(de="nichts gefunden", en="nothing found")
    invoices: Final = Text(de="Rechnungen", en="Invoices")
    bills: Final = Text(de="Eingangsrechnungen", en="Bills")
    payments: Final = Text(de="Zahlungen", en="Payments")
    transactions: Final = Text(de="Kontoumsätze", en="Bank transactions")
    accounts: Final = Text(de="Konten", en="Accounts")
    payment_source: Final = Text(de="Herkunft der Zahlungsdaten", en="Source of payment data")
    payment_sources: Final = MappingProxyType(
        {
            "log": Text(de="Belegen zugeordnete Kontoumsätze", en="Bank transactions linked to documents"),
            "documents": Text(de="Zahlungsangaben der Belege", en="Payment details of the documents"),
            "none": Text(de="Keine Zahlungen", en="No payments"),
        }
    )
    payout: Final = Text(de="Auszahlungskonto", en="Payout account")
    payouts: Final = MappingProxyType(
        {
            "match": Text(de="steht in den Büchern", en="is in the books"),
            "mismatch": Text(de="steht nicht in den Büchern", en="is not in the books"),
            "unknown": Text(de="nicht angegeben oder nicht prüfbar", en="not given, or could not be checked"),
        }
    )
    applicant: Final = MappingProxyType(
        {
            "name": Text(de="Antragsteller", en="Applicant"),
            "tax_number": Text(de="Steuernummer", en="Tax number"),
            "vat_id": Text(de="USt-IdNr.", en="VAT number"),
        }
    )
    starts_business: Final = Text(de="Existenzgründung", en="Starts a business")
    yes_no: Final = MappingProxyType({True: Text(de="ja", en="yes"), False: Text(de="nein", en="no")})
    holder: Final = Text(de="Inhaber der Buchhaltung", en="Holder of the books")
    holder_not_compared: Final = Text(
        de="nicht verglichen: Der Antrag nennt den Antragsteller nicht.",
        en="not compared: the application does not name the applicant.",
    )
    holder_results: Final = MappingProxyType(
        {
            "same": Text(de="wie im Antrag", en="as in the application"),
            "differs": Text(de="anders als im Antrag", en="not as in the application"),
            "cannot_be_compared": Text(de="nicht vergleichbar", en="not comparable"),
        }
    )
    holder_compared: Final = MappingProxyType(
        {
            "name": Text(de="Name", en="Name"),
            "tax_number": Text(de="Steuernummer", en="Tax number"),
            "vat_id": Text(de="USt-IdNr.", en="VAT number"),
        }
    )
    holder_why: Final = MappingProxyType(
        {
            "not_stated": Text(de="steht nicht im Antrag", en="is not in the application"),
            "not_in_account": Text(de="steht nicht in der Buchhaltung", en="is not in the books"),
            "other_kind": Text(
                de="eine persönliche Identifikationsnummer auf der einen Seite, eine Steuernummer auf der anderen",
                en="a personal tax identification number on one side, a tax number on the other",
            ),
            "other_number": Text(de="eine andere Nummer", en="another number"),
            "other_name": Text(de="ein ganz anderer Name", en="quite another name"),
            "some_words": Text(de="nur einzelne Wörter stimmen überein", en="only some words are the same"),
            "surname": Text(
                de="ein Nachname stimmt überein, wie bei Firma und Inhaber",
                en="a surname is the same, as of a firm and its owner",
            ),
            "other_legal_form": Text(de="eine andere Rechtsform", en="another legal form"),
            "no_legal_form": Text(de="der Name nennt keine Rechtsform", en="the name tells no legal form"),
        }
    )
    holder_legal_form: Final = Text(de="Rechtsform", en="Legal form")
    holder_in_account: Final = Text(de="in der Buchhaltung: {value}", en="in the books: {value}")
    fetched: Final = Text(de="Abgerufene Daten", en="Data requested")
    resources: Final = MappingProxyType(
        {
            "invoices": Text(de="Rechnungen", en="invoices"),
            "reminders": Text(de="Mahnungen", en="reminders"),
            "credit_notes": Text(de="Gutschriften", en="credit notes"),
            "vouchers": Text(de="Belege", en="vouchers"),
            "accounts": Text(de="Konten", en="accounts"),
            "balances": Text(de="Kontostände", en="balances"),
            "transactions": Text(de="Kontoumsätze", en="bank transactions"),
            "payment_log": Text(de="Zahlungszuordnung", en="payment log"),
            "recognition": Text(de="Deutung der Daten", en="what the data mean"),
            "taxes": Text(de="Umsatzsteuer der Belege", en="value added tax of documents"),
            "marks": Text(de="Vermerke auf Belegen und Kontoumsätzen", en="notes on documents and bank transactions"),
            "positions": Text(de="Belegpositionen", en="positions of documents"),
        }
    )
    payout_fed_days: Final = Text(
        de="Tage, für die die Bank Umsätze des Auszahlungskontos geliefert hat",
        en="Days for which the bank delivered transactions of the payout account",
    )
    bank_data_until: Final = Text(de="Bankdaten bis", en="Bank data until")
    bank_data_age: Final = Text(de="{day}, {days} Tage alt", en="{day}, {days} days old")
    set_aside: Final = Text(de="Nicht lesbar", en="Could not be read")
    set_aside_total: Final = Text(de="{shown} von {total}", en="{shown} of {total}")
    set_aside_kinds: Final = MappingProxyType(
        {
            "sale": Text(de="Rechnung oder Erlösbeleg", en="Invoice or revenue voucher"),
            "bill": Text(de="Eingangsrechnung", en="Bill"),
            "credit_note": Text(de="Gutschrift", en="Credit note"),
            "cancellation": Text(de="Stornorechnung", en="Cancellation"),
            "reminder": Text(de="Mahnung", en="Reminder"),
            "account": Text(de="Konto", en="Account"),
            "bank_line": Text(de="Kontoumsatz", en="Bank transaction"),
            "log_entry": Text(de="Zahlungszuordnung", en="Entry of the payment log"),
            "unknown": Text(de="Beleg", en="Document"),
        }
    )
    set_aside_reasons: Final = MappingProxyType(
        {
            "missing": Text(de="fehlt", en="missing"),
            "unreadable": Text(de="nicht lesbar", en="cannot be read"),
            "out_of_range": Text(de="kein möglicher Wert", en="no possible value"),
        }
    )
    snoozed: Final = Text(de="Ausgesetzte Regeln", en="Rules set aside")
    snoozed_until: Final = Text(
        de="{rule}: hätte zur manuellen Prüfung geführt; von zwei Personen ausgesetzt bis {day}",
        en="{rule}: would have referred; set aside by two persons until {day}",
    )
    snoozed_without: Final = Text(
        de="{rule}: von zwei Personen ausgesetzt bis {day}; hätte hier nichts geändert",
        en="{rule}: set aside by two persons until {day}; would have changed nothing here",
    )
    readings: Final = Text(de="Zweifelhafte Angaben, anders gelesen", en="Doubtful facts, read otherwise")
    reading_names: Final = MappingProxyType(
        {
            "transfers_as_payments": Text(
                de="Vermutete Umbuchungen als Zahlungen", en="Presumed own transfers as payments"
            ),
            "set_aside_at_best": Text(de="Nicht lesbare Belege im besten Fall", en="Unreadable documents at best"),
            "set_aside_at_worst": Text(
                de="Nicht lesbare Belege im schlechtesten Fall", en="Unreadable documents at worst"
            ),
        }
    )
    recommended: Final = MappingProxyType(
        {
            "approve": Text(de="Zusage", en="approve"),
            "refer": Text(de="Prüfung", en="refer"),
            "decline": Text(de="Ablehnung", en="decline"),
        }
    )
    notes: Final = Text(de="Anmerkungen", en="Remarks")
    note: Final = MappingProxyType(
        {
            "payment_log_unavailable": Text(
                de="sevdesk hat die Zahlungszuordnung nicht geliefert.", en="sevdesk did not provide the payment log."
            ),
            "payment_log_by_document": Text(
                de="Die Zahlungszuordnung wurde Beleg für Beleg gelesen.",
                en="The payment log was read document by document.",
            ),
            "payment_log_partial": Text(
                de="Die Zahlungszuordnung wurde nur für einen Teil der Belege gelesen; für die übrigen gelten deren"
                " Zahlungsangaben.",
                en="The payment log was read for some of the documents; for the others their payment details are used.",
            ),
            "balance_unavailable": Text(
                de="sevdesk hat einen Kontostand nicht geliefert.", en="sevdesk did not provide an account balance."
            ),
            "set_aside": Text(
                de="Einzelne Angaben der Bücher sind nicht lesbar; die betroffenen Datensätze wurden ausgesondert.",
                en="Some records of the books cannot be read; they were set aside.",
            ),
            "foreign_currency": Text(
                de="Es gibt Belege in Fremdwährung; sie gehen mit ihrem Eurowert ein.",
                en="There are documents in foreign currency; their value in euro is used.",
            ),
            "foreign_currency_account": Text(
                de="Ein Konto wird nicht in Euro geführt und wurde nicht berücksichtigt.",
                en="An account is not held in euro and was excluded.",
            ),
            "account_reconnected": Text(
                de="Ein Bankkonto ist mehrfach angebunden; es zählt einmal.",
                en="A bank account is connected more than once; it counts once.",
            ),
            "account_twice_unsure": Text(
                de="Zwei Konten können dasselbe Bankkonto sein; die Kontostände gelten als unbestätigt.",
                en="Two accounts may be the same bank account; their balances count as not confirmed.",
            ),
            "feed_stale": Text(
                de="Die Bank liefert ein Konto nicht mehr; sein Stand gilt als unbestätigt.",
                en="The bank no longer delivers an account; its balance counts as not confirmed.",
            ),
            "lines_twice": Text(
                de="Kontoumsätze sind doppelt erfasst; sie zählen einmal.",
                en="Bank transactions are recorded twice; they count once.",
            ),
            "own_account_missing": Text(
                de="Ein Konto auf den Namen der Firma fehlt in der Buchhaltung.",
                en="An account in the firm's name is missing in the books.",
            ),
            "invoices_twice": Text(
                de="Rechnungen sind doppelt erfasst; sie zählen einmal.",
                en="Invoices are recorded twice; they count once.",
            ),
            "bills_twice": Text(
                de="Eingangsrechnungen sind doppelt erfasst; sie zählen einmal.",
                en="Bills are recorded twice; they count once.",
            ),
            "number_twice": Text(
                de="Eine Belegnummer kommt mit verschiedenen Beträgen oder Beteiligten vor.",
                en="A document number occurs with different amounts or parties.",
            ),
            "pay_day_unknown": Text(
                de="Belege sind bezahlt, ohne dass ein Zahlungstag bekannt ist; ihr Verzug zählt nicht.",
                en="Documents are paid without a known day of payment; their delay does not count.",
            ),
            "positions_refused": Text(
                de="Einzelne Posten der Belege gibt sevdesk für dieses Konto nicht heraus; ohne sie wurde entschieden.",
                en="sevdesk does not serve single items of documents for this account; the decision does without.",
            ),
            **{
                f"consent_lacks_{resource}": Text(
                    de=f"Die Einwilligung nennt das nicht, daher wurde es nicht gelesen: {reading.name.de}.",
                    en=f"The firm's consent does not name this, so it was not read: {reading.name.en}.",
                )
                for resource, reading in RESOURCES.items()
            },
            "consent_lacks_funders": Text(
                de="Die Einwilligung der Firma schließt lesbare Kürzel aus, daher sind Kreditgeber nicht benannt.",
                en="The firm's consent rules out codes from which a name can be read, so funders are not named.",
            ),
            "consent_lacks_holder": Text(
                de="Die Einwilligung der Firma nennt den Kontoinhaber nicht, daher wurde er nicht gelesen.",
                en="The firm's consent does not name the holder of the account, so it was not read.",
            ),
            "accounts_unnumbered": Text(
                de="sevdesk nennt zu Buchungskonten keine Nummer; Ausgaben darauf sind keiner Kostenart zugeordnet.",
                en="sevdesk states no number of some booking accounts; bills on them have no kind of cost.",
            ),
            "chart_unknown": Text(
                de="Der Kontenrahmen ist nicht erkennbar; Ausgaben sind keiner Kostenart zugeordnet.",
                en="The chart of accounts cannot be told; bills have no kind of cost.",
            ),
            "read_as_empty": Text(
                de="Nicht lesbare Nebenangaben einzelner Belege gelten als leer.",
                en="Unreadable side details of some documents count as empty.",
            ),
        }
    )
    management: Final = Text(de="Betriebswirtschaftliche Auswertung", en="Management accounts")
    management_apart: Final = Text(de="Nicht im Ergebnis", en="In no result")
    since_last: Final = Text(de="Seit der letzten Entscheidung", en="Since the last decision")
    earlier_decision: Final = Text(de="Zur letzten Entscheidung", en="To the last decision")
    missing: Final = Text(de="Fehlende Merkmale", en="Missing features")
    missing_costs: Final = Text(de="Was das ändern könnte", en="What that could change")
    quality: Final = Text(de="Datenqualität", en="Quality of the data")
    missing_none: Final = Text(de="Es fehlt kein Merkmal.", en="No feature is missing.")
    missing_because: Final = Text(de="Nicht ermittelbar, weil {why}:", en="Cannot be determined because {why}:")

    versions: Final = Text(de="Versionen und Prüfsummen", en="Versions and digests")
    versions_means: Final = Text(
        de="Mit diesen Angaben lässt sich die Entscheidung nachrechnen: python -m scoring replay {id}",
        en="With these versions the decision can be reproduced: python -m scoring replay {id}",
    )
    model: Final = Text(de="Modell", en="Model")
    policy: Final = Text(de="Kreditrichtlinie", en="Policy")
    features: Final = Text(de="Merkmalskatalog", en="Feature catalogue")
    texts: Final = Text(de="Texte", en="Texts")
    service: Final = Text(de="Dienst", en="Service")
    snapshot: Final = Text(de="Snapshot der Bücher", en="Snapshot of the books")
    version: Final = Text(de="Version", en="Version")
    digest: Final = Text(de="SHA-256", en="SHA-256")
    statement: Final = Text(de="Signierter Nachweis, Nummer", en="Signed statement, number")
    asked_by: Final = Text(de="Angefragt von", en="Asked by")
    what: Final = Text(de="Bestandteil", en="Component")
    as_table: Final = Text(de="Als Tabelle", en="As a table")


class Accounts:
    """The management accounts: table headings."""

    line: Final = Text(de="Zeile", en="Line")
    documents: Final = Text(de="Belege, 12 Monate, netto", en="Documents, 12 months, net")
    bank: Final = Text(de="Bank, 12 Monate, brutto", en="Bank, 12 months, gross")


class Figures:
    """Charts: titles, summaries in words, and table headings."""

    not_fetched: Final = Text(
        de="Diese Daten wurden für die Entscheidung nicht abgerufen.",
        en="This data was not requested for the decision.",
    )
    month: Final = Text(de="Monat", en="Month")

    ages: Final = Text(de="Offene Forderungen nach Alter", en="Open receivables by age")
    ages_none: Final = Text(de="Es gibt keine offenen Forderungen.", en="There are no open receivables.")
    ages_say: Final = Text(
        de="Offen sind {total}, davon {late} ({share}) überfällig.",
        en="{total} is open, of which {late} ({share}) is overdue.",
    )
    age: Final = Text(de="Tage überfällig", en="Days past due")
    not_due: Final = Text(de="nicht fällig", en="not due")
    open_amount: Final = Text(de="Offen", en="Open")
    count: Final = Text(de="Anzahl", en="Count")

    revenue: Final = Text(de="Umsatz je Monat, netto", en="Revenue per month, net")
    revenue_none: Final = Text(de="Es gibt keinen vollen Monat mit Umsatz.", en="There is no full month with revenue.")
    revenue_say: Final = Text(
        de="Höchster Umsatz {best_amount} ({best}), niedrigster {worst_amount} ({worst}), zuletzt {last_amount}.",
        en="Highest revenue {best_amount} ({best}), lowest {worst_amount} ({worst}), latest {last_amount}.",
    )
    revenue_head: Final = Text(de="Umsatz", en="Revenue")

    delays: Final = Text(
        de="Zahlungsverzug der Kunden je Fälligkeitsmonat", en="Payment delay of customers by due month"
    )
    delays_none: Final = Text(
        de="In keinem vollen Monat wurde eine Rechnung fällig.", en="No invoice fell due in a full month."
    )
    delays_say: Final = Text(
        de="Mittlerer Verzug (Median): zuletzt {last}, am höchsten {worst_days} ({worst}). Offene Rechnungen"
        " zählen mit den Tagen seit Fälligkeit.",
        en="Median delay: latest {last}, highest {worst_days} ({worst}). Open invoices count with the days since"
        " they were due.",
    )
    delay_head: Final = Text(de="Verzug (Median)", en="Delay (median)")
    due_head: Final = Text(de="Fällige Rechnungen", en="Invoices due")

    balance: Final = Text(de="Kontostand aller Konten, Tagesende", en="Balance of all accounts, end of day")
    balance_none: Final = Text(de="Es gibt keine Kontoumsätze.", en="There are no bank transactions.")
    balance_say: Final = Text(
        de="Zuletzt {last}, niedrigster Stand {worst} am {worst_day}; Tage im Minus: {days}.",
        en="Latest {last}, lowest {worst} on {worst_day}; days below zero: {days}.",
    )
    balance_unconfirmed: Final = Text(
        de="Der Kontostand ist nicht von der Bank bestätigt: Nur die Veränderungen sind verlässlich, nicht die Höhe.",
        en="The balance is not confirmed by the bank: only its changes are reliable, not its level.",
    )
    balance_change_say: Final = Text(
        de="Veränderung über den Zeitraum: {change}.", en="Change over the period: {change}."
    )
    cash: Final = Text(
        de="Kontostand aller Konten: 180 Tage und bis zum Ende der Laufzeit",
        en="Cash of all accounts: 180 days and to the end of the term",
    )
    cash_case: Final = Text(
        de="{case}: höchste Wahrscheinlichkeit eines Tages im Minus bis zum Ende der Laufzeit {gap}, mittlerer Stand am"
        " niedrigsten {median} am {day}.",
        en="{case}: highest probability of a day below zero to the end of the term {gap}, lowest median {median} on"
        " {day}.",
    )
    cash_low: Final = Text(de="Zu 90 % darüber", en="At 90% above")
    cash_median: Final = Text(de="Median", en="Median")
    cash_high: Final = Text(de="Zu 90 % darunter", en="At 90% below")
    cash_without: Final = Text(de="Ohne Darlehen", en="Without the loan")
    cash_below: Final = Text(de="Im Minus", en="Below zero")
    cash_flows: Final = Text(de="Was erwartet wird", en="What is expected")
    end_head: Final = Text(de="Am Monatsende", en="At month end")
    lowest_head: Final = Text(de="Niedrigster Stand", en="Lowest balance")
