"""Made-up names, addresses and account numbers; none carries a word that bank lines are recognised by."""

from sandbox.bookkeeping.history import Party

_STEMS = (
    "Nordlicht", "Havel", "Sonnenhof", "Eichwald", "Kupfer", "Morgenrot", "Seeblick", "Falken", "Lindner", "Weber",
    "Brandt", "Kolibri", "Rheintal", "Bergmann", "Silber", "Anker", "Turmalin", "Wiesen", "Hansa", "Auer",
    "Polar", "Tannen", "Kranich", "Vogt", "Kessler", "Ahorn", "Delphin", "Moritz", "Saale", "Elster",
)  # fmt: skip
_KINDS = ("Technik", "Design", "Handel", "Bau", "Logistik", "Systeme", "Medien", "Praxis", "Werkstatt", "Catering")
_FORMS = ("GmbH", "KG", "UG (haftungsbeschränkt)", "AG", "OHG", "e.K.")
_GIVEN = ("Anna", "Jonas", "Mia", "Paul", "Lea", "Felix", "Emma", "Noah", "Clara", "Emil", "Ida", "Oskar")
_FAMILY = ("Schmidt", "Krause", "Özdemir", "Hoffmann", "Nowak", "Wagner", "Peters", "Lange", "Jäger", "Roth", "Voß")
_GOODS = ("Großhandel", "Material", "Software", "Energie", "Telekom", "Bürobedarf", "Druck", "Werkzeug", "Hosting")
_DISTINCT = len(_GIVEN) * len(_FAMILY)
"""Numbers below this have distinct names; above it the number is part of the name."""
CITIES = (
    ("10115", "Berlin"), ("20095", "Hamburg"), ("80331", "München"), ("50667", "Köln"), ("70173", "Stuttgart"),
    ("04109", "Leipzig"), ("28195", "Bremen"), ("90402", "Nürnberg"), ("01067", "Dresden"), ("24103", "Kiel"),
)  # fmt: skip
STREETS = ("Hauptstraße", "Gartenweg", "Am Markt", "Lindenallee", "Bahnhofstraße", "Mühlenweg")


def iban(bank: int, account: int) -> str:
    """A German IBAN with valid check digits (ISO 13616: 98 minus the remainder modulo 97)."""
    body = f"{bank % 100_000_000:08d}{account % 10_000_000_000:010d}"
    return f"DE{98 - int(body + '131400') % 97:02d}{body}"


_TAX_WEIGHTS = (0, 3, 2, 1, 0, 7, 6, 5, 4, 3, 2, 1)


def tax_number(key: int) -> str:
    """A tax number of North Rhine-Westphalia with a valid check digit, such as ``133/8150/8159``, for each key another.

    The check digit is the remainder modulo 11 of the weighted digits of the unified form, ``5133081508159``. A
    remainder of two digits is not given out: then the next number is taken, whose remainder is another.
    """
    district = (8150 + key // 500) % 10_000
    numbers = (f"{district:04d}{2 * (key % 500) + step:03d}" for step in (0, 1))
    checked = ((number, remainder_of_tax_number(f"51330{number}")) for number in numbers)
    number, check = next((number, check) for number, check in checked if check < 10)
    return f"133/{number[:4]}/{number[4:]}{check}"


def remainder_of_tax_number(digits: str) -> int:
    """The check digit of the first twelve digits of a unified number; 10 where there is none."""
    return sum(int(digit) * weight for digit, weight in zip(digits, _TAX_WEIGHTS, strict=True)) % 11


def vat_id(key: int) -> str:
    """A German VAT number with a valid check digit."""
    return f"DE{with_vat_check(f'{99_000_000 + key % 1_000_000:08d}')}"


def with_vat_check(body: str) -> str:
    """Eight digits and their check digit (ISO 7064, MOD 11,10)."""
    product = 10
    for digit in body:
        product = 2 * ((int(digit) + product) % 10 or 10) % 11
    return f"{body}{(11 - product) % 10}"


def customer(key: int, index: int, *, is_person: bool) -> Party:
    """The customer with that number; no two of one firm have the same name."""
    mix = key * 31 + index
    if is_person:
        name = f"{_GIVEN[mix % len(_GIVEN)]} {_FAMILY[index // len(_GIVEN) % len(_FAMILY)]}"
    else:
        name = f"{_STEMS[mix % len(_STEMS)]} {_KINDS[index // len(_STEMS) % len(_KINDS)]} {_FORMS[mix % len(_FORMS)]}"
    if index >= _DISTINCT:
        name = f"{name} {index}"
    account = None if index % 11 == 7 else iban(37_040_044 + index % 7, key * 100_000 + index)
    return Party(name=name, iban=account, is_person=is_person)


def related(key: int) -> Party:
    """The company that belongs to the same people as the firm."""
    return Party(name=f"{_STEMS[key % len(_STEMS)]} Beteiligungs GmbH", iban=iban(37_040_044, key * 100_000 + 99_000))


def supplier(key: int, index: int) -> Party:
    """The supplier with that number. Every third has no Contact, only a name on its bills."""
    name = f"{_STEMS[(key * 17 + index * 7) % len(_STEMS)]} {_GOODS[index % len(_GOODS)]} {_FORMS[index % 2]}"
    return Party(name=name, iban=iban(50_010_517, key * 100_000 + 50_000 + index))
