"""Classifies bank lines by their text; no other module reads these texts.

The first rule of the table that fits decides: signs of distress come first (the returned debit
of a loan instalment is a returned debit), then owners before lenders (a shareholder loan is the owner's money), then
what names its recipient, then what only names its purpose.
"""

from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from features.ledger import NATURE, collect


class Direction(StrEnum):
    """Which way the money goes."""

    IN = "in"
    OUT = "out"
    EITHER = "either"


@dataclass(frozen=True, slots=True, kw_only=True)
class BankTextRule:
    """One kind of bank line.

    The patterns are read against text in small letters; ``ae``, ``oe``, ``ue`` and ``ss`` stand for umlauts and sharp s
    as well.
    """

    nature: str
    direction: Direction
    words: str
    unless: str | None = None
    """Texts that look alike and mean something else."""


_INCLUDED = r"(?:inkl|incl|einschl|zzgl|zuzuegl|exkl|netto|brutto)\w*\.?[^|]{0,16}"

RULES: tuple[BankTextRule, ...] = (
    BankTextRule(
        nature="garnishment",
        direction=Direction.OUT,
        words=r"pfaendung|einziehungsverfuegung|vollstreckung|gerichtsvollzieher|drittschuldner",
        unless=r"(?:lohn|gehalts?)pfaendung|pfaendungsfrei",
    ),
    BankTextRule(
        nature="returned_debit",
        direction=Direction.EITHER,
        words=(
            r"r(?:ue|u)ck-?\s?last|r(?:ue|u)ck-?\s?buchung|\bretour|lastschrift-?\s?r(?:ue|u)ck|r(?:ue|u)ckgabe\s(?:sepa-?)?lastschrift"
            r"|mangels\s(?:konto)?deckung|return(?:ed)?\sdebit|\brlg\b|wegen\sr(?:ue|u)ckgabe|lastschriftretoure"
        ),
        unless=r"retoure\w*\s(?:zu\s)?(?:bestell|ware|artikel|sendung|paket)|(?:waren|paket)retoure",
    ),
    BankTextRule(
        nature="reminder_fee",
        direction=Direction.OUT,
        words=(
            r"mahn(?:gebuehr|kosten|spesen|pauschale|ung)|\binkasso|saeumnis(?:zuschlag|gebuehr)|verzugs(?:zins|pauschale)"
            r"|forderungsmanagement"
        ),
        unless=r"inkasso(?:kosten)?versicherung",
    ),
    BankTextRule(
        nature="owner_contribution",
        direction=Direction.IN,
        words=(
            r"privateinlage|privat\seinlage|\beinlage|(?:bar|stamm|kapital|gesellschafter|eigenkapital|kommandit)einlage"
            r"|gesellschafter-?\s?darlehen|kapitalerhoehung|kapitalzufuehrung|eigenmittel"
        ),
        unless=r"einlagensicherung|einlagen(?:zins|geschaeft)",
    ),
    BankTextRule(
        nature="owner_drawing",
        direction=Direction.OUT,
        words=(
            r"privat-?\s?entnahme|\bentnahme\sprivat|(?:gewinn|inhaber|gesellschafter|bar)-?entnahme|unternehmerlohn"
            r"|gewinn-?\s?ausschuettung|vorabausschuettung|\bausschuettung|dividende|\bprivat\b|gesellschafter-?\s?darlehen"
        ),
        unless=r"privat(?:e|er|es)?\s?(?:kunde|patient|bank|leistung)",
    ),
    BankTextRule(
        nature="loan_proceeds",
        direction=Direction.IN,
        words=(
            r"(?:darlehen|kredit)s?-?\s?(?:auszahlung|valuta|bereitstellung|zusage)|auszahlung\s(?:ihr\w*\s)?(?:darlehen|kredit)"
            r"|valutierung|\bdarlehen|foerderdarlehen|\b(?:raten|investitions|betriebsmittel)kredit|\bkfw\b"
        ),
        unless=r"(?:kfw|foerder)-?\s?zuschuss|darlehenszins\w*\serstattung",
    ),
    BankTextRule(
        nature="tax",
        direction=Direction.OUT,
        words=(
            r"finanzamt|finanzkasse|steuerkasse|landeshauptkasse|stadtkasse|hauptzollamt|steuerverwaltung|\bbundeskasse"
            r"|(?:umsatz|koerperschaft|gewerbe|einkommen|lohn|kapitalertrag|grund|kfz-?|kraftfahrzeug|vergnuegungs)-?steuer"
            r"|\bust-?\s?(?:va\b|voranmeldung|vorauszahlung|sondervorauszahlung|nachzahlung)|umsatzsteuervoranmeldung"
            r"|solidaritaetszuschlag|steuer(?:vorauszahlung|nachzahlung|abschlag)|\bst(?:euer)?-?nr\b"
        ),
        unless=_INCLUDED + r"(?:umsatzsteuer|mehrwertsteuer|ust|mwst)|steuerberat|\d\s?%\s?umsatzsteuer",
    ),
    BankTextRule(
        nature="social_security",
        direction=Direction.OUT,
        words=(
            r"krankenkasse|\baok\b|\bbarmer\b|\bdak\b|\bikk\b|\bbkk\b|\bkkh\b|\bhek\b|\bhkk\b|\bviactiv\b|knappschaft"
            r"|minijob-?\s?zentrale|sozialversicherung|\bsv-?\s?beitr|rentenversicherung|\bdrv\b|berufsgenossenschaft"
            r"|\bbg\s?(?:bau|etem|verkehr|rci|hm)\b|kuenstlersozialkasse|unfallkasse|beitragsnachweis|soka-?\s?bau"
            r"|gesamtsozialversicherungsbeitr"
        ),
        unless=r"private\srentenversicherung|krankenkasse\serstatt",
    ),
    BankTextRule(
        nature="debt_service",
        direction=Direction.OUT,
        words=(
            r"darlehen|tilgung|annuitaet|kredit(?:rate|zins|konto|vertrag|rueckzahlung|-?\s?nr)|ratenkredit|\bkredit\b"
            r"|(?:soll|kredit|darlehens|ueberziehungs)zins|zins\s?(?:und|u\.|\+|/)\s?tilgung|zinsen\s(?:und|u\.)\s|rate\skredit"
        ),
        unless=r"kredit-?\s?karte|kreditversicherung",
    ),
    BankTextRule(
        nature="wages",
        direction=Direction.OUT,
        words=(
            r"\b(?:lohn|loehne|gehalt|gehaelter|bezuege)\b|(?:lohn|gehalts)zahlung"
            r"|(?:arbeits|aushilfs|monats|netto|stunden|mindest)lohn\b|ausbildungsverguetung|weihnachtsgeld|urlaubsgeld"
            r"|\bsalary\b|\bsala\b|\bwages\b|kurzarbeitergeld"
        ),
        unless=r"lohn-?\s?(?:buchhaltung|abrechnungsservice|bueero|buero|fertigung)",
    ),
    BankTextRule(
        nature="rent",
        direction=Direction.OUT,
        words=(
            r"\bmieten?\b|(?:buero|laden|hallen|gewerbe|kalt|warm|monats|praxis|lager|raum|grund|geschaefts|werkstatt)miete"
            r"|miet(?:zahlung|zins|vertrag|vorauszahlung|rate)|\bpacht|pachtzins|nebenkosten(?:vorauszahlung|abschlag)"
        ),
        unless=r"(?:kfz|auto|fahrzeug|maschinen|geraete|zaehler|software|container)-?\s?miete|mietwagen|mietkauf",
    ),
)

_SPELLINGS = {
    "ae": "(?:ae|ä|a\u0308)",
    "oe": "(?:oe|ö|o\u0308)",
    "ue": "(?:ue|ü|u\u0308)",
    "ss": "(?:ss|ß)",
    r"\b": r"(?-u:\b)",
    r"\w": "[a-zäöüß]",
    r"\s": r"[ \t\n]",
    r"\d": "[0-9]",
}
"""How the words of the table are matched: umlauts in any spelling, and small character classes, which are fast."""


def _pattern(words: str) -> str:
    for plain, spellings in _SPELLINGS.items():
        words = words.replace(plain, spellings)
    return words


# One pattern of all rules: a line that it does not match is of no kind.
_ANY = _pattern("|".join(f"(?:{rule.words})" for rule in RULES))
_ANY_EXCEPTION = _pattern("|".join(f"(?:{rule.unless})" for rule in RULES if rule.unless))


def _nature(*, with_exceptions: bool) -> pl.Expr:
    found = (
        pl.when(_fits(rule, with_exception=with_exceptions)).then(pl.lit(rule.nature, dtype=NATURE)) for rule in RULES
    )
    return pl.coalesce(*found, pl.lit("other", dtype=NATURE))


def _fits(rule: BankTextRule, *, with_exception: bool) -> pl.Expr:
    text, amount = pl.col("text"), pl.col("amount_cents")
    fits = text.str.contains(_pattern(rule.words))
    if with_exception and rule.unless is not None:
        fits &= ~text.str.contains(_pattern(rule.unless))
    match rule.direction:
        case Direction.IN:
            fits &= amount > 0
        case Direction.OUT:
            fits &= amount < 0
        case Direction.EITHER:
            pass
    return fits


_TEXT = (
    pl.concat_str("purpose", "name", "entry_text", separator=" | ", ignore_nulls=True).str.to_lowercase().alias("text")
)
_IS_MENTIONED = pl.col("text").str.contains(_ANY)
_IS_DOUBTFUL = pl.col("text").str.contains(_ANY_EXCEPTION).any().alias("is_doubtful")
_NATURE, _NATURE_WITH_EXCEPTIONS = _nature(with_exceptions=False), _nature(with_exceptions=True)


PRIVATE = 300
"""Status of a bank line that the firm has marked as private: then it is the owner's, whatever its text says."""
_OF_PRIVATE = pl.when(pl.col("status") == PRIVATE).then(
    pl.when(pl.col("amount_cents") < 0)
    .then(pl.lit("owner_drawing", dtype=NATURE))
    .otherwise(pl.lit("owner_contribution", dtype=NATURE))
)


def natures(lines: pl.DataFrame) -> pl.Series:
    """What each line is about, as ``features.ledger.NATURE``; ``other`` where nothing is recognised.

    Args:
        lines: ``amount_cents`` (signed, positive is money in), ``purpose``, ``name``, ``entry_text``.
    """
    # Most lines match no rule: one pattern over all lines, the rules over the few that are left.
    texts = lines.lazy().select(_TEXT, "amount_cents").with_row_index("line").filter(_IS_MENTIONED)
    mentioned = collect(texts.with_columns(_IS_DOUBTFUL))
    result = pl.Series(["other"], dtype=NATURE).new_from_index(0, lines.height)
    if mentioned.is_empty():
        return result
    # The rules with exceptions take longer, and are left out where no line mentions one.
    is_doubtful = mentioned["is_doubtful"][0]
    recognised = collect(mentioned.lazy().select(_NATURE_WITH_EXCEPTIONS if is_doubtful else _NATURE)).to_series()
    return result.scatter(mentioned["line"], recognised)


def natures_with_private(lines: pl.DataFrame) -> pl.Series:
    """The same, but what the firm marked as private is its owner's.

    Args:
        lines: As in ``natures``, and ``status``.
    """
    recognised = natures(lines)
    # Without marked lines the second pass is left out.
    if not (lines["status"] == PRIVATE).any():
        return recognised
    return lines.select(_OF_PRIVATE.otherwise(recognised)).to_series()
