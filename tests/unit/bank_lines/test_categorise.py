"""What a bank line is about: one wording of each kind, what only looks like it, and texts as banks mangle them."""

from datetime import date

import polars as pl
import pytest
from unit.bank_lines.lines import SCHEMA, lines

from features.ledger import CATEGORY, CERTAINTY
from scoring.sources.bank_lines.categorise import categorise
from scoring.sources.bank_lines.rules import DIRECTIONS, RULES, Direction

IN, OUT = 120_000, -120_000


def _of(amount: int, purpose: str | None, name: str | None = None, text: str | None = None) -> tuple[str, str]:
    row = categorise(lines((amount, purpose, name, text))).row(0, named=True)
    return row["category"], row["certainty"]


@pytest.mark.parametrize(
    ("amount", "purpose", "name", "text", "category"),
    [
        (IN, "Rechnung 2026-17", "Malerbetrieb Kunz", "Gutschrift", "customer_receipt"),
        (IN, "Sammeleinzug Lastschriften 12 Posten", None, "LASTSCHRIFTEINZUG", "collected_debit"),
        (IN, "STRIPE PAYOUT", "Stripe Technology Europe Ltd", "Gutschrift", "provider_payout"),
        (IN, "Auszahlung 12.08. abzgl. Gebuehren", "SumUp Payments Ltd", None, "provider_payout"),
        (IN, "Auszahlung Ankauf Liste 7", "Nordfactoring GmbH", None, "factoring_payout"),
        (IN, "SB-Einzahlung", None, "BARGELDEINZAHLUNG", "cash_deposit"),
        (IN, "Auszahlung Finanzierung auxmoney", None, None, "loan_proceeds"),
        (IN, "Darlehensauszahlung 4711", "Sparkasse Nord", None, "loan_proceeds"),
        (IN, "Privateinlage", "Petra Kunz", None, "owner_contribution"),
        (IN, "Gesellschafterdarlehen", "Kunz Holding GmbH", None, "owner_contribution"),
        (IN, "Kurzarbeitergeld 05/26", "Agentur für Arbeit Celle", None, "subsidy"),
        (IN, "Erstattung Umsatzsteuer 04/26", "Finanzamt Celle", None, "tax_refund"),
        (IN, "Schaden 22-118 Regulierung", "Gothaer Versicherung", None, "insurance_benefit"),
        (IN, "Erstattung U1 Mai", "AOK Niedersachsen", None, "insurance_benefit"),
        (IN, "Erstattung Doppelzahlung", "Holz Meier", None, "refund_received"),
        (IN, "Quote 3 % Insolvenz Bau Nord", "RA Kern als Insolvenzverwalter", None, "customer_insolvency"),
        (IN, "Vollstreckungserlös DR II 7/26", "Gerichtsvollzieher Ahrens", None, "enforced_receipt"),
        (IN, "Habenzinsen Q2", None, "ABSCHLUSS", "interest_received"),
        (OUT, "RE 4711 Schrauben", "Eisen Krause", "Überweisung", "supplier"),
        (OUT, "Gehalt Mai", "A. Berger", None, "wages"),
        (OUT, "Lohnpfändung Berger Az 7", "Stadt Celle", None, "wage_garnishment"),
        (OUT, "SV-Beiträge 05/26", "AOK Niedersachsen", None, "social_security"),
        (OUT, "USt-Voranmeldung Mai", "Finanzamt Celle", None, "vat"),
        (OUT, "Lohnsteuer Mai", "Finanzamt Celle", None, "payroll_tax"),
        (OUT, "Körperschaftsteuer VZ 2/26", "Finanzamt Celle", None, "income_tax"),
        (OUT, "Gewerbesteuer 2. Rate", "Stadtkasse Celle", None, "trade_tax"),
        (OUT, "Grundsteuer B", "Stadt Celle", None, "other_tax"),
        (OUT, "Miete Juni Halle 2", "Immo Weiß", None, "rent"),
        (OUT, "Strom Abschlag", "Stadtwerke Celle", None, "utilities"),
        (OUT, "Mobilfunk", "Vodafone GmbH", None, "communication"),
        (OUT, "Betriebshaftpflicht", "Gothaer Versicherung", None, "insurance"),
        (OUT, "Diesel", "Shell 2210", "KARTENZAHLUNG", "vehicle"),
        (OUT, "Google Ads", "Google Ireland", None, "advertising"),
        (OUT, "Webhosting", "Hetzner Online", None, "software"),
        (OUT, "Jahresabschluss 2025", "Steuerberater Lang", None, "professional_fees"),
        (OUT, "Beitrag 2026", "IHK Lüneburg", None, "chamber_dues"),
        (OUT, "Ticket 22", "DB Vertrieb GmbH", None, "travel"),
        (OUT, "Retourenlabel", "DHL Paket", None, "shipping"),
        (OUT, "Darl.-Leistung", None, None, "loan_service"),
        (OUT, "KfW Unternehmerkredit Rate", None, None, "loan_service"),
        (OUT, "iwoca", None, None, "loan_service"),
        (OUT, "auxmoney", None, None, "loan_service"),
        (OUT, "Ratenzahlung Santander", None, None, "loan_service"),
        (OUT, "Leasingrate", None, None, "lease"),
        (OUT, "Finanzierungsrate BMW Bank", None, None, "lease"),
        (OUT, "Mietkaufrate", None, None, "lease"),
        (OUT, "Gebuehr Mai", "Nordfactoring GmbH", None, "factoring_fee"),
        (OUT, "Transaktionsgebuehren Mai", "Mollie B.V.", None, "provider_fee"),
        (OUT, "Kreditkartenabrechnung Mai", None, None, "card_settlement"),
        (OUT, "Privatentnahme", "Petra Kunz", None, "owner_drawing"),
        (OUT, "Rueckerstattung Ihrer Ueberzahlung", "Gasthof Adler", None, "refund_paid"),
        (OUT, "GA NR 7", None, "GELDAUTOMAT", "cash_withdrawal"),
        (OUT, "Kontofuehrung Mai", None, "ENTGELT", "bank_fee"),
        (-500, "Mahngebühr zu RE 7", "Holz Meier", None, "reminder_fee"),
        (OUT, "Pfaendungs- und Einziehungsverfuegung Finanzamt", None, None, "garnishment"),
        (OUT, "Kostenvorschuss unsere Forderung", "Gerichtsvollzieher Ahrens", None, "enforcement_cost"),
        (OUT, "Eigenantrag 7 IN 12/26 Vorschuss", "Gerichtskasse Celle", None, "insolvency_own"),
        (IN, "Ruecklastschrift AM04 Strom", "Stadtwerke Celle", None, "returned_debit"),
        (IN, "RUECKLASTSCHRIFT RE-7 Grund MS03", None, None, "returned_debit"),
        (IN, "Ruecklastschrift MD06 Widerspruch", "Verlag Nord", None, "returned_objection"),
        (OUT, "Chargeback 7412", None, None, "returned_customer_debit"),
        (OUT, "R-Transaction AC04", None, None, "returned_customer_debit"),
        (OUT, "SEPA RUECKGABE Beitrag Mai", None, None, "returned_customer_debit"),
        (-300, "Entgelt Ruecklastschrift", None, None, "return_fee"),
        (OUT, "Umbuchung auf Tagesgeld", None, "UMBUCHUNG", "transfer"),
        (OUT, "wie besprochen", "K. Lind", None, "other"),
    ],
)
def test_one_wording_of_each_kind(amount: int, purpose: str, name: str | None, text: str | None, category: str) -> None:
    """A plain wording of each category, and the wordings that once went unrecognised."""
    assert _of(amount, purpose, name, text)[0] == category


def test_every_category_has_a_rule() -> None:
    """No category of the ledger is out of reach."""
    assert {rule.category for rule in RULES} == set(CATEGORY.categories)


@pytest.mark.parametrize(
    ("amount", "purpose", "name", "category"),
    [
        (IN, "Rechnung 7 Reinigung", "Finanzamt Celle", "customer_receipt"),
        (IN, "Rechnung 8 Catering", "AOK Niedersachsen", "customer_receipt"),
        (OUT, "Ruecklastschrift-Versicherung", "Gothaer Versicherung", "insurance"),
        (OUT, "Warenkreditversicherung Praemie", "Atradius", "insurance"),
        (OUT, "Rechnung 12 inkl. 19% Umsatzsteuer", "Holz Meier", "supplier"),
        (OUT, "Ratenzahlung 2 von 4 zu Rechnung 88", "Maschinen Ott", "supplier"),
        (OUT, "Seminar Zwangsvollstreckung RE 7", "Akademie Nord", "supplier"),
        (OUT, "Lohnbuchhaltung Mai", "Steuerkanzlei Lang", "professional_fees"),
        (OUT, "Mietwagen 3 Tage", "Sixt", "vehicle"),
        (OUT, "Rueckzahlung Gesellschafterdarlehen", "Kunz Holding GmbH", "owner_drawing"),
        (OUT, "Darlehen an Tochter GmbH", "Kunz Tochter GmbH", "other"),
        (IN, "Zinsen fuer Darlehen an Tochter GmbH", "Kunz Tochter GmbH", "interest_received"),
        (IN, "Forderung 7", None, "other"),
        (IN, "Zuzahlung Patient", None, "other"),
        (IN, "Masse der Tür RE 7", "Holz Meier", "customer_receipt"),
        (OUT, "Lieferung Streifen", "Müller GmbH", "supplier"),
        (OUT, "Lieferung 7 zzgl USt", "Fa. Meier", "supplier"),
        (OUT, "Bussgeld Az 7", "Stadt Celle", "other"),
        (OUT, "Darlehen an Tochter", "Deutsche Leasing AG", "loan_service"),
        (OUT, "Verzugszinsen Vertrag 7", "Deutsche Leasing AG", "reminder_fee"),
    ],
)
def test_what_only_looks_like_it(amount: int, purpose: str, name: str | None, category: str) -> None:
    """The counterparty beats the purpose, and a word within another word is not that word."""
    assert _of(amount, purpose, name)[0] == category


@pytest.mark.parametrize(
    ("amount", "purpose", "name", "category", "certainty"),
    [
        (OUT, "Drittschuldnererklaerung 6 M 7/26", None, "garnishment", "certain"),
        (OUT, "Pfaendung", None, "garnishment", "probable"),
        (OUT, "Rate 2 DR II 7/26", "Gerichtsvollzieher Ahrens", "garnishment", "probable"),
        (
            OUT,
            "Kostenvorschuss DR II 7/26 unsere Forderung Krause",
            "Gerichtsvollzieher Ahrens",
            "enforcement_cost",
            "certain",
        ),
        (OUT, "PfUEB 14 M 5/26 Mitarbeiter 44", "Kanzlei Hausmann", "wage_garnishment", "certain"),
        (IN, "Drittschuldnerzahlung PfUEB gegen Krause", "Logistik Gross GmbH", "enforced_receipt", "certain"),
        (IN, "Zahlung 12 IN 7/26", "Insolvenzverwalter Dr. Kern", "customer_insolvency", "certain"),
        (OUT, "Zahlung an Insolvenzverwalter", "RA Kern", "insolvency_own", "probable"),
        (OUT, "Umstellung auf Pfaendungsschutzkonto", None, "other", "probable"),
    ],
)
def test_who_enforces_against_whom(amount: int, purpose: str, name: str | None, category: str, certainty: str) -> None:
    """A creditor's costs, a worker's wage and a customer's insolvency are not signs of the firm's own distress."""
    assert _of(amount, purpose, name) == (category, certainty)


ORDER = "Pfaendungs- und Ueberweisungsbeschluss 6 M 7/26"


@pytest.mark.parametrize(
    ("purpose", "name", "text", "category", "certainty"),
    [
        (ORDER, None, None, "garnishment", "certain"),
        (ORDER, "RA Kern", "PFAENDUNG", "garnishment", "certain"),
        (f"{ORDER} Lohnforderung Arbeitnehmer Novak", None, "PFAENDUNG", "garnishment", "certain"),
        (f"Kontopfaendung {ORDER} an 1. Glaeubiger", None, "SONDERBUCHUNG", "garnishment", "certain"),
        (ORDER, "RA Kern", "SONSTIGER EINZUG", "garnishment", "certain"),
        (ORDER, "Vollstreckungsstelle", "PFAENDUNG", "garnishment", "certain"),
        (ORDER, "Vollstreckungsstelle", None, "garnishment", "probable"),
        (ORDER, "", "UEBERWEISUNG", "garnishment", "certain"),
        (ORDER, "RA Kern", "UEBERWEISUNG", "garnishment", "probable"),
        (ORDER, "Inkasso Nord", None, "garnishment", "probable"),
        (f"{ORDER} Schuldner Zech", "Finanzamt Celle", None, "garnishment", "probable"),
        (f"{ORDER} RE 7", "Holz Meier", None, "garnishment", "probable"),
        (f"{ORDER} Lieferant Zech", "Finanzamt Celle", None, "supplier", "probable"),
        (f"{ORDER} gegen Zech, wir Glaeubiger", "RA Kern", None, "enforcement_cost", "certain"),
        (f"Gebuehr {ORDER}", "Amtsgericht Celle", None, "enforcement_cost", "probable"),
        (f"Zustellung {ORDER} an Drittschuldner", "Gerichtsvollzieher Ahrens", None, "enforcement_cost", "probable"),
        ("Drittschuldnerzahlung Lohn Pers.-Nr. 7", "Finanzamt Celle", None, "wage_garnishment", "certain"),
        ("Inkassoauftrag Schuldner Zech", "Inkasso Nord", None, "enforcement_cost", "certain"),
        ("Vollstreckungsankuendigung Mahngebuehr", "AOK Niedersachsen", None, "reminder_fee", "certain"),
    ],
)
def test_an_order_is_certain_where_the_bank_says_so(
    purpose: str, name: str | None, text: str | None, category: str, certainty: str
) -> None:
    """What the firm pays itself to whom creditors, employers and third-party debtors pay proves no order against it."""
    assert _of(OUT, purpose, name, text) == (category, certainty)


@pytest.mark.parametrize(
    ("purpose", "name"),
    [
        ("Pfaendungs- und Einziehungsverfuegung vom 3.11.26 Mueller Bau GmbH", "Finanzamt Celle"),
        ("Pfaendungs- und Einziehungsverfuegung Max Schulze", "Stadtkasse Celle"),
        ("Forderungspfaendung Mueller Bau GmbH StNr 17/220", "Finanzamt Celle"),
        ("Pfaendungsbetrag Mueller Bau GmbH", "Holz Meier"),
        ("Kontopfaendung Azubi Schulze", "Stadtkasse Celle"),
        ("PfUEB Mueller Bau, Restwerklohn", "Holz Meier"),
        ("Werklohnpfaendung Mueller Bau GmbH PfUEB 6 M 7/26", "Holz Meier"),
        ("Abtretung und PfUEB Werklohnanteil Mueller Bau", "Holz Meier"),
        ("Drittschuldnerzahlung PfUEB Honorar Zech", "Holz Meier"),
    ],
)
@pytest.mark.parametrize("text", [None, "UEBERWEISUNG", "SEPA-Überweisung"])
def test_who_owes_another_and_is_ordered_to_pay_its_creditor_is_not_declined(
    purpose: str, name: str, text: str | None
) -> None:
    """§ 840 ZPO: it pays a tax office for its subcontractor, or for a worker, and writes what the order is called."""
    assert _of(OUT, purpose, name, text) == ("garnishment", "probable")


@pytest.mark.parametrize(
    "purpose",
    [
        "Lohnpfaendung Zech",
        "PfUEB Arbeitslohn Zech",
        "PfUEB Lohn Zech",
        "Pfaendung Arbeitslohnanteil Zech",
        "Lohnpf. Zech",
        "Nettolohnpfaendung Az 12/26",
        "Aushilfslohnpfändung wg Forderung",
        "Pfändungs- und Überweisungsbeschluss Restlohnpfändung",
        "Pfändungs- und Überweisungsbeschluss Monatslohnanteil",
        "PfUEB Restlohn Zech",
        "Nettolohnabtretung Zech",
        "Aushilfslohnpf. Zech",
        "PfUEB Lohn Zech wegen Werklohn Holz Meier",
    ],
)
@pytest.mark.parametrize("name", ["Finanzamt Celle", None])
def test_the_wage_of_a_worker_is_no_werklohn(purpose: str, name: str | None) -> None:
    """Whichever word it is written with, and whether or not the bank names whom it is paid to."""
    assert _of(OUT, purpose, name) == ("wage_garnishment", "certain")


@pytest.mark.parametrize(
    "purpose", ["Restwerklohnpfaendung Zech", "PfUEB Werklohn Zech", "Werklohnpf. Zech", "Pfaendung Werklohnteil Zech"]
)
def test_a_werklohn_is_no_wage(purpose: str) -> None:
    """Also where another word stands before it."""
    assert _of(OUT, purpose, "Holz Meier")[0] != "wage_garnishment"


@pytest.mark.parametrize(
    ("purpose", "name", "text", "category"),
    [
        ("Pfaendung aufgehoben, Freigabe", None, "UMBUCHUNG PFAENDUNG", "garnishment"),
        ("Pfaendung aufgehoben, Freigabe", None, None, "garnishment"),
        ("Forderung erledigt, bitte Pfaendung aufheben", "R. Zech", "GUTSCHRIFT", "enforced_receipt"),
        ("Freigabe nach Pfaendung Guthaben Zech", "Sparkasse Nord", "GUTSCHRIFT", "enforced_receipt"),
    ],
)
def test_a_debtor_who_pays_after_a_garnishment_is_the_firms_debtor(
    purpose: str, name: str | None, text: str | None, category: str
) -> None:
    """Only the bank's own booking says that an order against the firm was lifted."""
    assert _of(IN, purpose, name, text)[0] == category


@pytest.mark.parametrize(
    ("amount", "purpose", "name", "category"),
    [
        (OUT, "Beitraege inkl. Insolvenzgeldumlage", "AOK Niedersachsen", "social_security"),
        (OUT, "Sonnenschutzschirme Terrasse Auftrag 7", "Gastro Lienhard", "supplier"),
        (OUT, "Hausgeld WEG Ring 4 Eigenverwaltung", "WEG Ring 4", "rent"),
        (OUT, "Insolvenzantrag gegen Schuldner Zech", "Justizkasse Celle", "enforcement_cost"),
        (OUT, "Anmeldung Insolvenzforderung Zech", "Justizkasse Celle", "enforcement_cost"),
        (OUT, "Eigener Insolvenzantrag gegen Gebuehr", "Justizkasse Celle", "insolvency_own"),
        (OUT, "Verguetung vorl. Sachwalter", "Kanzlei Kern", "insolvency_own"),
        (OUT, "Guthaben Insolvenzverfahren Schuldner Musterbetrieb", "RA Kern Insolvenzverwalter", "insolvency_own"),
        (OUT, "Insolvenzeroeffnung Schuldnerin Musterbetrieb", None, "insolvency_own"),
        (OUT, "Massekostenvorschuss Insolvenzantrag Schuldner", "Justizkasse Celle", "insolvency_own"),
        (OUT, "Glaeubigerantrag Insolvenz Zech Vorschuss", "Rechtsanwälte Bode", "enforcement_cost"),
        (IN, "Zahlung vorl. Insolvenzverwalter Zech GmbH", "RA Kern", "customer_insolvency"),
        (IN, "Zech GmbH in Eigenverwaltung, Sachwalter stimmt zu", "Zech GmbH", "customer_insolvency"),
        (IN, "Rechnung 7 Software", "Kanzlei Kern Insolvenzverwalter", "customer_receipt"),
        (IN, "Corona-Schutzschirm Billigkeitsleistung", "Bezirksregierung", "subsidy"),
        (IN, "Insolvenzgeldvorfinanzierung", "Volksbank Nord", "insolvency_own"),
    ],
)
def test_whose_insolvency_it_is(amount: int, purpose: str, name: str, category: str) -> None:
    """A levy of every employer, a customer's administrator and words within words are no sign of the firm's own."""
    assert _of(amount, purpose, name)[0] == category


@pytest.mark.parametrize(
    ("amount", "purpose", "name", "text", "category"),
    [
        (IN, "Nachzahlung Ruecklastschrift Mitglied 7", "T. Wenz", "GUTSCHR. UEBERWEISUNG", "customer_receipt"),
        (IN, "Ausgleich Ruecklastschrift Mitglied 7", "T. Wenz", "RUECKLASTSCHRIFT", "returned_debit"),
        (IN, "Lastschrift kam zurueck", "T. Wenz", "GUTSCHR. UEBERWEISUNG", "customer_receipt"),
        (IN, "Lastschrift kam zurueck", "T. Wenz", "GUTSCHRIFT", "returned_debit"),
        (IN, "Lastschrift kam zurueck", None, "GUTSCHR. UEBERWEISUNG", "returned_debit"),
        (IN, "Lastschrift zurueck AM04", "T. Wenz", "GUTSCHR. UEBERWEISUNG", "returned_debit"),
        (IN, "Ausgleich Ruecklastschrift AM04", "T. Wenz", None, "returned_debit"),
        (OUT, "Ausgleich Ruecklastschrift Juli", "Telefonica Germany", None, "communication"),
        (IN, "Rueckbuchung Kontofuehrungsentgelt", None, "GUTSCHRIFT", "refund_received"),
        (IN, "Rueckbuchung Lastschrift Entgelt 3,00", None, "GUTSCHRIFT", "returned_debit"),
        (IN, "Rueckrechnung Betriebskosten 2025", "Immo Weiß", None, "refund_received"),
        (IN, "CHARGEBACK REVERSAL DISPUTE WON", "Stripe Technology", None, "provider_payout"),
        (IN, "Chargeback Direct Debit", "Stripe Technology", None, "returned_debit"),
        (IN, "Rueckgabe auf Ihren Wunsch Lastschrift 7", "Werft GmbH", "LS RUECKGABE", "returned_objection"),
    ],
)
def test_what_came_back_is_told_from_what_was_made_good(
    amount: int, purpose: str, name: str | None, text: str | None, category: str
) -> None:
    """A customer that pays after its debit came back, and the bank's or a supplier's own reversals, are no returns."""
    assert _of(amount, purpose, name, text)[0] == category


@pytest.mark.parametrize(
    ("amount", "purpose", "name", "category"),
    [
        (OUT, "Unterhalt Pfaendung Brand 08.2026 Pers 22", "Jugendamt Celle", "wage_garnishment"),
        (OUT, "Pfaendungsmodul Lohn", "DATEV eG", "software"),
        (OUT, "Entgelt fuer Transaktion 7", None, "other"),
        (IN, "Gutschrift der Transaktion 7", "K. Lind", "other"),
        (IN, "Details Einzelrechnung RE 7", "K. Lind", "customer_receipt"),
        (OUT, "Rest Vorauszahlung Auftrag 7", "Holz Meier", "supplier"),
        (IN, "Lastschrift ging zurueck, hier die Ueberweisung", "L. Voigt", "returned_debit"),
    ],
)
def test_a_phrase_does_not_begin_within_a_word(amount: int, purpose: str, name: str | None, category: str) -> None:
    """The end of "Unterhalt" is no "lt.", that of "für" no R-transaction, that of "Details" no Lastschrift."""
    assert _of(amount, purpose, name)[0] == category


@pytest.mark.parametrize(
    ("amount", "purpose", "name", "category"),
    [
        (OUT, "LOAN REPAYMENT AUG 2026", "Funding Partner DAC", "loan_service"),
        (OUT, "Monthly instalment 4/24 working capital loan", "Fintech BV", "loan_service"),
        (OUT, "CREDIT LINE REPAYMENT", "Fintech BV", "loan_service"),
        (OUT, "Cash Advance Rueckzahlung", "SumUp Limited", "loan_service"),
        (OUT, "Abloesung Kontokorrent", "Volksbank Nord eG", "loan_service"),
        (OUT, "Tilgung offener Posten RG 7", "Holz Meier", "supplier"),
        (OUT, "Tilgung offener Posten RG 7", "Volksbank Nord eG", "loan_service"),
        (OUT, "Bereitstellungszins Kreditlinie", None, "bank_fee"),
        (OUT, "Mietrate 7", "BNP Paribas Lease Group", "lease"),
    ],
)
def test_debt_service_in_other_words(amount: int, purpose: str, name: str | None, category: str) -> None:
    """English lenders, advances of payment providers; to pay off an invoice is none, unless a bank is paid."""
    assert _of(amount, purpose, name)[0] == category


@pytest.mark.parametrize("purpose", ["Spende", "Kaution", "privat", "Rechnung 7", "Umbuchung", None])
@pytest.mark.parametrize(
    ("name", "category"),
    [("iwoca Deutschland GmbH", "loan_service"), ("Deutsche Leasing AG", "lease"), ("BMW Bank GmbH", "lease")],
)
def test_a_purpose_does_not_hide_a_lender(purpose: str | None, name: str, category: str) -> None:
    """The firm words what it pays itself; to whom it pays says more."""
    assert _of(OUT, purpose, name) == (category, "certain")


@pytest.mark.parametrize("amount", [-5000, -5001])
def test_a_fee_for_a_return_is_small(amount: int) -> None:
    """Up to 50 euro, text with a fee is the fee; above, it is the returned debit with its fee."""
    expected = "return_fee" if amount == -5000 else "returned_customer_debit"
    assert _of(amount, "Ruecklastschrift Beitrag zzgl. Entgelt 3,00")[0] == expected


@pytest.mark.parametrize(
    "purpose",
    [
        "Pfändungs- und Überweisungsbeschluss",
        "PFAENDUNGS- UND UEBERWEISUNGSBESCHLUSS",
        "Pfandungs- und Uberweisungsbeschluss",
        "Pfa\u0308ndungs- und U\u0308berweisungsbeschluss",
        "EREF+7 MREF+M-2 CRED+DE98ZZZ09999999999 SVWZ+Pfaendungs- und Ueb erweisungsbeschluss",
        "Pfaendungs- und Ueberweisun gsbeschluss",
        "Pfaendungs- und Ueberweisun\ngsbeschluss",
        "Zahlung an Glaeubiger Pfaen dungs- und Einziehungsverfu egung",
    ],
)
def test_a_text_is_read_in_any_spelling(purpose: str) -> None:
    """Umlauts as letters, as two letters, without dots; tags of SEPA; lines of 27 characters."""
    assert _of(OUT, purpose) == ("garnishment", "certain")


@pytest.mark.parametrize("word", ["Leasingrate", "Tilgungsrate", "Mietkaufrate", "Gehaltszahlung"])
@pytest.mark.parametrize("start", ["", "SVWZ+"])
def test_a_word_is_found_wherever_a_bank_breaks_it(word: str, start: str) -> None:
    """At each of its letters, in the first and in the second line of 27 characters."""
    whole = _of(OUT, word)
    for before in range(27 - len(word), 54):
        text = f"{start}{'Az 7 ' * 20}"[:before] + f" {word} August"
        cut = " ".join(text[at : at + 27] for at in range(0, len(text), 27))
        assert _of(OUT, cut) == whole, cut


def _marked(*rows: tuple[int, str | None, str | None, str | None]) -> pl.DataFrame:
    return lines(*rows).with_columns(is_private=pl.lit(value=True))


def test_what_the_firm_marked_as_private_is_its_owners() -> None:
    """Trade, running costs, and what nobody knows."""
    found = categorise(
        _marked(
            (OUT, "Miete", None, None),
            (OUT, "RE 7", "Holz Meier", None),
            (OUT, "Beitrag", "AOK Niedersachsen", None),
            (OUT, "wie besprochen", "K. Lind", None),
            (IN, "Rechnung 7", None, None),
            (IN, "Steuererstattung", "Finanzamt Celle", None),
        )
    )
    assert found["category"].to_list() == ["owner_drawing"] * 4 + ["owner_contribution"] * 2
    assert set(found.select("certainty", "rule").rows()) == {("certain", "owner/marked")}


@pytest.mark.parametrize(
    ("amount", "purpose", "name", "text", "category"),
    [
        (OUT, "Pfaendungs- und Einziehungsverfuegung gegen Sie", None, "PFAENDUNG", "garnishment"),
        (OUT, "Drittschuldnerzahlung Lohn Pers.-Nr. 7", "Finanzamt Celle", None, "wage_garnishment"),
        (OUT, "Eigenantrag Massekosten", "Justizkasse Celle", None, "insolvency_own"),
        (IN, "Auszahlung", "iwoca Deutschland GmbH", None, "loan_proceeds"),
        (IN, "Auszahlung Darlehen 7", "Volksbank Nord eG", None, "loan_proceeds"),
        (OUT, "Rate 7", "iwoca Deutschland GmbH", None, "loan_service"),
        (OUT, "Darlehensrate 7", "Volksbank Nord eG", None, "loan_service"),
        (OUT, "Rate 7", "Deutsche Leasing AG", None, "lease"),
        (IN, "Auszahlung", "Coface Finanz Factoring", None, "factoring_payout"),
        (IN, "RUECKLASTSCHRIFT RE-7 Grund MS03", None, None, "returned_debit"),
        (OUT, "R-Transaction AC04", None, None, "returned_customer_debit"),
        (-300, "Entgelt Ruecklastschrift", None, None, "return_fee"),
        (OUT, "Mahngebuehr Rechnung 7", "Stadtwerke Celle", None, "reminder_fee"),
        (OUT, "Umsatzsteuer 10/26", "Finanzamt Celle", None, "vat"),
        (OUT, "Einkommensteuer Vorauszahlung", "Finanzamt Celle", None, "income_tax"),
    ],
)
def test_a_mark_as_private_hides_no_debt_tax_or_distress(
    amount: int, purpose: str, name: str | None, text: str | None, category: str
) -> None:
    """One click in the books: what is said of the line stays what is said of it without the mark, its funder too."""
    row = (amount, purpose, name, text)
    found = categorise(_marked(row))
    assert found["category"].to_list() == [category]
    assert found.equals(categorise(lines(row)))


def test_a_lenders_rule_and_a_person_say_what_a_marked_line_is() -> None:
    """Before and after the mark alike: a private mortgage that counts as debt can be corrected."""
    marked = _marked((OUT, "Darlehensrate 7", "Volksbank Nord eG", None))
    assert categorise(marked, corrections={"1": "owner_drawing"})["category"].to_list() == ["owner_drawing"]


def test_lines_without_any_text_are_of_no_kind() -> None:
    """Null and empty texts, and no lines at all."""
    found = categorise(lines((IN, None, None, None), (OUT, "", "", ""), (0, " ", None, "x")))
    assert found["category"].to_list() == ["other"] * 3
    assert found["rule"].to_list() == [None] * 3
    empty = categorise(pl.DataFrame(schema=SCHEMA))
    assert empty.schema == {"category": CATEGORY, "certainty": CERTAINTY, "rule": pl.String(), "funder": pl.String()}
    assert empty.height == 0


@pytest.mark.parametrize(
    ("days", "certain"),
    [
        ([date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)], [False, False, True]),
        ([date(2026, 5, 1), date(2026, 5, 26), date(2026, 6, 20)], [False, False, True]),
        ([date(2026, 5, 1), date(2026, 5, 25), date(2026, 6, 19)], [False, False, False]),
        ([date(2026, 5, 1), date(2026, 6, 5), date(2026, 7, 10)], [False, False, True]),
        ([date(2026, 5, 1), date(2026, 6, 6), date(2026, 7, 10)], [False, False, False]),
        ([date(2026, 5, 1), date(2026, 7, 1), None], [False, False, False]),
    ],
)
def test_the_third_equal_instalment_in_a_row_is_certain(days: list[date | None], certain: list[bool]) -> None:
    """25 to 35 days apart, to one counterparty. Only earlier lines count: at no day does a later line change one."""
    row = (-40_000, "Kredit 7", "K. Lind", None)
    dated = lines(row, row, row).with_columns(value_on=pl.Series(days, dtype=pl.Date))
    assert (categorise(dated)["certainty"] == "certain").to_list() == certain
    assert (categorise(dated[::-1])["certainty"] == "certain").to_list() == certain[::-1]
    others = dated.with_columns(name=pl.Series(["K. Lind", "A. Ott", "K. Lind"]))
    unequal = dated.with_columns(amount_cents=pl.Series([-40_000, -40_001, -40_000]))
    for frame in (others, unequal):
        assert (categorise(frame)["certainty"] == "probable").all()


def test_unreadable_amounts_and_marks_do_not_stop_the_rest() -> None:
    """Null is no money and no mark."""
    some = lines((OUT, "Miete", None, None), (OUT, "Miete", None, None)).with_columns(
        amount_cents=pl.Series([None, OUT]), is_private=pl.lit(None, dtype=pl.Boolean)
    )
    assert categorise(some)["category"].to_list() == ["other", "rent"]


def test_a_correction_comes_before_everything() -> None:
    """By the line's id, certain; other lines stay as they are, and unknown ids do not matter."""
    some = lines((OUT, "Miete", None, None), (OUT, "Miete", None, None)).with_columns(
        is_private=pl.Series([True, False])
    )
    found = categorise(some, corrections={"1": "lease", "77": "rent"})
    assert found.drop("funder").rows() == [("lease", "certain", "correction"), ("rent", "certain", "rent/word")]


@pytest.mark.parametrize("line", ["7" * 64, "9223372036854775808", "01", "\u0661", "-1", "x"])
def test_a_correction_of_what_is_no_line_does_not_matter(line: str) -> None:
    """However large the number, and however else the identifier of a line might be written."""
    found = categorise(lines((OUT, "Miete", None, None)), corrections={line: "lease"})
    assert found.drop("funder").rows() == [("rent", "certain", "rent/word")]


@pytest.mark.parametrize("amount", [OUT, 0, IN])
@pytest.mark.parametrize("category", sorted(DIRECTIONS))
def test_a_correction_counts_where_the_money_goes_that_way(amount: int, category: str) -> None:
    """What is paid is no receipt, whoever says so; an amount of zero goes no way."""
    fits = DIRECTIONS[category] == Direction.EITHER or amount == 0 or (amount > 0) == (DIRECTIONS[category] == "in")
    found = categorise(lines((amount, "wie besprochen", "K. Lind", None)), corrections={"1": category})
    assert found.drop("funder").rows() == [(category, "certain", "correction") if fits else ("other", "probable", None)]


def test_each_line_is_recognised_by_itself() -> None:
    """Many lines at once, in any order, are recognised as one by one."""
    texts = ["Miete", "RE 7", "Pfaendung", "Leasingrate", "Gehalt", "wie besprochen", "Kredit 7"]
    rows = [(sign * (100 + number), text, None, None) for number, text in enumerate(texts * 3) for sign in (1, -1)]
    together = categorise(lines(*rows)).rows()
    assert together == [categorise(lines(row)).row(0) for row in rows]
    assert categorise(lines(*rows[::-1])).rows() == together[::-1]
