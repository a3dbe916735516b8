"""Whose books these are: pairs of names and numbers as people write them, honest ones and frauds."""

import pytest

from scoring.decisions.decision import NATURAL_PERSONS, Comparison, HolderCheck, LegalForm
from scoring.decisions.holders import Party, Why, compare_holder, compare_legal_form, compare_names, must_be_told

SAME, DIFFERS, UNKNOWN = Comparison.SAME, Comparison.DIFFERS, Comparison.UNKNOWN
FORMS = {False: LegalForm.GMBH, True: LegalForm.EINZELUNTERNEHMEN}

FIRMS: list[tuple[str, str, Why | None]] = [
    # stated in the application, in the account; why they differ, None where they are the same
    ("Müller Bau GmbH", "Müller Bau GmbH", None),
    ("Müller Bau GmbH", "MUELLER BAU GMBH", None),
    ("Müller Bau GmbH", "Mueller Bau", None),
    ("Muller Bau GmbH", "Müller Bau GmbH", None),
    ("Müller-Bau GmbH", "Müller Bau G.m.b.H.", None),
    ("Müllerbau GmbH", "Müller-Bau GmbH", None),
    ("Straßenbau Groß GmbH", "STRASSENBAU GROSS GMBH", None),
    ("Bäckerei Huber Ges.m.b.H.", "Bäckerei Huber GmbH", None),
    ("Nova Software UG (haftungsbeschränkt)", "Nova Software UG", None),
    ("Nova Software UG", "Nova Software UG haftungsbeschraenkt", None),
    ("Weber & Söhne KG", "Weber und Soehne KG", None),
    ("Weber u. Söhne KG", "Weber+Söhne KG", None),
    ("Kranz Logistik GmbH & Co. KG", "Kranz Logistik GmbH und Co KG", None),
    ("Kranz Logistik GmbH & Co. KG", "Kranz Logistik GmbH & Co.KG", None),
    ("Alpenglück AG", "Alpenglueck Aktiengesellschaft", None),
    ("Rosi's Imbiss GmbH", "Rosi\u2019s Imbiss GmbH", None),
    ("Café Élan GmbH", "Cafe Elan GmbH", None),
    ("Firma Kessler Haustechnik GmbH", "Kessler Haustechnik GmbH", None),
    ("A.B.C. Handel GmbH", "ABC Handel GmbH", None),
    ("Schmidt Bau GmbH", "Schmidt Trockenbau GmbH", Why.SOME_WORDS),
    ("Schmidt Bau GmbH", "Bau Schmidt GmbH", Why.SOME_WORDS),
    ("Schmidt Trockenbau GmbH", "Kunz Trockenbau GmbH", Why.SOME_WORDS),
    ("Schmidt Bau Nord GmbH", "Schmidt Bau Süd GmbH", Why.SOME_WORDS),
    ("Bauer Elektro GmbH", "Baur Elektro GmbH", Why.SOME_WORDS),
    ("Müller Bau GmbH", "Sonnenschein Catering GmbH", Why.OTHER_NAME),
    ("Müller Bau GmbH", "Müller Bau UG (haftungsbeschränkt)", Why.OTHER_LEGAL_FORM),
    ("Müller Bau GmbH", "Müller Bau e.K.", Why.OTHER_LEGAL_FORM),
    ("Müller Bau GmbH", "Müller Bau GmbH & Co. KG", Why.OTHER_LEGAL_FORM),
    ("Müller Bau GmbH", "Müller Bau Verwaltungs GmbH", Why.SOME_WORDS),
    ("GmbH", "UG", Why.OTHER_NAME),
]
PERSONS: list[tuple[str, str, Why | None]] = [
    ("Jan Schmidt", "Schmidt, Jan", None),
    ("Jan Schmidt", "SCHMIDT JAN", None),
    ("Dr. Anna Weiß", "Anna Weiss", None),
    ("Dipl.-Ing. Karl Öhler", "Oehler Karl", None),
    ("Prof. Dr. med. Eva Braun", "Frau Eva Braun", None),
    ("Malerbetrieb Schmidt", "Malerbetrieb Schmidt e.K.", None),
    ("Malerbetrieb Schmidt e. K.", "Malerbetrieb Schmidt eK", None),
    ("Jan Schmidt", "Malerbetrieb Schmidt, Inh. Jan Schmidt", None),
    ("Malerbetrieb Schmidt", "Malerbetrieb Schmidt Inhaber: Jan Schmidt", None),
    ("Tischlerei Gruber e.U.", "Tischlerei Gruber", None),
    ("GbR Meier und Kunz", "Meier & Kunz GbR", None),
    ("Zoë Müller-Lüdenscheidt", "Zoe Mueller Luedenscheidt", None),
    ("Lea Bürgi Einzelfirma", "Lea Buergi", None),
    ("Jan Schmidt", "Malerbetrieb Schmidt", Why.SURNAME),
    ("Malerbetrieb Schmidt", "Jan Schmidt", Why.SURNAME),
    ("Schmidt, Jan", "Schmidt Malerarbeiten", Why.SURNAME),
    ("Jan Schmidt", "Jan Peter Schmidt", Why.SURNAME),
    ("Jan Schmidt", "Malerbetrieb Farbenfroh", Why.OTHER_NAME),
    ("Jan Schmidt", "Jan Kunz", Why.SOME_WORDS),
    ("Jan Schmidt", "Peter Kunz", Why.OTHER_NAME),
]


@pytest.mark.parametrize(("stated", "held", "why"), FIRMS)
def test_names_of_firms(stated: str, held: str, why: Why | None) -> None:
    """The same firm however it is written; of another one, what both names have in common."""
    found = compare_names(stated, held, is_person=False)
    assert (found.result, found.why) == ((SAME, None) if why is None else (DIFFERS, why))


@pytest.mark.parametrize(("stated", "held", "why"), PERSONS)
def test_names_of_persons(stated: str, held: str, why: Why | None) -> None:
    """Words come in any order, and titles are left out."""
    found = compare_names(stated, held, is_person=True)
    assert (found.result, found.why) == ((SAME, None) if why is None else (DIFFERS, why))


@pytest.mark.parametrize("is_person", [False, True])
@pytest.mark.parametrize(("stated", "held", "why"), FIRMS + PERSONS)
def test_the_order_of_application_and_account_changes_nothing(
    stated: str,
    held: str,
    why: Why | None,  # noqa: ARG001  a column of the table
    is_person: bool,  # noqa: FBT001  a column of the table
) -> None:
    """Neither is more trustworthy than the other."""
    there, back = (compare_names(*pair, is_person=is_person) for pair in ((stated, held), (held, stated)))
    assert there == back


TAX_NUMBERS: list[tuple[str, str, Comparison]] = [
    ("181/815/08155", "18181508155", SAME),
    ("93815/08152", "2893081508152", SAME),  # Baden-Württemberg, unified
    ("181/815/08155", "9181081508155", SAME),  # Bavaria
    ("21/815/08150", "1121081508150", SAME),  # Berlin
    ("048/815/08155", "3048081508155", SAME),  # Brandenburg
    ("48/815/08155", "3048081508155", SAME),  # without its zero
    ("75 815 08152", "2475081508152", SAME),  # Bremen
    ("02/815/08156", "2202081508156", SAME),  # Hamburg
    ("013 815 08153", "2613081508153", SAME),  # Hesse
    ("079/815/08151", "4079081508151", SAME),  # Mecklenburg-Western Pomerania
    ("24/815/08151", "2324081508151", SAME),  # Lower Saxony
    ("133/8150/8159", "5133081508159", SAME),  # North Rhine-Westphalia
    ("22/815/0815/4", "2722081508154", SAME),  # Rhineland-Palatinate
    ("010/815/08182", "1010081508182", SAME),  # Saarland
    ("201/123/12340", "3201012312340", SAME),  # Saxony
    ("29 815 08158", "2129081508158", SAME),  # Schleswig-Holstein
    ("151/815/08156", "4151081508156", SAME),  # Thuringia
    ("181/815/08155", "918181508155", SAME),  # the unified form of before, with twelve digits
    ("12 345/6789", "12-345/6789", SAME),  # Austria
    ("181/815/08155", "181/815/08163", DIFFERS),
    ("93815/08152", "9181081508155", DIFFERS),
    ("181/815/08155", "86095742719", UNKNOWN),  # a person's identification number in the account
    ("86 095 742 719", "86095742719", SAME),
    ("86 095 742 719", "47036892816", DIFFERS),
]


@pytest.mark.parametrize(("stated", "held", "result"), TAX_NUMBERS)
def test_tax_numbers(stated: str, held: str, result: Comparison) -> None:
    """By their digits, in the form of the state or in the unified one."""
    for pair in ((stated, held), (held, stated)):
        found = compare_holder(*(Party(tax_number=one) for one in pair), legal_form=LegalForm.GMBH)
        assert (found.tax_number.result, found.result) == (result, result)


VAT_IDS: list[tuple[Party, Party, Comparison]] = [
    (Party(vat_id="DE136695976"), Party(vat_id="DE 136 695 976"), SAME),
    (Party(vat_id="DE136695976"), Party(vat_id="136695976"), SAME),
    (Party(vat_id="DE136695976"), Party(vat_id="DE136695976-00001"), SAME),  # of the business
    (Party(vat_id="DE136695976"), Party(tax_number="DE136695976"), SAME),  # in the field beside it
    (Party(vat_id="ATU12345678"), Party(vat_id="ATU 12345678"), SAME),
    (Party(vat_id="ATU12345678"), Party(vat_id="12345678"), SAME),
    (Party(vat_id="CHE-123.456.788 MWST"), Party(vat_id="CHE123456788"), SAME),
    (Party(vat_id="DE136695976"), Party(vat_id="DE136695977"), DIFFERS),
    (Party(vat_id="DE123456788"), Party(vat_id="CHE123456788"), DIFFERS),
    (Party(vat_id="DE136695976"), Party(tax_number="181/815/08155"), UNKNOWN),
]


@pytest.mark.parametrize(("stated", "held", "result"), VAT_IDS)
def test_numbers_for_value_added_tax(stated: Party, held: Party, result: Comparison) -> None:
    """With or without the letters of the country, in either field."""
    found = compare_holder(stated, held, legal_form=LegalForm.GMBH)
    assert (found.vat_id.result, found.result) == (result, result)


MINE, FRIENDS = "181/815/08155", "22/815/08154"
WHOLE: list[tuple[str, bool, Party, Party, Comparison]] = [
    ("everything agrees", False, Party(name="Müller Bau GmbH", tax_number=MINE),
     Party(name="Mueller Bau GmbH", tax_number=MINE), SAME),
    ("the account has no tax number", False, Party(name="Müller Bau GmbH", tax_number=MINE),
     Party(name="Müller Bau GmbH"), SAME),
    ("the name alone is stated", False, Party(name="Müller Bau GmbH"),
     Party(name="Müller Bau GmbH", tax_number=MINE), SAME),
    ("the number alone is stated", False, Party(tax_number=MINE), Party(name="Müller Bau", tax_number=MINE), SAME),
    ("a trade name, and the owner's number", True, Party(name="Jan Schmidt", tax_number=MINE),
     Party(name="Malerbetrieb Schmidt", tax_number=MINE), SAME),
    ("a trade name, and no number", True, Party(name="Jan Schmidt"), Party(name="Malerbetrieb Schmidt"), DIFFERS),
    ("a fancy name, although the number is the same", True, Party(name="Jan Schmidt", tax_number=MINE),
     Party(name="Malerbetrieb Farbenfroh", tax_number=MINE), DIFFERS),
    ("UG that became a GmbH", False, Party(name="Nova GmbH", tax_number=MINE),
     Party(name="Nova UG (haftungsbeschränkt)", tax_number=MINE), SAME),
    ("the sister company", False, Party(name="Nova GmbH", tax_number=MINE),
     Party(name="Nova UG (haftungsbeschränkt)", tax_number=FRIENDS), DIFFERS),
    ("a friend's books", True, Party(name="Jan Schmidt", tax_number=MINE),
     Party(name="Peter Kunz", tax_number=FRIENDS), DIFFERS),
    ("a friend's books, and his number copied", True, Party(name="Jan Schmidt", tax_number=FRIENDS),
     Party(name="Peter Kunz", tax_number=FRIENDS), DIFFERS),
    ("a friend's books under the applicant's name", True, Party(name="Jan Schmidt", tax_number=MINE),
     Party(name="Jan Schmidt", tax_number=FRIENDS), DIFFERS),
    ("a firm of the same trade and its number copied", False, Party(name="Schmidt Trockenbau GmbH", tax_number=FRIENDS),
     Party(name="Kunz Trockenbau GmbH", tax_number=FRIENDS), DIFFERS),
    ("the number for value added tax agrees, the tax number does not", False,
     Party(name="Müller Bau GmbH", tax_number=MINE, vat_id="DE136695976"),
     Party(name="Müller Bau GmbH", tax_number=FRIENDS, vat_id="DE136695976"), DIFFERS),
    ("another number that ends as the friend's", True,
     Party(name="Jan Schmidt", tax_number="21/815/08150"), Party(name="Jan Schmidt", tax_number="815/08150"), DIFFERS),
    ("nothing that both have", False, Party(tax_number=MINE), Party(name="Müller Bau GmbH"), UNKNOWN),
    ("an account without a name", False, Party(name="Müller Bau GmbH"), Party(name=" - "), UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(("what", "is_person", "stated", "held", "result"), WHOLE, ids=[row[0] for row in WHOLE])
def test_whose_books_these_are(
    what: str,  # noqa: ARG001  names the case
    is_person: bool,  # noqa: FBT001  a column of the table
    stated: Party,
    held: Party,
    result: Comparison,
) -> None:
    """A number that differs always counts, and one that agrees never makes up for a name that is somebody else's."""
    assert compare_holder(stated, held, legal_form=FORMS[is_person]).result is result


def test_what_is_stored_names_nobody() -> None:
    """Neither does the ``repr`` of who was compared."""
    party = Party(name="Jan Schmidt", tax_number=MINE)
    found = compare_holder(party, Party(name="Peter Kunz"), legal_form=LegalForm.FREIBERUFLER)
    assert isinstance(found, HolderCheck)
    assert not {"Schmidt", "Kunz", MINE} & set(repr((found, party)).replace("'", " ").split())


STATED: list[tuple[LegalForm, str | None, Comparison | None, Why | None]] = [
    # stated in the application, the name in the account; whether it tells that form
    (LegalForm.GMBH, "Müller Bau GmbH", SAME, None),
    (LegalForm.GMBH, "MUELLER BAU G.M.B.H.", SAME, None),
    (LegalForm.GMBH, "Bäckerei Huber Ges.m.b.H.", SAME, None),
    (LegalForm.GMBH, "Lernhilfe Nord gGmbH", SAME, None),
    (LegalForm.GMBH, "Müller Bau GmbH i.G.", SAME, None),
    (LegalForm.GMBH, "Müller Bau Gesellschaft mit beschränkter Haftung", SAME, None),
    (LegalForm.GMBH, "Malerbetrieb Emil Roth", DIFFERS, Why.NO_LEGAL_FORM),
    (LegalForm.GMBH, "Malerbetrieb Emil Roth e.K.", DIFFERS, Why.OTHER_LEGAL_FORM),
    (LegalForm.GMBH, "Meier & Kunz GbR", DIFFERS, Why.OTHER_LEGAL_FORM),
    (LegalForm.GMBH, "Kranz Logistik GmbH & Co. KG", DIFFERS, Why.OTHER_LEGAL_FORM),
    (LegalForm.GMBH, "Nova Software UG (haftungsbeschränkt)", DIFFERS, Why.OTHER_LEGAL_FORM),
    (LegalForm.UG, "Nova Software UG (haftungsbeschränkt)", SAME, None),
    (LegalForm.UG, "Nova Software GmbH", DIFFERS, Why.OTHER_LEGAL_FORM),
    (LegalForm.AG, "Alpenglück AG", SAME, None),
    (LegalForm.GMBH_CO_KG, "Kranz Logistik GmbH & Co. KG", SAME, None),
    (LegalForm.GMBH_CO_KG, "Kranz Logistik GmbH und Co.KG", SAME, None),
    (LegalForm.GMBH_CO_KG, "Kranz Logistik GmbH", DIFFERS, Why.OTHER_LEGAL_FORM),
    (LegalForm.GMBH_CO_KG, "Kranz Logistik KG", DIFFERS, Why.OTHER_LEGAL_FORM),
    (LegalForm.KG, "Weber & Söhne KG", SAME, None),
    (LegalForm.EG, "Bürgerenergie Nord eingetragene Genossenschaft", SAME, None),
    (LegalForm.EG, "Bürgerenergie Nord e. G.", SAME, None),
    (LegalForm.EG, "Winzer Vereinigung eG", SAME, None),
    (LegalForm.GMBH, None, UNKNOWN, Why.NOT_IN_ACCOUNT),
    (LegalForm.GMBH, " - ", UNKNOWN, Why.NOT_IN_ACCOUNT),
    (LegalForm.AG, "Nordwind Werke AG", SAME, None),
    (LegalForm.AG, "Nordwind Werke SE", SAME, None),
    (LegalForm.AG, "Nordwind Werke Aktiengesellschaft", SAME, None),
    (LegalForm.AG, "Nordwind GmbH & Co. KGaA", SAME, None),
    (LegalForm.AG, "Nordwind Kommanditgesellschaft auf Aktien", SAME, None),
    (LegalForm.AG, "Nordwind Aktiengesellschaft & Co. KG", DIFFERS, Why.OTHER_LEGAL_FORM),
    (LegalForm.KG, "Nordwind Aktiengesellschaft & Co. KG", SAME, None),
]


@pytest.mark.parametrize(("stated", "held", "result", "why"), STATED)
def test_a_company_is_told_by_the_name_in_its_books(
    stated: LegalForm, held: str | None, result: Comparison, why: Why | None
) -> None:
    """A sole trader who states a company is seen."""
    found = compare_legal_form(stated, held)
    assert (found.result, found.why) == (result, why)


def test_of_natural_persons_no_name_must_tell_the_legal_form() -> None:
    """Who states one is decided with more care anyway."""
    assert {form for form in LegalForm if not must_be_told(form)} == NATURAL_PERSONS


def test_the_legal_form_settles_nothing_about_whose_books_these_are() -> None:
    """The same tax number still makes a UG that became a GmbH the same firm."""
    stated, held = Party(name="Nova GmbH", tax_number=MINE), Party(name="Nova UG", tax_number=MINE)
    assert compare_holder(stated, held, legal_form=LegalForm.GMBH).result is SAME
    assert compare_legal_form(LegalForm.GMBH, held.name).result is DIFFERS
