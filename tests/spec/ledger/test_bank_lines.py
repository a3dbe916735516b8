"""What a bank line is about, by its text: the table that customers and auditors can read."""

import polars as pl
import pytest

from scoring.sources.sevdesk.words.bank_lines import RULES, natures

OUT, IN = -100, 100


def _nature(purpose: str | None, amount: int, name: str | None = None, entry_text: str | None = None) -> str:
    line = {"purpose": [purpose], "name": [name], "entry_text": [entry_text], "amount_cents": [amount]}
    text = dict.fromkeys(("purpose", "name", "entry_text"), pl.String)
    found: str = natures(pl.DataFrame(line, schema_overrides=text))[0]
    return found


LINES = [
    ("returned_debit", "Rücklastschrift RE-1044", OUT),
    ("returned_debit", "RUECKLASTSCHRIFT MANGELS DECKUNG Strom", IN),
    ("returned_debit", "Rucklastschrift wegen Rückgabe", OUT),
    ("returned_debit", "SEPA Rückbuchung", OUT),
    ("returned_debit", "Retoure SEPA-Lastschrift vom 03.02.", OUT),
    ("returned_debit", "Rückgabe Lastschrift Darlehen 4711 Tilgung", IN),
    ("returned_debit", "RU\u0308CKLASTSCHRIFT", OUT),
    ("other", "Retoure Bestellung 4411", IN),
    ("reminder_fee", "Mahngebühr Rechnung 4711", OUT),
    ("reminder_fee", "MAHNGEBUEHR", OUT),
    ("reminder_fee", "2. Mahnung Ihre Rechnung", OUT),
    ("reminder_fee", "Aktenzeichen 99 Inkasso Nord GmbH", OUT),
    ("reminder_fee", "Säumniszuschlag Umsatzsteuer", OUT),
    ("other", "RE-1044 zzgl. Mahngebühr 5 Euro", IN),
    ("other", "SEPA-Lastschrifteinzug", OUT),
    ("garnishment", "Pfändungs- und Einziehungsverfügung", OUT),
    ("garnishment", "PFAENDUNG AZ 12 M 33/26", OUT),
    ("garnishment", "Zwangsvollstreckung Obergerichtsvollzieher", OUT),
    ("wages", "Lohnpfändung Mitarbeiter, Lohn 03/26", OUT),
    ("tax", "Umsatzsteuer 03/26", OUT),
    ("tax", "FA BERLIN USt-VA 1. Quartal", OUT),
    ("tax", "Körperschaftsteuer 2025", OUT),
    ("tax", "Lohnsteuer Februar", OUT),
    ("tax", "Gewerbesteuer-Vorauszahlung Stadtkasse", OUT),
    ("other", "Rechnung 12 inkl. 19% Umsatzsteuer", OUT),
    ("other", "Steuerberater Honorar", OUT),
    ("other", "Erstattung Umsatzsteuer", IN),
    ("social_security", "Beiträge 03 Techniker Krankenkasse", OUT),
    ("social_security", "AOK Nordost Beitrag", OUT),
    ("social_security", "Minijob-Zentrale", OUT),
    ("social_security", "Berufsgenossenschaft Vorschuss", OUT),
    ("debt_service", "Darlehen 4711 Tilgung und Zinsen", OUT),
    ("debt_service", "Kreditrate 12/36", OUT),
    ("debt_service", "Sollzinsen 1. Quartal", OUT),
    ("other", "Kreditkartenabrechnung", OUT),
    ("loan_proceeds", "Darlehensauszahlung 4712", IN),
    ("loan_proceeds", "Auszahlung Kredit 99", IN),
    ("loan_proceeds", "Darlehen Freund GmbH", IN),
    ("other", "Kredit-Karte Gutschrift", IN),
    ("wages", "Lohn Gehalt 03", OUT),
    ("wages", "GEHALT MÄRZ 2026", OUT),
    ("wages", "Löhne 03/26", OUT),
    ("wages", "Aushilfslohn", OUT),
    ("other", "Gehalt Rückzahlung", IN),
    ("other", "Lohnbuchhaltung Februar", OUT),
    ("rent", "Miete 03", OUT),
    ("rent", "Büromiete April", OUT),
    ("rent", "Pacht Gewerbehalle", OUT),
    ("other", "Mietwagen Sixt", OUT),
    ("other", "Miete Untermieter", IN),
    ("owner_drawing", "Privatentnahme", OUT),
    ("owner_drawing", "Gewinnausschüttung 2025", OUT),
    ("owner_drawing", "Rückzahlung Gesellschafterdarlehen", OUT),
    ("owner_contribution", "Privateinlage", IN),
    ("owner_contribution", "Gesellschafterdarlehen Einlage", IN),
    ("owner_contribution", "Stammeinlage", IN),
    ("other", "Rechnung RE-1044 vom 02.03.2026", IN),
    ("other", "", OUT),
    ("other", None, IN),
]


@pytest.mark.parametrize(("nature", "purpose", "amount"), LINES)
def test_a_line_is_about(nature: str, purpose: str | None, amount: int) -> None:
    """A line with this text and direction has this nature."""
    assert nature == _nature(purpose, amount)


def test_name_and_entry_text_speak_too() -> None:
    """The recipient's name and the bank's own text are read beside the purpose."""
    assert _nature("03/26", OUT, name="Finanzamt Mitte") == "tax"
    assert _nature("RE-1044", OUT, entry_text="RUECKLASTSCHRIFT") == "returned_debit"


def test_all_lines_at_once_are_the_lines_one_by_one() -> None:
    """The order and the company of lines change nothing."""
    lines = pl.DataFrame(
        [(purpose, None, None, amount) for _, purpose, amount in LINES],
        schema={"purpose": pl.String, "name": pl.String, "entry_text": pl.String, "amount_cents": pl.Int64},
        orient="row",
    )
    assert natures(lines).to_list() == [nature for nature, _, _ in LINES]


def test_every_nature_but_other_has_one_rule() -> None:
    """The table has a row for each nature, and each row is shown by an example above."""
    ruled = [rule.nature for rule in RULES]
    assert len(ruled) == len(set(ruled))
    assert set(ruled) | {"other"} == {nature for nature, _, _ in LINES}
