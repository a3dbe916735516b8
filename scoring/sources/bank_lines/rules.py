"""The rules for bank lines: which words and which counterparty make a line what it is.

The first rule that fits decides. What happened to a debit, a garnishment or an insolvency comes first; then whose money
it is; then who the counterparty is; then what the text only mentions; an invoice's number comes last. A rule is certain
where counterparty or wording leave no other meaning, and probable where a single word might mean something else.

Rules look for phrases in texts in one spelling (``text.phrases`` explains the notation). Besides, ``&`` joins phrases
that must all be there, and ``@`` stands before phrases that only count in the bank's own booking text.
"""

from dataclasses import dataclass
from enum import StrEnum

from scoring.sources.bank_lines import counterparties as known


class Direction(StrEnum):
    """Which way the money goes."""

    IN = "in"
    OUT = "out"
    EITHER = "either"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One way to recognise a category. All that it names must hold."""

    id: str
    """Stable: it is recorded with the facts. Several wordings of one rule have the same."""
    category: str
    direction: Direction
    words: str | None = None
    """In the purpose or the bank's booking text."""
    with_words: str | None = None
    """There, too."""
    party: str | None = None
    """In the counterparty's name; in the purpose where the bank gave no name."""
    mention: str | None = None
    """Anywhere."""
    unless: str | None = None
    """Nowhere: texts that look alike and mean something else."""
    is_named: bool | None = None
    """Whether the bank must name the counterparty (true) or must not (false). The bank's own bookings name none."""
    names_invoice: bool | None = None
    """Whether the purpose must name an invoice (true) or must not (false)."""
    at_most_cents: int | None = None
    """Largest amount, whatever its sign."""
    is_certain: bool = True


IN, OUT, EITHER = Direction.IN, Direction.OUT, Direction.EITHER

INVOICE = (
    " rechnung(en|s)? | rechnungs?~(nr|nummer)|(abschlags|schluss|teil|anzahlungs|einzel|honorar|bau)rechnung"
    "| rech | rechn | re~#"
    "| re~nr| renr| rg~#| rg~(nr|r)| r~nr| rnr| r~#| re (r|sr|ar|rg|inv)~#| (a|s)r~#| beleg | invoice| inv~#"
    "| faktura | fakt"
    "| re ?: ?#| rn # | rgnr| re (vom|v) | rg (vom|v) "
)
"""A purpose that names an invoice. Banks also write ``Abrechnung`` and ``Rechnungsabschluss``, which are none."""

_RETURN = (
    "ruecklast|rucklast|lastschr~rueck| ls~rueckgabe|rueckgabe (sepa~)?(lastschr|ls )|sepa~rueckgabe|rueckgabegrund"
    "|rueckgabe (grund|wegen)|rueckbelast|rueckrechn|rueckbuch| retoure? sepa|lastschrift~retour| r~transa(k"
    "|c)tion|charge~back"
    "|return refund|return(ed)? (direct |sepa )?debit|direct debit return|nicht eingeloest|nichteinloes"
    "|mangels (konto)?deckung"
    "|mangels deckung|(fehlender?|ungenuegender?|keine|unzureichender?|mangelnder?) (konto)?deckung|unpaid direct"
    "|insufficient funds| rls | rlg | retoure? (am|ms|md|ac)#|lastschrift konnte nicht|storno lastschr"
    "|lastschrift~widerspr"
    "|widerspruch lastschr|lastschrift & zurueck|lastschrift & retour|( ls|lastschrift) unbezahlt|deckungsmangel"
    "|ungedeckte"
    "|nicht gedeckt|rueckgabe lastschr| rueckl lastschr|sepa reject|reject sepa|lastschr & nicht ausgef"
    "|rueckueberw lastschr"
    "|reversal & debit|rueckbelastet|ruecklauf~lastschr|rueckruf lastschr|lastschriftretoure"
)
_CODE = " am0(4|5) | ms0(2|3) | md0(1|2|6|7) | ac0(1|4|6) | ac13 | ag0(1|2) | be05 | sl01 | ff05 | rr0(1|2|3|4) "
_WEAK_RETURN = " retoure | rueckgabe |zurueckgegeben| retour |rueckl "
_NO_RETURN = (
    "retouren|retoure (auftrag|bestell|ware|artikel|sendung|paket|zu )|(waren|paket)retoure"
    "|ruecklastschrift~(vers|schutz)"
    "| (ihrer|meiner|unserer) abbuchung|nach ruecklast|wegen ruecklast|statt lastschrift"
    "|seminar|schulung"
    "|(rueckrechn|rueckbuch)(ung)? (betriebskost|nebenkost|strom|gas|material|miete|kartenzahl|kreditkart|ueberweis"
    "|kontofuehr|gebuehr|entgelt|zins)"
)
_MADE_GOOD = (
    "(ausgleich|begleichung|bezahlung|nachzahlung|ersatz) (der |ihrer |fuer |zur |zu |aus |f )?(ruecklast|rls "
    "|rueckbuch)"
    "|(zahlung|ueberweisung) (der |fuer |zur |zu )(ruecklast|rls |rueckbuch)"
)
_OBJECTION = (
    " md0(1|2|6|7) | ms02 | sl01 |widerspr|bestritten|kundenwunsch|auftrag des kunden|refused by debtor"
    "|kein gueltiges mandat"
    "|(ohne|fehlendes|kein) mandat|unauthori(s|z)ed|nicht autorisiert|mandat (ungueltig|fehlt|nicht)|disputed"
    "|unberechtigt|(auf )?(ihren|kunden) wunsch|zurueckgewiesen durch zahler|wunsch des (kunden|zahler)"
)
_COVER = " am0(4|5) | ms03 |deckung|insufficient|ungedeckt|nicht gedeckt"
_FEE = "gebuehr| geb |entgelt| entg |spesen|preis (fuer|f )| fees? |pauschale"

_SEIZURE = "pfaendung|pfueb|einziehungsverf|exekution"
_WAGE = "lohn(~pfaend| (und |u )gehaltspfaend|abtretung|anteil|teil)|lohn & pfueb|lohn~pf "
"""Also at the end of another word: Nettolohn, Restlohn. Of these only a Werklohn is no wage: a builder is owed it."""
_WORKER = (
    "( |arbeits)lohn(~pfaend| (und |u )gehaltspfaend|abtretung|anteil|teil)|gehalts?~pfaend|unterhalts~pfaend"
    "|gehaltsabtretung"
    "|pfaendb|lohnexekution|gehaltsexekution|bezuegepfaend|pfaendung (lohn|gehalt|mitarb|arbeitn|an #|pers )"
    "|( |arbeits)lohn & pfueb"
    "|arbeitseinkommen|unterhalt & pfaendung"
)
_EMPLOYEE = (
    " arbeitnehmer| mitarbeiter| pers(onal)?~n| an #| schuldner an | dn | ma~nr| lohn | gehalt |angestellte"
    "|beschaeftigte| azubi "
)
_ORDER = (
    "pfaendungs (und |u )?(einziehungs|ueberweisungs)|pfaendungs ?u ?(e|ue)|einziehungsverf|konto~pfaendung"
    "|forderungspfaendung|vorpfaendung|drittschuldner| pfueb |pfaendungsbeschluss|pfaendungsverfuegung"
    "|pfaendungsbetrag|pfaendungsueberw|ueberweisungsexekution|forderungsexekution|vorlaeufiges zahlungsverbot"
    "|arrestbeschluss|arrestpfaendung|gepfaendet|fahrnisexekution|gehaltsexekution konto|bankpfaendung"
    "|pfaendungsnr|pfaendungsgebuehr|pfaendungsbearb|pfaendungsabf"
)
_FOR_A_CREDITOR = (
    "( aufgrund| wegen| wg| lt| laut| auf grund) pfaendung|auskehrung & pfaendung|pfaendung & finanzamt"
    "|pfaendung & glaeubig|pfaendung &  aok |pfaendung & hauptzollamt|pfaendung & krankenkasse|pfaendung & stadtkasse"
    "|pfaendung & # m |pfaendung &  ag |pfaendung & amtsgericht|pfaendung &  az |pfaendung & forderung"
)
"""Without the name of an order: the bank says so of the firm's account, an employer of a worker's wage."""
_COURT = (
    "amtsgericht|landgericht|mahngericht|arbeitsgericht|bezirksgericht|gerichtskasse|justizkasse|landesoberkasse"
    "|justizzahlstelle|zahlstelle justiz"
)
_OTHERS_ORDER = " gegen kunde|unsere? ford|antrag pfueb|wir (sind |als )?glaeubiger|glaeubiger wir|als glaeubiger"
_PROTECTED = "pfaendungsschutz|pfaendungsfrei| p konto | pkonto |pfaendungs~freibetrag"
_OWN_CLAIM = (
    "kostenvorschuss|unser(e|er)? ford|unser(e|er)? forderung|gegen kunde|gegen schuldner|unser(e|er"
    "|em)? (schuldner|kunde)"
    "|antragsteller|vollstreckungsauftrag|antrag pfueb|glaeubiger wir| vorschuss"
)
_ENFORCING = "gerichtsvollz|vollstreck|pfaendung|pfueb|mahnbescheid|klage|gericht|exekution"
_LESSON = "pfaendungs(modul|rechner|tabelle|software)|seminar|schulung|fachbuch|lehrgang|workshop|vortrag"
_OWN_INSOLVENCY = (
    "massekosten|eigenantrag|insolvenz~eroeffnung|insolvenzantrag|eigenverwaltung| schutzschirm|insolvenzgeld"
    "|massekredit|massedarlehen"
    "|insolvenz (sonder|ander|hinterlegungs|treuhand)~?konto|insolvenz(sonder|ander|hinterlegungs|treuhand)konto"
    "|vorl(aeufige(r|n)?)? (insolvenz|sach)|sachwalter| in in unserer|in unserer (insolvenz|sache)"
    "|sanierungsverfahren|insolvenzmasse & uebertrag|insolvenzmasse & kontoaufl| starug |konkurseroeffnung"
    "|insolvenzgericht|glaeubigerausschuss|insolvenzausfallgeld"
)
_NO_INSOLVENCY = "umlage| weg |hausgeld|(corona|rettungs|energie) ?schutzschirm|billigkeitsl|altlast"
_OUR_INSOLVENCY = "eigenantrag|eigener|massekosten|unser(er|em|en)? insolv|in unserer sache|anfechtung"
_QUOTE = (
    "(insolvenz|inso|konkurs|masse|sanierungsplan)~quote|quote & insolv|quote & verfahren|quote & verteil"
    "|quote & tabelle"
    "|quote & forderungsanm|quote &  inso |quotenzahlung|schlussverteilung|abschlagsverteilung|angemeldete forderung"
    "|insolvenztabelle|insolvenz~tab| in # & quote|verteilung & insolv|verteilung &  inso "
    "|nachtragsverteilung"
    "|insolvenzplan & quote|insolvenzplanquote|insolvenzverf & quote|quote & masse"
)

_REFUND = (
    "erstatt| erst |rueckzahl|rueckverguet|guthaben|rueckueberw| refund|ueberzahl|storno|auszahl| gutschrift (zu"
    "|est|ust|gew)"
    "|erst~betr|gutschr"
)
_VAT = (
    " ums~st|umsatzst| ust | ust~#| ust~(va|voranm|vorausz|nachz|abschl|sonder|zahl|jan|feb)| u st |mehrwertst| mwst "
    "|umsatzsteuer"
)
_PAYROLL_TAX = " lohnst| lst |kirchenst|lohn~steuer| lst~(anm|#)| l 0| l 1| db 0| db 1|lohnabgaben"
_INCOME_TAX = (
    "eink~st|einkommenst| est | est~(vorausz|vz|nachz|abschl|#)|koerperschaftst|koerpersch~st|koerp~st| kst "
    "| kst~(vorausz|vz|#)"
    "|solidaritaetszu| soli | solz |kapitalertragst| kapst | kest |abgeltungst"
)
_TRADE_TAX = "gewerbest| gewst|gew~st |gew~st~#|gewerbe steuer|gewerbeertragst"
_OTHER_TAX = (
    "kfz~st|kraftfahrzeugst|grundst|grunderwerbst|hundest|vergnuegungst|vergnuegungsst|zweitwohnungst|einfuhrabg"
    "|kommunalst"
    "| steuer| stnr | st~nr | steuernr|uebernachtungst|tourismusabg| zoll|bettenst|abgabenkonto|einfuhrums"
    "|stromsteuer"
    "|energiesteuer|lustbarkeit|fremdenverkehrsabg|werbeabgabe|kurtaxe|kurabgabe|ortstaxe|erbschaftst|schenkungst"
    "|abfallabg"
)
_ANY_TAX = f"{_VAT}|{_PAYROLL_TAX}|{_INCOME_TAX}|{_TRADE_TAX}|{_OTHER_TAX}|steuer"
_NO_TAX = (
    "steuerberat|steuerhilfe|steuerkanzlei|steuergeraet|steuerung |(inkl|incl|einschl|zzgl|zuzuegl|exkl|netto"
    "|brutto) ust"
    "|(inkl|incl|einschl|zzgl|zuzuegl|exkl|netto|brutto) (gesetzl )?(umsatzst|mehrwertst|mwst)|steuerliche beratung"
    "|sonderpruefung|(19|7|20|10) (umsatzst|mwst|ust|mehrwertst)|steuererkl|steuerseminar|steuerrecht"
)
_LOAN_WORD = (
    "darl leistung|darlehens?~(rate|leistung|zins|tilg|annuit|rueckz|abl)| tilgung|sondertilg|annuitaet|tilgungsrate"
    "|kredit~(rate|zins|rueckz|tilg|leistung|abl|abdeck)|kreditkonto|ratenkredit|unternehmerkredit"
    "|betriebsmittelkredit"
    "|investitionskredit|zins(en)? (und |u )?tilg|sollzins|ueberziehungszins|kontokorrentzins|kontokorrentkredit"
    "|dispozins"
    "|rueckzahlung & darlehen|rueckzahlung & kredit|rueckfuehrung & darlehen|rueckfuehrung & kredit"
    "|darlehen & rate |darlehen & tilg"
    "|kredit & rate |kredit & tilg|kredit & leistung|darlehen & leistung|leistungsrate|wachstumskredit"
    "|firmenkredit|businesskredit"
    "|flexi~kredit| kfw & rate| kfw & leistung|kredit~nr |kreditnr|kreditvertrag|darl #|darl (nr|kto|konto)"
    "| darl & rate| darl & tilg"
    "| darl & zins|zinsen darl|zinsen kredit|zins & darlehen|darlehenskonto|schuldzins|kapitaldienst|debetzins"
    "|sollzs|foerderkredit"
    "|foerderdarlehen|gruenderkredit|startgeld & rate|schnellkredit|soforthilfekredit|coronakredit|corona kredit"
    "|kreditlinie"
    "|ueberziehungsprov|zinsbelastung|kreditverbindl|abloesung & (kontokorrent|kredit|darlehen)|verbraucherdarl"
    "| loan~(repay|instal|interest|rate)|repayment & ( loan|credit line|facility)|credit~line & (repay|instal|rate)"
    "|instal(l)?ment &  loan|cash advance & (repay|rueckz|rate)|(zinsabschl|zinsen) & kontokorrent|finanzkauf & rate"
    "|(rueckfuehrung|rueckzahlung|abloesung) & (betriebsmittellinie|kreditrahmen|kreditlinie|kontokorrent)"
)
_NO_LOAN = (
    "darlehen an |kredit an |kredit~kart|kreditvers|kreditor|kreditvermitt|restschuld|ges(ellschafter)?~darl"
    "|strafbefehl|leasing"
    "|mietkauf|kartenzahl|kreditauskunft|kreditprov|kreditreform|buchhandl|bereitstellungs(zins|prov)|buergschaftsprov"
)
_PAYS_OFF_INVOICE = "tilgung (der |von |ihrer |unserer )?(rechn|rg |re |rueckst|forderung|offene|op |verbindl)"
_LEASE_WORD = (
    "leasing~(rate|entgelt|gebuehr|sonder|vertr|zahl|beitr)|mietkauf"
    "| leasing |kfz~leasing|leasing #|lsg rate| lease |leasingr|leas rate|fahrradleasing"
)
_NO_LEASE = "leasing~rueckl|leasingberat"
_LOAN_PAID_OUT = (
    "(darlehens?|kredits?|finanzierungs?)~(auszahl|valut|bereitst|betrag)|auszahlung & darlehen|auszahlung & kredit"
    "|auszahlung & finanzierung|kredit & ausgezahlt|darlehen & ausgezahlt|kredit & valut|darlehen & valut"
    "|kredit & tranche"
    "|darlehen & tranche|kredit & abruf|darlehen & abruf|valutierung|kreditzuzaehl|darlehenszuzaehl"
    "|teilvalut"
    "|ratenkredit ausz|loan (disbursement|payout)|disbursement & loan|kreditabruf|darlehensabruf|darlehensgutschr"
    "|kreditinanspr"
)
_OWN_ACCOUNT = (
    "eigenes? konto|eigenen konten|eigenkonto|eigenuebertrag|rueckuebertrag|interner? (uebertrag|transfer|umbuch)"
    "|kontoausgleich"
    "|@umbuchung|@uebertrag|@termingeld|@kontouebertrag|@festgeld|festgeld (faellig|anlage)|(auf|von"
    "|vom) (tagesgeld|festgeld|ruecklagenk)"
    "|own account|cash pool|cashpool|uebertrag (von|auf|zu|vom) (geschaefts|giro|tagesgeld|spar|konto|ruecklag"
    "|haupt|unter)"
    "|umbuchung (von|auf|zu|vom) (geschaefts|giro|tagesgeld|spar|konto|ruecklag|haupt|unter)|umb (v|a) konto"
    "|kontouebertrag"
)

_FEE_AT_MOST = 5000
"""Cents. Fees for a returned debit are smaller; a larger amount is the debit itself with its fee."""

_RETURNS: tuple[Rule, ...] = (
    Rule(
        id="return/insurance",
        category="insurance",
        direction=OUT,
        words="ruecklastschrift~(vers|schutz)",
    ),
    Rule(
        id="return/fee",
        category="return_fee",
        direction=OUT,
        words=(
            "benachrichtigungsentgelt| r geb | rgeb |fremde? (bank)?(spesen|gebuehr|entgelt)|rueckl~geb"
            "|ruecklastschriftgeb"
            "|(ruecklastschrift|rueckgabe|retouren|rueckbelastungs|nichteinloesungs|rls|rlg|chargeback) ?(gebuehr"
            "|geb |entgelt|spesen|kosten|pauschale|fee)"
            "|preis fuer & ablehnung|unterrichtung & lastschr|bankspesen & ungedeckt|bankspesen & ruecklast"
        ),
        unless="mahn|umsatz",
        at_most_cents=_FEE_AT_MOST,
    ),
    Rule(
        id="return/fee",
        category="return_fee",
        direction=OUT,
        words=f"{_RETURN}|{_CODE}|{_WEAK_RETURN}|ablehnung lastschr",
        with_words=_FEE,
        unless="mahn|retouren|gutschrift",
        at_most_cents=_FEE_AT_MOST,
    ),
    Rule(
        id="return/customer_debit",
        category="returned_customer_debit",
        direction=OUT,
        words=f"{_RETURN}|@(retoure|rueckgabe)",
        unless=f"{_NO_RETURN}|{_MADE_GOOD}|versicherung| mahn|dauerauftrag",
    ),
    Rule(
        id="return/customer_debit",
        category="returned_customer_debit",
        direction=OUT,
        mention=known.PROVIDER,
        words=" dispute|rueckbuch|kaeuferschutz|kaeuferbeschw|rueckbelast|reklamation",
    ),
    Rule(
        id="return/own_transfer",
        category="refund_received",
        direction=IN,
        words=(
            "rueckueberw|rueckbuchung ueberw|ueberweisung & retour|ueberweisung & zurueck|retoure? ueberw"
            "|empfaenger unbekannt|ueberweisungsrueck"
        ),
        unless="lastschr",
        is_certain=False,
    ),
    Rule(
        id="return/made_good",
        category="customer_receipt",
        direction=IN,
        words=_RETURN,
        with_words="@gutschr|@ueberw",
        unless=f"{_CODE}|{_COVER}|@(ruecklast|retour|rueckgabe|rls|storno|r~trans)",
        names_invoice=True,
        is_certain=False,
    ),
    Rule(
        id="return/made_good",
        category="customer_receipt",
        direction=IN,
        words=_MADE_GOOD,
        unless=f"{_CODE}|{_COVER}|@(ruecklast|retour|rueckgabe|rls|storno|r~trans)",
        is_certain=False,
    ),
    Rule(
        id="return/made_good",
        category="customer_receipt",
        direction=IN,
        words=f"{_RETURN}|{_WEAK_RETURN}",
        with_words="@(gutschr(ift)? (sepa )?ueberw|ueberw(eisungs|eisung)? ?gutschr|echtzeit)",
        unless=f"{_CODE}|{_COVER}|{_OBJECTION}|{_NO_RETURN}|@(ruecklast|retour|rueckgabe|rls|storno|r~trans|rueckueb)",
        is_named=True,
        is_certain=False,
    ),
    Rule(
        id="refund/booking_undone",
        category="refund_received",
        direction=IN,
        words="rueckbuch|rueckrechn|rueckbelast|storno",
        with_words="kontofuehr|gebuehr|entgelt|kartenzahl|kreditkart|girocard|betriebskost|nebenkost",
        unless=f"lastschr| ls |{_CODE}|{_COVER}",
        is_certain=False,
    ),
    Rule(
        id="provider/dispute_won",
        category="provider_payout",
        direction=IN,
        party=known.PROVIDER,
        words="chargeback|charge back|dispute|kaeuferschutz",
        unless="lastschr|direct debit",
    ),
    Rule(
        id="return/objection",
        category="returned_objection",
        direction=IN,
        words=f"{_RETURN}|{_WEAK_RETURN}|lastschrift|reason|einzug|abbuchung",
        with_words=_OBJECTION,
        unless=_NO_RETURN,
    ),
    Rule(
        id="return/missing_cover",
        category="returned_debit",
        direction=IN,
        words=f"{_RETURN}|{_WEAK_RETURN}|storno|lastschr|reason",
        with_words=_COVER,
        unless=_NO_RETURN,
    ),
    Rule(
        id="return/own_debit",
        category="returned_debit",
        direction=IN,
        words=f"{_RETURN}|@(retoure|rueckgabe)",
        unless=_NO_RETURN,
    ),
    Rule(
        id="return/code",
        category="returned_debit",
        direction=IN,
        words=f"{_WEAK_RETURN}|storno|lastschr|reason",
        with_words=_CODE,
        unless=_NO_RETURN,
    ),
    Rule(
        id="return/code",
        category="returned_customer_debit",
        direction=OUT,
        words=f"{_WEAK_RETURN}|storno|lastschr|reason",
        with_words=_CODE,
        unless=_NO_RETURN,
    ),
)

_ENFORCEMENT: tuple[Rule, ...] = (
    Rule(
        id="insolvency/customer_quota",
        category="customer_insolvency",
        direction=IN,
        mention=_QUOTE,
        unless="massekredit|quotenaktion|steuer",
    ),
    Rule(
        id="garnishment/booking",
        category="garnishment",
        direction=OUT,
        words="@(pfaendung|exekution)",
        unless=f"{_PROTECTED}|@(lohn|gehalt)",
    ),
    Rule(
        id="garnishment/worker",
        category="wage_garnishment",
        direction=OUT,
        words=_WORKER,
        unless=f"{_PROTECTED}|{_LESSON}",
    ),
    Rule(
        id="garnishment/worker",
        category="wage_garnishment",
        direction=OUT,
        words=_WAGE,
        unless=f"{_PROTECTED}|{_LESSON}|werklohn",
    ),
    Rule(
        id="garnishment/worker",
        category="wage_garnishment",
        direction=OUT,
        words=f"{_SEIZURE}|abtretung",
        with_words=_EMPLOYEE,
        unless=f"{_PROTECTED}|{_LESSON}|konto~pfaend|@(sonder|sonstig|entgelt|gebuehr)",
    ),
    Rule(
        id="garnishment/worker",
        category="wage_garnishment",
        direction=OUT,
        words="drittschuldner|privatinsolvenz|verbraucherinsolvenz",
        with_words=_EMPLOYEE,
        unless=_LESSON,
        is_named=True,
    ),
    Rule(
        id="garnishment/worker",
        category="wage_garnishment",
        direction=OUT,
        words="gehalts?~pf |( |arbeits)lohn~pf ",
        unless=_LESSON,
    ),
    Rule(
        id="garnishment/lifted",
        category="garnishment",
        direction=IN,
        words=("@(pfaendung|exekution)|pfaendung & @(umbuch|freigabe|sonder|storno)"),
        unless=_PROTECTED,
    ),
    Rule(
        id="garnishment/lifted",
        category="garnishment",
        direction=IN,
        words=(
            "pfaendung & aufgehoben|pfaendung & freigabe|pfaendung & erledigt|pfaendung & aufhebung"
            "|pfaendung & rueckbuch"
        ),
        unless=_PROTECTED,
        is_named=False,
    ),
    Rule(
        id="enforcement/third_party_debtor",
        category="enforced_receipt",
        direction=IN,
        words="drittschuldner| pfueb |vollstreckungserl|zwangsvollstr|vollstreckung|pfaendung|exekution|mahnbescheid",
        unless=f"{_PROTECTED}|{_LESSON}|pfaendungsschutzst",
        names_invoice=False,
    ),
    Rule(
        id="enforcement/bailiff_pays",
        category="enforced_receipt",
        direction=IN,
        party=known.BAILIFF,
        names_invoice=False,
    ),
    Rule(
        id="enforcement/collector_pays",
        category="enforced_receipt",
        direction=IN,
        party=f"{known.COLLECTOR}|{known.LAWYER}| gerichtskasse",
        words=(
            "eingezogene|inkasso|fremdgeld| titel |abrechnung|auskehr|mandant| akte|beitreibung| schuldner"
            "|weiterleitung|vergleich"
            "|vollstr|einzug|eingang|ratenzahlung|auszahlung"
        ),
        unless="insolven| inso |quote|konkurs|masse",
        names_invoice=False,
    ),
    Rule(
        id="enforcement/insolvency_claim",
        category="enforcement_cost",
        direction=OUT,
        party=_COURT,
        words="insolven| inso ",
        with_words=" gegen | gg |nachtraegl|pruefungstermin| schuldner| kunde ",
        unless=f"{_LESSON}|{_OUR_INSOLVENCY}",
        is_named=True,
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="enforcement/insolvency_claim",
        category="enforcement_cost",
        direction=OUT,
        words="insolven| inso ",
        with_words=(
            "anmeldung|forderungsanm|glaeubigerantrag|fremdantrag|drittantrag|insolvenzantrag gegen|als glaeubiger"
            "|wir glaeubiger"
        ),
        unless=f"{_LESSON}|{_OUR_INSOLVENCY}",
        is_named=True,
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="insolvency/own",
        category="insolvency_own",
        direction=OUT,
        words=_OWN_INSOLVENCY,
        unless=f"{_LESSON}|{_NO_INSOLVENCY}|quote|verteilung|tabelle|auktion| kauf |anfechtung",
        names_invoice=False,
    ),
    Rule(
        id="insolvency/own",
        category="insolvency_own",
        direction=IN,
        words="insolvenzgeld|massekredit|massedarlehen|in unserer (insolvenz|sache)|insolvenzausfallgeld",
        unless=f"{_LESSON}|{_NO_INSOLVENCY}|quote|verteilung|tabelle",
        names_invoice=False,
    ),
    Rule(
        id="insolvency/own",
        category="insolvency_own",
        direction=IN,
        words=_OWN_INSOLVENCY,
        unless=f"{_LESSON}|{_NO_INSOLVENCY}|quote|verteilung|tabelle",
        is_named=False,
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="insolvency/customer_administrator",
        category="customer_insolvency",
        direction=IN,
        party=f"{known.ADMINISTRATOR}| i i ",
        names_invoice=False,
    ),
    Rule(
        id="insolvency/customer",
        category="customer_insolvency",
        direction=IN,
        words=(
            "insolven| inso |konkurs|masseverwalter| i i |massezahlung|masseverbindl|sachwalter|eigenverwaltung"
            "| starug |schutzschirmverf"
        ),
        unless=f"{_LESSON}|{_NO_INSOLVENCY}",
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="insolvency/own_word",
        category="insolvency_own",
        direction=OUT,
        words="insolvenzverfahren|insolvenzverwalt| konkursverf|uebertrag & insolv|kontoaufl & insolv",
        unless=f"{_LESSON}|auktion| kauf |forderungsanm|anfechtung",
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="enforcement/cost",
        category="enforcement_cost",
        direction=OUT,
        party=f"{known.BAILIFF}|{known.COURT}|{known.LAWYER}|{known.COLLECTOR}",
        words=f"{_OWN_CLAIM}| gegen |mahnbescheid|mahnklage|zustell",
        with_words=f"{_ENFORCING}|kostenvorschuss| gk |unser(e|er)? ford|mahn| dr ii| dr i | vorschuss| gv ",
        unless="insolven|strafbefehl|bussgeld|zeugnis|honorar|drittschuldner|lohnpfaend|kostennote",
    ),
    Rule(
        id="enforcement/cost",
        category="enforcement_cost",
        direction=OUT,
        words=_ENFORCING,
        with_words=(
            "kostenvorschuss|unser(e|er)? ford|gegen (unseren )?kunde|unser(e|er|em|en)? schuldner|gk vorschuss"
            "| gk~vorschuss|gerichtskostenvorschuss|antragsteller"
        ),
        unless="insolven|strafbefehl|bussgeld|drittschuldnererkl",
    ),
    Rule(
        id="enforcement/cost",
        category="enforcement_cost",
        direction=OUT,
        words=(
            "gk vorschuss|gkvorschuss|gerichtskostenvorschuss|gerichtskosten mahn|vollstreckungsauftrag"
            "|kosten mahnbescheid|mahnbescheid (gegen|kunde)"
        ),
        unless="insolven|strafbefehl|bussgeld",
    ),
    Rule(
        id="enforcement/cost_of_order",
        category="enforcement_cost",
        direction=OUT,
        words=f"{_SEIZURE}|vermoegensauskunft|schuldnerverz|drittauskunft",
        party=f"{known.BAILIFF}|{_COURT}",
        with_words=f"zustell|gebuehr| kosten|auslagen|{_OTHERS_ORDER}",
        unless="strafbefehl|bussgeld|drittschuldnererkl",
        is_named=True,
        is_certain=False,
    ),
    Rule(
        id="enforcement/collector_charges",
        category="enforcement_cost",
        direction=OUT,
        party=known.COLLECTOR,
        words="inkassoauftrag|unser(e|er|em)? (schuldner|ford|mandat)|auftrag gegen|erfolgsprovision|erfolgshonorar",
    ),
    Rule(
        id="garnishment/order",
        category="garnishment",
        direction=OUT,
        words=f"{_ORDER}|{_FOR_A_CREDITOR}",
        with_words="@(sonder|sonstig|entgelt|gebuehr|einzug)",
        unless=f"{_LESSON}|{_OTHERS_ORDER}",
    ),
    Rule(
        id="garnishment/order",
        category="garnishment",
        direction=OUT,
        words=_FOR_A_CREDITOR,
        unless=f"{_LESSON}|{_OTHERS_ORDER}",
        is_named=False,
    ),
    Rule(
        id="garnishment/of_supplier",
        category="supplier",
        direction=OUT,
        words=_ORDER,
        with_words="lieferant|kreditor |subuntern|nachuntern|vermieter",
        is_named=True,
        is_certain=False,
    ),
    Rule(
        id="garnishment/order",
        category="garnishment",
        direction=OUT,
        words=_ORDER,
        unless=f"{_LESSON}|{_OTHERS_ORDER}|kostennote",
        is_named=False,
    ),
    # Who is ordered to pay what it owes another, or its worker, names whom it pays, and words it as the order does.
    Rule(
        id="garnishment/order_of_another",
        category="garnishment",
        direction=OUT,
        words=_ORDER,
        unless=f"{_LESSON}|{_OTHERS_ORDER}|kostennote",
        is_named=True,
        is_certain=False,
    ),
    Rule(
        id="garnishment/word",
        category="garnishment",
        direction=OUT,
        words="pfaendung| exekution|zwangsvollstr|vollstreckung",
        unless=f"{_PROTECTED}|{_LESSON}|{_OTHERS_ORDER}|ankuendigung|kostennote|honorar",
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="garnishment/enforcement_office",
        category="garnishment",
        direction=OUT,
        party=f"{known.BAILIFF}|{known.ENFORCEMENT_OFFICE}",
        unless="insolven|mitarbeiter|lohn",
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="enforcement/court",
        category="enforcement_cost",
        direction=OUT,
        party=_COURT,
        words="gerichtskosten|gerichtsgebuehr| gk |mahnverf|kosten|klage|mahnbescheid",
        unless="insolven|strafbefehl|bussgeld|geldstrafe|handelsregister|grundbuch",
        is_certain=False,
    ),
)

_LATE = "mahn(gebuehr|kosten)|verzugs|saeumnis|inkasso"

# Whom the firm pays says more than what it writes: a lender is a lender whatever the purpose.
_LENDERS: tuple[Rule, ...] = (
    Rule(
        id="loan/online_lender",
        category="loan_service",
        direction=OUT,
        mention=known.ONLINE_LENDER,
        unless=_LATE,
    ),
    Rule(
        id="lease/lessor",
        category="lease",
        direction=OUT,
        party=known.LESSOR,
        unless=f"{_LATE}|{_NO_LEASE}|kredit|darlehen|factoring",
    ),
    Rule(
        id="loan/lessor",
        category="loan_service",
        direction=OUT,
        party=f"{known.LESSOR}|{known.CAR_BANK}",
        words="kredit|darlehen",
        unless=f"{_LATE}|kredit~kart|factoring|mietkauf|leasingrate",
    ),
    Rule(
        id="lease/car_bank",
        category="lease",
        direction=OUT,
        mention=known.CAR_BANK,
        unless=f"{_LATE}|darlehen|kreditrate|kreditkonto|kreditvertr|ratenkredit|tagesgeld",
    ),
)

_NOTHING: tuple[Rule, ...] = (
    Rule(
        id="nothing",
        category="other",
        direction=EITHER,
        words=(
            "testbuchung|testueberweisung|kontoverifi| spende |strafbefehl|bussgeld|geldbusse|verwarnungsgeld"
            "|geldstrafe|ordnungswidrig|owi "
        ),
        unless="spendenquitt|erstatt",
        names_invoice=False,
    ),
    Rule(
        id="deposit_or_loan_given",
        category="other",
        direction=OUT,
        words=(
            " kaution |mietkaution|mietsicherheit|darlehen an |kredit an |darlehensgewaehr|darlehensvergabe|barkaution"
        ),
        unless="rueckz|erstatt|gesellschafter|rueckfuehr|auflage kunde|ratenkredit an",
    ),
    Rule(
        id="loan_given_back",
        category="other",
        direction=IN,
        words=(
            "rueckzahlung & darlehen|tilgung & darlehen|darlehen & zurueck|darlehensrueckz|rueckfuehrung & darlehen"
        ),
        unless="gesellschafter",
        names_invoice=False,
    ),
)

_MONEY_IN: tuple[Rule, ...] = (
    Rule(
        id="owner/contribution",
        category="owner_contribution",
        direction=IN,
        words=(
            "privat~einlage|priv einlage|(bar|stamm|kapital|gesellschafter|eigenkapital|kommandit"
            "|geschaefts)~einlage|stammkapital"
            "|kapitalruecklage|ges(ellschafter)?~darl|kapitalerhoehung|kapitalzufuehr|eigenmittel|einlage (zur"
            "|inhaber|gesellsch|ges )"
            "|stille einlage|inhabereinlage|darlehen (vom |v |des )?(gesellschafter|gf |inhaber)|gesellschaftereinl"
            "|gruendungskapital|nachschuss"
        ),
        unless="einlagensicherung|einlagenzins",
        names_invoice=False,
    ),
    Rule(
        id="owner/contribution_word",
        category="owner_contribution",
        direction=IN,
        words=" einlage |(von|aus) privat | privatgeld",
        unless="einlagensicherung",
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="owner/contribution_word",
        category="owner_contribution",
        direction=IN,
        party=" privat |privatkonto",
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="interest/credited",
        category="interest_received",
        direction=IN,
        words=(
            "habenzins|zinsgutschr|guthabenzins|zinsertr|kuponzahl| kupon | zinsen | habenzs|anlagezins"
            "|zinsabschl|tagesgeldzins|festgeldzins|sparzins|@zinsen|@zinsertrag"
        ),
        unless="ueberzahl|verzugs|erstatt|steuer|rueckverg|sollzins",
        names_invoice=False,
    ),
    Rule(
        id="transfer/own_account",
        category="transfer",
        direction=IN,
        words=_OWN_ACCOUNT,
        unless="insolv|pfaend|guthabenzins|zinsgut|ausgezahlt|stornier",
        names_invoice=False,
    ),
    Rule(
        id="transfer/word",
        category="transfer",
        direction=IN,
        words=" umbuchung | uebertrag | umb |umbuchung ",
        unless="insolv|pfaend|finanzamt",
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="loan/paid_out",
        category="loan_proceeds",
        direction=IN,
        words=_LOAN_PAID_OUT,
        unless="zuschuss|ges(ellschafter)?~darl|factoring|kreditkart|kreditvermitt|kreditvers|anleihe",
        names_invoice=False,
    ),
    Rule(
        id="loan/online_lender_pays",
        category="loan_proceeds",
        direction=IN,
        party=known.ONLINE_LENDER,
        unless="erstattung|zuviel|rueckerst|affiliate|provision",
        names_invoice=False,
    ),
    Rule(
        id="loan/online_lender_mentioned",
        category="loan_proceeds",
        direction=IN,
        mention=known.ONLINE_LENDER,
        unless="erstattung|zuviel|rueckerst|affiliate|provision",
        is_certain=False,
    ),
    Rule(
        id="loan/bank_pays",
        category="loan_proceeds",
        direction=IN,
        party=f"{known.BANK}|{known.CONSUMER_BANK}|{known.CAR_BANK}",
        words=(
            " darlehen| kredit |unternehmerkredit|investitionskredit|betriebsmittelkredit|ratenkredit| kfw "
            "|finanzierung|foerderdarl|kredit "
        ),
        unless="zuschuss|erstatt|ges(ellschafter)?~darl|kreditkart|rueckz|guthaben",
        names_invoice=False,
    ),
    Rule(
        id="loan/word",
        category="loan_proceeds",
        direction=IN,
        words=(
            " darlehen|foerderdarl|(raten|investitions|betriebsmittel|unternehmer|sofort|klein|firmen"
            "|gruender)kredit| kredit |privatdarl"
        ),
        unless="zuschuss|erstatt|kreditkart|rueckz|darlehenskasse|kreditvers|zurueck",
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="tax/refund",
        category="tax_refund",
        direction=IN,
        party=f"{known.TAX_OFFICE}|{known.TAX_OFFICE_SHORT}|{known.TOWN}",
        words=_ANY_TAX,
        with_words=_REFUND,
        unless="rechnungsbetrag",
        names_invoice=False,
    ),
    Rule(
        id="subsidy/office_pays",
        category="subsidy",
        direction=IN,
        party=known.GRANTING_OFFICE,
        words=(
            "zuschuss|foerdermittel|foerderung|kurzarbeit| kug |eingliederung| egz |praemie|neustarthilfe"
            "|ueberbrueckungshilfe"
            "|soforthilfe|digitalbonus| bafa |subvention|beihilfe|investitionszulage|zuwendung|forschungszulage"
            "|energiekostenp|bonus"
            "|haertefall|covid|corona|foerderprogramm|umsatzersatz|ausfallbonus|fixkosten"
        ),
        unless="arbeitsunfall|darlehen",
        names_invoice=False,
    ),
    Rule(
        id="subsidy/named",
        category="subsidy",
        direction=IN,
        words=(
            "kurzarbeitergeld|eingliederungszuschuss|neustarthilfe|ueberbrueckungshilfe|soforthilfe|digitalbonus"
            "|kfw~zuschuss|foerdermittel"
            "|investitionszuschuss|lohnkostenzuschuss|gruendungszuschuss|ausbildungspraemie|forschungszulage"
            "|investitionspraemie"
            "|fixkostenzuschuss|agrarfoerderung|betriebspraemie|zuwendungsbescheid|foerderbescheid"
            "|bewilligungsbescheid"
        ),
        unless="anwaltshon",
        names_invoice=False,
    ),
    Rule(
        id="subsidy/office",
        category="subsidy",
        direction=IN,
        party=(
            "agentur fuer arbeit|bundesagentur| bafa |bundesamt fuer wirtschaft|jobcenter|arbeitsmarktservice| ams "
        ),
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="tax/office_pays",
        category="tax_refund",
        direction=IN,
        party=" finanzamt| finanzkasse|steuerkasse|hauptzollamt",
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="tax/refund_word",
        category="tax_refund",
        direction=IN,
        words=(
            "steuererst|steuerrueckz|steuerguthaben|erstattung (ust|umsatzst|est|einkommenst|gewerbest|kst"
            "|koerperschaftst)|(umsatzsteuer|gewerbesteuer|ust) ?~?erst"
        ),
        unless="steuerberat",
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="insurance/wages_refunded",
        category="insurance_benefit",
        direction=IN,
        party=known.SOCIAL_INSURER,
        words=(
            " u(1|2) | aag |entgeltfortz|mutterschaft| lfz| lfzg |lohnfortz|arbeitsunfall|erstattung u(1|2)?"
            "|krankengeld|aufwendungsausgl|umlage|ausgleichsverf|verletztengeld|u1|u2"
        ),
        unless="beitragserst|beitragsgut",
        names_invoice=False,
    ),
    Rule(
        id="social/refund",
        category="refund_received",
        direction=IN,
        party=known.SOCIAL_INSURER,
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="insurance/premium_back",
        category="refund_received",
        direction=IN,
        party=known.INSURER,
        words=(
            "beitragserst|praemienerst|beitragsrueck|nach kuendigung|beitragsgut|ueberzahl|rueckverg|praemiengut"
            "|beitragsguth|praemienrueck|beitrag & guthaben|vertragsaufh|beitrag & erstatt"
        ),
    ),
    Rule(
        id="insurance/claim",
        category="insurance_benefit",
        direction=IN,
        party=known.INSURER,
        words=(
            "schaden| schad |entschaed|leistung|regulier|kasko|ausfall| vs~nr|vers~fall|versicherungsfall"
            "|abschlag auf|ertragsausf"
        ),
        unless="gutachten|factoring|sicherheitseinb| debitor ",
    ),
    Rule(
        id="factor/pays",
        category="factoring_payout",
        direction=IN,
        party=known.FACTOR,
        words=(
            "factoring|ankauf|angekauft|forderung|auszahl|einbehalt|abrechn| abr |vorfinanz|vorauszahl|abschlag"
            "|liste|freigabe|rechnungskauf"
            "|honorar|debitor|bevorschuss|sperrbetrag|sicherheitsbetr|restzahl"
        ),
        unless="keynote|seminar|schaden",
    ),
    Rule(
        id="factor/pays_name_only",
        category="factoring_payout",
        direction=IN,
        party=known.FACTOR,
        unless="allgemeine|kreditvers|verband",
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="factor/pays_words",
        category="factoring_payout",
        direction=IN,
        words=(
            "factoring~(auszahl|abr|gut)|forderungskauf|forderungsankauf|angekaufte forderung"
            "|auszahlung factoring|factoringvertrag|bevorschussung"
        ),
        names_invoice=False,
    ),
    Rule(
        id="insurance/claim_word",
        category="insurance_benefit",
        direction=IN,
        words=(
            "schadens?~(nr|nummer|regul|fall|ersatz|abr)|entschaedigung|versicherungsleistung|schaden #"
            "|regulierung schaden|brandschaden|wasserschaden"
        ),
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="insurance/pays",
        category="insurance_benefit",
        direction=IN,
        party=known.INSURER,
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="cash/paid_in",
        category="cash_deposit",
        direction=IN,
        words=(
            "bargeldeinz|bar~einz|einzahlung (am |sb|geldautom|automat|bar)|sb~einz|muenzgeld|nachttresor|safebag"
            "|geldbombe|eigenerlag"
            "|@einzahlung|cash in |geldautomat einz|kasseneinz|einzahlungsautom|muenzeinz|geldtransport|muenzen"
            "|hartgeld|tageslosung|cash deposit"
            "|tageseinnahme & bar|bareinnahme|einzahler"
        ),
        unless="kapitalruecklage|genossenschaft",
    ),
    Rule(
        id="refund/purchase",
        category="refund_received",
        direction=IN,
        mention=f"{known.PROVIDER}| amazon | amzn | visa |mastercard",
        words="rueckerstatt| erstattung| refund|rueckzahlung|cashback|storno",
        unless="payout|auszahlung|settlement",
        names_invoice=False,
    ),
    Rule(
        id="provider/advance",
        category="loan_proceeds",
        direction=IN,
        party=known.PROVIDER,
        words="kredit|darlehen| capital |financing|advance",
        unless="kreditkart|kredit~karten",
    ),
    Rule(
        id="provider/payout",
        category="provider_payout",
        direction=IN,
        party=known.PROVIDER,
    ),
    Rule(
        id="provider/payout",
        category="provider_payout",
        direction=IN,
        party="booking com| uber |expedia|flixbus|getyourguide|airbnb|bolt ",
        words="auszahl|payout|settlement",
        names_invoice=False,
    ),
    Rule(
        id="provider/payout_words",
        category="provider_payout",
        direction=IN,
        words=(
            "kartenums|girocard & terminal|girocard & abz|girocard & netto|terminal~id|ec~cash|disagio| payout "
            "|kreditkartenums|electronic cash"
            "|(stripe|paypal|sumup|mollie|adyen|klarna|etsy|ebay|lieferando|shopify|zettle|amazon|unzer|nexi"
            "|payone) (payout|auszahl|settlement|abrechn|payments|transfer|umsa)"
            "|haendlerauszahl|verkaeufer~auszahl|amzn & settlement|abbuchung vom paypal|haendlerabr|kassenschnitt"
            "|girocard umsa|terminalumsa|ec umsa"
            "|auszahlung (stripe|paypal|sumup|mollie|adyen|klarna|etsy|ebay|lieferando|shopify|zettle|amazon)"
        ),
        names_invoice=False,
    ),
    Rule(
        id="collect/debit",
        category="collected_debit",
        direction=IN,
        words=(
            "lastschrift~(einz|einr|sammler|haben|gut)|lastschriften & einr|einreichung & lastschr"
            "|einreichung &  ls |einreichung & datei|(lastschrift| ls) ?(einr|einz|sammel)"
            "|sammel~(ls|lastschr|einzug)|einzug & lastschr|lastschrift & einreich|lastschrift & gutschr"
            "|gutschrift aus lastschr|lastschrift & einzug| ls & einreich"
            "|lastschrift haben| pain~?008|sammelgutschrift ls|@(basislastschrift haben|firmenlastschrift einz)"
            "|einzuege |sdd (coll|credit)"
            "|direct debit collection|lastschr~einz| ls~einz|beitragseinzug|bankeinzug (kunden|beitr)"
            "|einzugsermaechtigung|inkasso lastschr|abbuchungsauftr"
        ),
        unless=f"{_NO_RETURN}|retoure|zurueck",
    ),
    Rule(
        id="refund/deposit_back",
        category="refund_received",
        direction=IN,
        words="kautionsrueck|rueckzahlung kaution|kaution zurueck|mietkaution|kaution",
        names_invoice=False,
    ),
    Rule(
        id="refund/received",
        category="refund_received",
        direction=IN,
        words=(
            "rueckerstatt|erstattung| erst |gutschrift (zu|nr|gs|re |fuer|aus)|rueckverguet|guthaben|cashback"
            "|doppelzahl|beitragserst|rueckueberw"
            "|rueckzahlung| refund|storno| retoure|ueberzahl|zuviel|zu viel|bonus|jahresabrechnung"
        ),
        unless="folgt|habenzins|kredit|darlehen|auslagenerst|danke|wg erst",
        names_invoice=False,
    ),
    Rule(
        id="refund/received",
        category="refund_received",
        direction=IN,
        words=(
            " (gutschrift|erstattung|rueckerstattung|rueckverguetung|storno|retoure) (zu |nr|re |rg|rech|gs)"
            "|doppelzahl|gutschrift zu"
        ),
        unless="folgt",
    ),
)

_FIRST_OUT: tuple[Rule, ...] = (
    Rule(
        id="owner/drawing",
        category="owner_drawing",
        direction=OUT,
        words=(
            "privat~entnahme|entnahme & privat|(gewinn|inhaber|gesellschafter|bar|monats)~entnahme"
            "|monatliche entnahme|unternehmerlohn"
            "|gewinn~aussch|vorab~aussch| aussch(uett| )|dividende|vorabgewinn|gewinnvorab|gewinnanteil"
            "|ges(ellschafter)?~darl|taschengeld chef"
            "|privatkonto|ausschuettung|verrechnungskonto gesellsch|darlehen (vom |v |des |an )?gesellschafter"
            "|rueckzahlung einlage"
            "|gewinnverteil|tantieme gesellsch"
        ),
        unless="bargeldentn|probenentn|stromentn|wasserentn|fondsaussch",
    ),
    Rule(
        id="owner/account",
        category="owner_drawing",
        direction=OUT,
        party="privatkonto| privat ",
        unless="privat (kranken|haft)",
        names_invoice=False,
    ),
    Rule(
        id="owner/word",
        category="owner_drawing",
        direction=OUT,
        words=" privat | entnahme | taschengeld",
        unless=(
            "privat(e|er|es)? ?(kunde|patient|bank|leistung|rente|kranken|haft)|bargeldentn|probenentn|stromentn"
            "|wasserentn|lager"
        ),
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="reminder/fee",
        category="reminder_fee",
        direction=OUT,
        words=(
            "mahn(gebuehr|kosten|spesen|pauschale)|saeumniszu|saeumnisgeb|verzugs(zins|pauschale|kosten|schaden)"
            "|verspaetungszuschl|inkasso(kosten|gebuehr|forderung|verf)"
            "|beitreibungskost|mahn geb|saeumnis zuschl|nebenforderung|stundungszins|mahn und "
        ),
        unless="inkassovers|vordruck|kassenbuech|inkassokostenvers",
    ),
    Rule(
        id="reminder/collector",
        category="reminder_fee",
        direction=OUT,
        party=(
            "inkasso| eos |coeo|pair finance|riverty| ksp |infoscore|real solution|arvato fin| lowell | intrum "
            "|alektum|paigo"
        ),
        unless=(
            f"lohn|mitarbeiter|vollstreckungsauftrag|auskunft|bonitaet|inkassobuech|lettershop|mandat|{_LESSON}"
            "|erfolgsprovision|unser|schuldner an"
        ),
        names_invoice=False,
    ),
    Rule(
        id="reminder/word",
        category="reminder_fee",
        direction=OUT,
        words=" (# )?mahnung | inkasso |letzte mahnung|zahlungserinnerung| mahnung",
        unless="vordruck|stempel|auskunft|vers|buech",
        is_certain=False,
    ),
    Rule(
        id="insurance/credit",
        category="insurance",
        direction=OUT,
        words=(
            "kreditvers|restschuldvers|warenkreditvers|inkassovers|forderungsausfallvers|inkassokostenvers"
            "|kautionsvers|vertrauensschadenv"
        ),
    ),
    Rule(
        id="factor/loan_repaid",
        category="loan_service",
        direction=OUT,
        party=known.FACTOR,
        words="repayment|ratenplan| rate |darlehen",
        unless=f"{_NO_LOAN}|gebuehr|entgelt",
    ),
    Rule(
        id="factor/fee",
        category="factoring_fee",
        direction=OUT,
        party=known.FACTOR,
        unless="leasing|warenkredit|versicherungsschein|repayment|ratenplan| rate |darlehen",
    ),
    Rule(
        id="factor/fee_words",
        category="factoring_fee",
        direction=OUT,
        words=(
            "factoring~(gebuehr|entgelt|zins|vertrag|kosten)|delkrederegeb|limitpruefung|forderungsankauf"
            "|debitorenpruefung| factoring |forderungskauf"
        ),
        unless=_LESSON,
        names_invoice=False,
    ),
    Rule(
        id="provider/advance_repaid",
        category="loan_service",
        direction=OUT,
        party=known.PROVIDER,
        words="kredit|darlehen| capital |cash advance| advance | lending| pay later |ratenzahlung| loan",
        unless="kredit~kart",
    ),
    Rule(
        id="provider/fee",
        category="provider_fee",
        direction=OUT,
        party=f"{known.PROVIDER}|amazon services",
        words=(
            "gebuehr| fees? |entgelt|provision|disagio|servicepausch|terminal| abo |abonnement|transaktions|radar"
            "|monatspausch|kommission|commission"
            "|seller|verkaeufer|shop abo|service fee|haendler|abrechnung"
        ),
        unless="chargeback|einkauf",
    ),
    Rule(
        id="provider/fee_words",
        category="provider_fee",
        direction=OUT,
        words=(
            "terminalmiete|disagio|verkaeufergeb|transaktionsentgelt|kartenterminal|girocard~entgelt|acquiring"
            "|haendlerentgelt|interchange"
            "|(stripe|paypal|sumup|mollie|adyen|klarna|ebay|etsy|shopify) ?(gebuehr|fees|entgelt)"
            "|verkaufsprovision|ec terminal|kartenleser miete"
        ),
        unless="lesegeraet",
    ),
    Rule(
        id="tax/trade",
        category="trade_tax",
        direction=OUT,
        words=_TRADE_TAX,
        unless=f"{_NO_TAX}|ruecklage|uebertrag",
        names_invoice=False,
    ),
    Rule(
        id="tax/vat",
        category="vat",
        direction=OUT,
        party=f"{known.TAX_OFFICE}|{known.TAX_OFFICE_SHORT}|steueramt",
        words=f"{_VAT}| u 0| u 1",
        unless=f"{_NO_TAX}|einfuhr|lohnst",
        names_invoice=False,
    ),
    Rule(
        id="tax/payroll",
        category="payroll_tax",
        direction=OUT,
        party=f"{known.TAX_OFFICE}|{known.TAX_OFFICE_SHORT}",
        words=_PAYROLL_TAX,
        unless=_NO_TAX,
        names_invoice=False,
    ),
    Rule(
        id="tax/income",
        category="income_tax",
        direction=OUT,
        party=f"{known.TAX_OFFICE}|{known.TAX_OFFICE_SHORT}",
        words=f"{_INCOME_TAX}| e 0| e 1| k 0| k 1",
        unless=_NO_TAX,
        names_invoice=False,
    ),
    Rule(
        id="tax/vat_word",
        category="vat",
        direction=OUT,
        words=(
            "umsatzsteuer~(voranm|vorausz|sondervor|nachz|abschluss|zahllast|#)| ust va | ust~(va|voranm|vorausz"
            "|sondervor|nachz|zahllast)"
            "|umsatzsteuer (q|jan|feb|mae|apr|mai|jun|jul|aug|sep|okt|nov|dez)| ustva "
        ),
        unless=f"{_NO_TAX}|uebertrag|ruecklage|umbuch",
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="tax/payroll_word",
        category="payroll_tax",
        direction=OUT,
        words=" lohnsteuer |lohnsteuer~anm|lst~anm| lohnst ",
        unless=f"{_NO_TAX}|uebertrag|ruecklage|umbuch",
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="tax/income_word",
        category="income_tax",
        direction=OUT,
        words=" einkommensteuer|koerperschaftsteuer| est~vorausz| kst~vorausz|solidaritaetszu",
        unless=f"{_NO_TAX}|uebertrag|ruecklage|umbuch",
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="tax/office",
        category="other_tax",
        direction=OUT,
        party=known.TAX_OFFICE,
        unless=f"{_NO_TAX}|stadtwerke",
        names_invoice=False,
    ),
    Rule(
        id="tax/town",
        category="other_tax",
        direction=OUT,
        party=f"{known.TOWN}|landkreis| kreis ",
        words=f"{_OTHER_TAX}|abgabe|kassenzeichen|steuer",
        unless=f"{_NO_TAX}|abfall|muellg|wasser|miete|pacht|strassenrein|kanal|zulassung",
    ),
    Rule(
        id="tax/other_word",
        category="other_tax",
        direction=OUT,
        words=(
            "kfz~steuer|kraftfahrzeugsteuer|grundsteuer|grunderwerbsteuer|vergnuegungssteuer|hundesteuer"
            "|kommunalsteuer|einfuhrabgaben| zollgebuehr"
        ),
        unless=f"{_NO_TAX}|uebertrag|ruecklage|umbuch",
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="tax/town_name_only",
        category="other_tax",
        direction=OUT,
        party="stadtkasse|gemeindekasse|stadthauptkasse|kreiskasse|amtskasse|steueramt",
        unless=f"{_NO_TAX}|abfall|muellg|wasser|miete|pacht|strassenrein|kanal|gebuehr|zulassung|bussgeld",
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="social/collector",
        category="social_security",
        direction=OUT,
        party=known.SOCIAL_INSURER,
        unless="private rentenv|zusatzvers|praevention|lebensvers",
        names_invoice=False,
    ),
    Rule(
        id="social/words",
        category="social_security",
        direction=OUT,
        words=(
            " sv~beitr| svb |sozialversicherungsb|gesamtsozialv|beitragsnachweis|kuenstlersozialabg"
            "|berufsgenossenschaft|minijob~(abgab|zentr|beitr)"
            "|abgaben minijob|soka~bau|sozialkassenverf|krankenkassenbeitr|umlage u(1|2)"
            "|unfallversicherungsbeitr bg|sv abgaben|sozialabgaben"
        ),
        names_invoice=False,
    ),
    Rule(
        id="lease/instalment",
        category="lease",
        direction=OUT,
        words=_LEASE_WORD,
        unless=f"{_NO_LEASE}|{_LESSON}",
    ),
    Rule(
        id="loan/instalment",
        category="loan_service",
        direction=OUT,
        words=_LOAN_WORD,
        unless=f"{_NO_LOAN}|{_PAYS_OFF_INVOICE}",
    ),
    Rule(
        id="loan/instalment",
        category="loan_service",
        direction=OUT,
        party=f"{known.BANK}|{known.CONSUMER_BANK}",
        words=" tilgung",
        unless=_NO_LOAN,
    ),
    Rule(
        id="loan/bank_instalment",
        category="loan_service",
        direction=OUT,
        mention=f"{known.CONSUMER_BANK}| kfw |{known.CAR_BANK}",
        words=" rate|ratenz|finanzierung|kredit|darlehen|vertrag|tilg",
        unless=f"{_NO_LOAN}|lohn",
    ),
    Rule(
        id="loan/bank_instalment",
        category="loan_service",
        direction=OUT,
        party=known.BANK,
        words=" darlehen| darl | kredit| rate |ratenz|finanzierung| zinsen |zins ",
        unless=f"{_NO_LOAN}|kartenabr|lohn|visa|mastercard|klarna| paypal",
    ),
    Rule(
        id="loan/word",
        category="loan_service",
        direction=OUT,
        words=" darlehen| darl | kredit | zinsen |finanzierungsrate",
        unless=f"{_NO_LOAN}|{_LESSON}|druck| auftrag|bestell",
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="loan/consumer_bank",
        category="loan_service",
        direction=OUT,
        party=f"{known.CONSUMER_BANK}| kfw ",
        unless=f"{_NO_LOAN}|lohn|visa|karte",
        names_invoice=False,
        is_certain=False,
    ),
    Rule(
        id="card/settlement",
        category="card_settlement",
        direction=OUT,
        mention=(
            "kreditkarten?~(abr|konto|umsaetze|rechn|ausgleich|zahlung|saldo)|ausgleich & kreditkart|visa~abr"
            "|visa & abrechnung|visa & umsaetze|mastercard & umsaetze"
            "|mastercard & abr|american express| amex |monatsrechnung &  card |paylife|kartenabrechnung"
            "|kk~abrechnung|mastercard & ausgleich|visa & ausgleich"
            "|visa & monats|mastercard & monats|firmenkarte & abr|firmenkarte & umsa|card complete|diners club"
            "|visa & saldo|barclaycard|firmenkreditkarte|kk abr|pleo tech"
            "|abrechnung & kreditkarte|cardabrechnung"
        ),
        unless="tankkart|jahresentgelt|jahresgeb|kartengeb|jahrespreis|entgelt|lesegeraet|kartenzahl|kartenpreis",
    ),
    Rule(
        id="refund/paid",
        category="refund_paid",
        direction=OUT,
        words=(
            "rueckerstatt|erstattung (ihr|kauf|nach|re |zu |fuer |betrag|an )| erstattung |gutschrift (gs|nr|an "
            "|zu|re |fuer)|rueckzahlung (kaution|re |rechn|anzahl|ueberz|an |kund)"
            "|storno|widerruf|ueberzahlung| refund|kaution mieter|kulanz|rueckzahlung anz|retoure|rueckueberw"
            "|doppelzahl|rueckverguet|doppelt (bezahl|gezahl|ueberw)|(zuviel|zu viel) (bezahl|gezahl|ueberw)"
            "|gutschrift & auszahlung & kunde|rueckzahlung (doppel|zuviel|zu viel|guthaben|betrag)"
        ),
        unless=(
            "reisekost|spesen|auslagen|kilometer|steuer|verpflegung|kartenzahl|fahrtkost|retourenl|retourensch"
            "|retourenm"
        ),
    ),
    Rule(
        id="wages/together",
        category="wages",
        direction=OUT,
        words=" sammel(ueberw|zahl|er)? &  (lohn|loehne|gehalt|gehaelter)|(lohn|loehne|gehalt|gehaelter) & # posten",
        unless="lohnbuchh|lohnabr|steuerber",
    ),
    Rule(
        id="wages/paid",
        category="wages",
        direction=OUT,
        words=(
            " lohn | loehne | gehalt | gehaelter | bezuege |lohnzahl|gehaltszahl|gehaltsueberw|(arbeits|aushilfs"
            "|monats|netto|stunden|rest)lohn |ausbildungsverg"
            "|weihnachtsgeld|urlaubsgeld| salary | sala | wages |minijob|lohn gehalt|lohnabrechnung| vwl "
            "|vermoegensw|gehaltsauftr|sepa~gehalt|praemie mitarb| salaer "
            "|ausbildungsbeih|lohnvorschuss|gehaltsvorschuss|lohnabschlag|gehaltsabr|lohnueberw|werkstudent"
            "|aushilfe|lohnsammler|urlaubszuschuss|urlaubsabgelt|abfindung"
            "|weihnachtsremun|lehrlingsentsch|geschaeftsfuehrergeh|gf gehalt|@(lohn|gehalt|bezuege|salary)"
        ),
        unless=(
            "lohn~(buchh|abrechnungsserv|buero|fertig|vered|most|steuer|arbeit)|lohnsteuerhilfe|steuerber"
            "|steuerkanzlei|datev|lohnbuchh|minijob~zentr|lohnsoftware|lexware|kirchenst"
            "|pfaendungsmodul"
        ),
    ),
    Rule(
        id="transfer/own_account",
        category="transfer",
        direction=OUT,
        words=_OWN_ACCOUNT,
        unless="insolv|pfaend",
    ),
    Rule(
        id="transfer/word",
        category="transfer",
        direction=OUT,
        words=" umbuchung | uebertrag | umb |steuerrueckl|ruecklagenkonto",
        unless="insolv|pfaend",
        names_invoice=False,
        is_certain=False,
    ),
)

_COSTS: tuple[Rule, ...] = (
    Rule(
        id="cash/withdrawn",
        category="cash_withdrawal",
        direction=OUT,
        words=(
            " ga nr|geldautom|bargeldausz|bar~ausz|bankomat| atm | behebung |bargeld |kassenausz|cash~back ausz"
            "|bargeldabh|barabheb| ga #|cash withdrawal|bargeldentn|bargeldverfueg|bargeldbezug|sb~ausz"
            "|geldausgabeaut| gaa "
            "|barbehebung|barverfueg|@(geldautomat|barauszahlung|bankomat)|selbstbehebung|barscheck"
        ),
        unless="wartung|entgelt|gebuehr|bankomatkart|bankomatzahl|kartenzahl",
    ),
    Rule(
        id="cash/paid_out",
        category="cash_withdrawal",
        direction=OUT,
        words="@(auszahlung| kasse )",
        is_named=False,
        is_certain=False,
    ),
    Rule(
        id="bank/fee",
        category="bank_fee",
        direction=OUT,
        words=(
            "kontofuehr|kontogeb|rechnungsabschluss|entgeltabschl|jahresentgelt|kartenentgelt|kartengebuehr"
            "|auslandsueberw & entgelt|avalprov|avalgeb|buergschaftsprov"
            "| ebics| hbci|manipulationsgeb|buchungsposten|spesenabr|kontopreis|grundpreis konto|monatsplan"
            "|bankgeb|scheckgeb|ueberweisungsentg|kreditprov"
            "|bereitstellungs(prov|zins)|buergschaftsurk|kontoabschl|abschluss per|quartalsabschl"
            "|kontoauszugsgeb|verwahrentgelt"
            "|postengeb|kontoentgelt|depotgeb|schliessfach|bankspesen"
            "|@(gebuehr|entgelt|spesen|provision|abschluss)|jahrespreis & karte|jahresgebuehr & karte|kartenpreis"
            "|@kontofuehr|zahlungsverkehrsentg|kontopauschale|auslandsentgelt"
        ),
        unless="miete|strom|stadtwerke|abfall",
    ),
    Rule(
        id="bank/fee_word",
        category="bank_fee",
        direction=OUT,
        words=" gebuehren | gebuehr | entgelt | entgelte | spesen ",
        names_invoice=False,
        at_most_cents=_FEE_AT_MOST,
        is_certain=False,
    ),
    Rule(
        id="advertising/fair",
        category="advertising",
        direction=OUT,
        words="messestand|standmiete| messe |messegebuehr|messeauftritt",
    ),
    Rule(
        id="chamber/dues",
        category="chamber_dues",
        direction=OUT,
        mention=known.CHAMBER,
        unless="seminar|lehrgang|pruefungsgeb|ueberbetriebl|schulung",
    ),
    Rule(
        id="association/dues",
        category="chamber_dues",
        direction=OUT,
        party=" e v |verband| verein| bund |gemeinschaft|initiative",
        words="mitgliedsbeitr|jahresbeitr|verbandsbeitr|beitrag",
        unless="lohnsteuerhilfe|bausparen|versicherung",
        is_certain=False,
    ),
    Rule(
        id="rent/word",
        category="rent",
        direction=OUT,
        words=(
            " mieten? |(buero|laden|hallen|gewerbe|kalt|warm|monats|praxis|lager|raum|grund|geschaefts|werkstatt"
            "|stellplatz|garagen|lokal|flaechen|objekt)~miete|miet(zahl|zins|vertr|vorausz|rate)"
            "| pacht|pachtzins|nebenkosten(vorausz|abschl|abr|nachz)|erbbauzins|hausgeld| nk~vz |lagerbox"
            "|geschaeftsraummiete|betriebskosten(abr|vorausz|nachz)|erbpacht|mietnebenk|untermiete|raumnutzung|stellpl(a|ae)tz"
            "|nutzungsentgelt & (flaeche|raum|halle|buero|werkstatt|lager)"
        ),
        unless=(
            "(kfz|auto|fahrzeug|maschinen|geraete|zaehler|software|container)~miete|mietwagen|mietkauf"
            "|wasserspender|mietwohnung|kaution|kopierer|geruest|drucker|bagger|minibagger"
            "|anhaenger|transporter|stapler|miete und service|mietgeraet|miete geraet"
        ),
    ),
    Rule(
        id="telephone/party",
        category="communication",
        direction=OUT,
        party=known.TELEPHONE,
        unless=" dhl ",
    ),
    Rule(
        id="telephone/word",
        category="communication",
        direction=OUT,
        words=(
            "mobilfunk| dsl |telefon|festnetz| voip|briefmarken|postfach|internetanschl| porto |glasfaser"
            "|handyvertr|frankier|rundfunkbeitr|handyrechn|prepaid"
        ),
        unless="telefonanlage kauf",
    ),
    Rule(
        id="advice/party",
        category="professional_fees",
        direction=OUT,
        party=known.ADVISER,
        unless="inkasso|insolven",
    ),
    Rule(
        id="insurance/party",
        category="insurance",
        direction=OUT,
        party=known.INSURER,
        unless="leasing|factoring",
    ),
    Rule(
        id="vehicle/party",
        category="vehicle",
        direction=OUT,
        party=known.FUEL_AND_CARS,
        unless="leasing|moebelwerkstatt|druckwerkstatt",
    ),
    Rule(
        id="energy/party",
        category="utilities",
        direction=OUT,
        party=known.ENERGY,
        unless=f"beratung|{_LESSON}",
    ),
    Rule(
        id="software/party",
        category="software",
        direction=OUT,
        party=known.SOFTWARE_HOUSE,
        unless="auslagen",
    ),
    Rule(
        id="advertising/party",
        category="advertising",
        direction=OUT,
        party=known.ADVERTISER,
        unless="google (workspace|cloud|gsuite|one)|mitgliedsb|jahresbeitr",
    ),
    Rule(
        id="shipping/party",
        category="shipping",
        direction=OUT,
        party=known.CARRIER,
    ),
    Rule(
        id="travel/party",
        category="travel",
        direction=OUT,
        party=known.CARRIER_OF_PEOPLE,
        unless="catering|bewirtung|restaurant",
    ),
    Rule(
        id="advice/word",
        category="professional_fees",
        direction=OUT,
        words=(
            "steuerberat|buchfuehrung|lohnbuchh|jahresabschl|kostennote| notar|rechtsberat|anwaltsk|finanzbuchh"
            "|anwaltshon|handelsregister|bilanzerst| bwa |anwaltsgeb|beurkund|wirtschaftspruef"
        ),
    ),
    Rule(
        id="insurance/word",
        category="insurance",
        direction=OUT,
        words=(
            "haftpflicht|versicherungs?~(beitr|praemie|schein)| kfz~vers|rechtsschutz|gebaeudevers|inhaltsvers"
            "|cyberschutz|cybervers|direktvers|unfallvers|betriebsvers| vers~(nr|beitr|schein)"
            "| bav |transportvers|krankenvers| praemie #|versicherung |firmenpolice| police |lebensvers"
            "|altersvorsorge|betriebsunterbr"
        ),
        unless="versicherungsschaden|versicherungsmakler~ordner|mitarb",
    ),
    Rule(
        id="vehicle/word",
        category="vehicle",
        direction=OUT,
        words=(
            "tankkart| diesel | benzin | tanken |tankstelle| maut|vignette|mietwagen|kfz~rep| reifen|(ganzjahres"
            "|winter|sommer|auto|lkw)reifen|hauptunters"
            "| inspektion| tuev |autowaesche|parkhaus|parkgeb|parkschein|oelwechsel"
            "|fahrzeugrep|ladestrom|leihwagen|treibstoff|kraftstoff|tankung|waschanlage|kfz~zulass|kfz service"
            "|autoreparatur|transporter miete|ad ?blue|parkplatz"
        ),
    ),
    Rule(
        id="energy/word",
        category="utilities",
        direction=OUT,
        words=(
            " strom | gas |fernwaerme|abwasser|trinkwasser| wasser | muell |muell(geb|abf|ents|tonne)|(rest|sperr"
            "|bio)muell| abfall|entsorgung|energie~(abschl"
            "|teilb|kosten|lief)|heizkost|heizoel|niederschlagsw|strassenreinig|stromabschl|gasabschl"
            "|erdgas|stromrechn|wassergeb|kanalgeb|stromkosten|oekostrom|grundversorgung"
        ),
        unless="pumpe|wasserspender|schild|gasflasche",
    ),
    Rule(
        id="shipping/word",
        category="shipping",
        direction=OUT,
        words=(
            " fracht|seefracht|luftfracht|versandkost|paketmarke| paket |pakete |retourenlabel|versandlabel"
            "|spedition|kurier| versand |sendungsnr|paketversand|transportkosten|frachtkosten"
        ),
        unless="label & # stk|label & # stueck|label & rolle|etikett",
    ),
    Rule(
        id="advertising/word",
        category="advertising",
        direction=OUT,
        words=(
            "google~ads| adwords| ads | anzeige |stellenanzeige| flyer |werbung |werbemittel|suchmaschinenopt"
            "| seo |inserat|plakat|kampagne| marketing|bannerwerb|werbekost|anzeigenschalt"
            "|werbeanz|sponsoring|fahrzeugbeschrift|werbeflaeche|onlinemarketing|social media|radiospot|newsletter"
        ),
        unless="jahresbeitr|mitgliedsb",
    ),
    Rule(
        id="software/word",
        category="software",
        direction=OUT,
        words=(
            "webhosting|hosting|software| lizenz| domain |microsoft 365|office 365|creative cloud"
            "|google (workspace|cloud|gsuite)| saas | cloud | server |lizenzverl|softwarewart"
            "|wartungsvertrag & cad"
            "|wartungsvertrag & edv|warenwirtschaft| crm | erp |kassensoftware|app store|abo & plugin"
        ),
    ),
    Rule(
        id="travel/word",
        category="travel",
        direction=OUT,
        words=(
            "reisekost| hotel | flug | taxi |bahnticket|uebernachtung|bahnfahrt|bahncard|verpflegungsmehr"
            "|dienstreise|kilometergeld|fahrtkosten|reisespesen|deutschlandticket|jobticket|flugticket|diaeten"
        ),
        unless="uebernachtungst|bettenst",
    ),
)

_TRADE: tuple[Rule, ...] = (
    Rule(
        id="trade/customer_invoice",
        category="customer_receipt",
        direction=IN,
        words=INVOICE,
    ),
    Rule(
        id="trade/customer_words",
        category="customer_receipt",
        direction=IN,
        words=(
            " auftrag| anzahlung| abschlag|vorkasse|honorar| kd nr| kdnr|kunden~n|bestell|lieferung| projekt| bv "
            "| mahnung| teilzahl|scheckeinr|angebot| ab #|dienstleist|leistung| rate #|mitgliedsb"
            "|ratenzahlung| danke| kunde |abz skonto|kurs|gutachten|miete|reparatur|wartung|montage|beratung"
            "|unterricht|reinigung|behandlung|schulung|service"
        ),
        is_certain=False,
    ),
    Rule(
        id="trade/supplier_invoice",
        category="supplier",
        direction=OUT,
        words=INVOICE,
    ),
    Rule(
        id="trade/supplier_words",
        category="supplier",
        direction=OUT,
        words=(
            " auftrag| anzahlung| abschlag|vorkasse|angebot|bestell|lieferung| projekt| bv |kartenzahl"
            "|kreditkarte|girocard"
            "|einkauf|kaufums| ab #| kd nr| kdnr|kunden~n| ware|nachuntern|subuntern|material|kauf |isbn"
            "|fachbuch|ersatzteil"
            "|bewirtung| stk | art #|kreditorenn|auskunft|lastschrift|reparatur|wartung|montage|beratung|reinigung"
        ),
        is_certain=False,
    ),
)

RULES: tuple[Rule, ...] = (*_RETURNS, *_ENFORCEMENT, *_LENDERS, *_NOTHING, *_MONEY_IN, *_FIRST_OUT, *_COSTS, *_TRADE)


def _direction(category: str) -> Direction:
    """Of the rules that give a category."""
    found = {rule.direction for rule in RULES if rule.category == category}
    return found.pop() if len(found) == 1 else EITHER


DIRECTIONS = {category: _direction(category) for category in sorted({rule.category for rule in RULES})}
"""Which way the money of each category goes. What a lender or a person says of a line must fit it as well."""
