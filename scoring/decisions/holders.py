"""Whose books are these: the applicant of the application against the holder of the account, without any IO.

A friend's healthy books are the cheapest fraud. What is stored of the comparison is how it went, never a name.
"""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from itertools import product
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec
from typing_extensions import override

from scoring.decisions.decision import NATURAL_PERSONS, Compared, Comparison, HolderCheck, LegalForm


class Why(StrEnum):
    """Why two things differ or cannot be compared."""

    NOT_STATED = "not_stated"
    """The application does not state it."""
    NOT_IN_ACCOUNT = "not_in_account"
    """The account does not have it."""
    OTHER_KIND = "other_kind"
    """A personal tax identification number on one side and a tax number of the business on the other."""
    OTHER_NUMBER = "other_number"
    OTHER_NAME = "other_name"
    """Not a word in common."""
    SOME_WORDS = "some_words"
    """Some words in common."""
    SURNAME = "surname"
    """Of natural persons: what may be a surname in common, as in a trade name and its owner's name."""
    OTHER_LEGAL_FORM = "other_legal_form"
    """The same name with another legal form."""
    NO_LEGAL_FORM = "no_legal_form"
    """The account's name tells no legal form, as that of a company must."""


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Who a firm or person is, as an application or an account says it. Its ``repr`` shows nothing of it."""

    name: str | None = None
    tax_number: str | None = None
    """Of the tax office, in the form of its country or state."""
    vat_id: str | None = None
    """For value added tax, with its country's letters."""

    @override
    def __repr__(self) -> str:
        return "Party()"


_SAME: Final = Compared(result=Comparison.SAME)


def compare_holder(applicant: Party, holder: Party, *, legal_form: LegalForm) -> HolderCheck:
    """Whether the account is the applicant's.

    A number that differs is never outweighed. A name that differs is by the same number in two cases: the name of the
    owner beside a trade name, and another legal form. In no other, since the number of a firm stands on its invoices.

    Args:
        applicant: as the application states it.
        holder: as the source has it.
        legal_form: of the applicant, as it states it. The words of a natural person's name may come in any order.
    """
    is_person = legal_form in NATURAL_PERSONS
    stated, held = _numbers_of(applicant), _numbers_of(holder)
    tax, vat = _compare_tax_numbers(stated, held), _compare_numbers(stated.vat, held.vat)
    name = compare_names(applicant.name, holder.name, is_person=is_person)
    numbers = {tax.result, vat.result}
    if Comparison.DIFFERS in numbers:
        result = Comparison.DIFFERS
    elif name.result is Comparison.DIFFERS:
        is_explained = name.why in {Why.OTHER_LEGAL_FORM, Why.SURNAME}
        result = Comparison.SAME if is_explained and Comparison.SAME in numbers else Comparison.DIFFERS
    else:
        result = Comparison.SAME if Comparison.SAME in {name.result, *numbers} else Comparison.UNKNOWN
    return HolderCheck(result=result, name=name, tax_number=tax, vat_id=vat)


_CO: Final = r"(?: u| und)? co (?:kg|ohg)"
_FORMS: Final = tuple(
    (form, re.compile(rf"\b(?:{words})\b"))
    for form, words in (
        ("ag", rf"kommanditgesellschaft auf aktien|kgaa|aktiengesellschaft(?!{_CO})|(?:ag|se)$"),
        ("kg", rf"(?:g?mbh|ug(?: haftungsbeschrae?nkt)?|ag|se){_CO}|kg|kommanditgesellschaft"),
        ("gmbh", r"gesellschaft mit beschrae?nkter haftung|gemeinnue?tzige gmbh|ges mbh|gesmbh|gg?mbh|mbh"),
        ("ug", r"(?:unternehmergesellschaft|ug)(?: haftungsbeschrae?nkt)?|haftungsbeschrae?nkt"),
        ("ohg", r"offene handelsgesellschaft|ohg|og$"),
        ("gbr", r"gesellschaft bue?rgerlichen rechts|bgb gesellschaft|e?gbr"),
        ("ek", r"eingetragener? (?:kaufmann|kauffrau)|e ?k|e ?kfm|e ?kfr|eingetragener? unternehmer(?:in)?|e ?u$"),
        ("partg", r"partg(?: ?mbb)?|partnerschaftsgesellschaft"),
        ("eg", r"eingetragene genossenschaft|e ?g$"),
    )
)
"""Legal forms as firms write them; an SE and a KGaA are companies by shares, as an AG is.

Those whose letters may be part of a name count at its end alone."""
_LEFT_OUT: Final = frozenset(
    {
        *("dr", "prof", "dipl", "ing", "mag", "med", "dent", "jur", "herr", "frau"),
        *("firma", "fa", "einzelunternehmen", "einzelfirma", "und", "u"),
    }
)
"""Titles, forms of address and conjunctions, which tell nobody from another."""
_UMLAUTS: Final = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_INITIAL: Final = re.compile(r"\b(\w)\.")
_APOSTROPHE: Final = re.compile("['\u2018\u2019\u00b4`]")
_BETWEEN_WORDS: Final = re.compile(r"[\W_]+")
_OWNER: Final = re.compile(r",?\s*\binh(?:aber(?:in)?)?\b[.:]?\s*")


class _Name(NamedTuple):
    """A name without what does not tell it from others."""

    words: tuple[str, ...]
    form: str | None
    surnames: frozenset[str]
    """Words that may be a surname: the last one, and the one before a comma."""


def compare_names(stated: str | None, held: str | None, *, is_person: bool) -> Compared:
    """Compare two names of firms or persons, as people write them."""
    if stated is None or not _BETWEEN_WORDS.sub("", stated):
        return Compared(result=Comparison.UNKNOWN, why=Why.NOT_STATED)
    if held is None or not _BETWEEN_WORDS.sub("", held):
        return Compared(result=Comparison.UNKNOWN, why=Why.NOT_IN_ACCOUNT)
    pairs = tuple(product(_readings(stated), _readings(held)))
    same = [(one, other) for one, other in pairs if _is_same(one.words, other.words, is_person=is_person)]
    if same:
        has_form = any(one.form is None or other.form is None or one.form == other.form for one, other in same)
        return _SAME if has_form else Compared(result=Comparison.DIFFERS, why=Why.OTHER_LEGAL_FORM)
    why = Why.OTHER_NAME
    if any(set(one.words) & set(other.words) for one, other in pairs):
        has_surname = any(one.surnames & set(other.words) or other.surnames & set(one.words) for one, other in pairs)
        why = Why.SURNAME if is_person and has_surname else Why.SOME_WORDS
    return Compared(result=Comparison.DIFFERS, why=why)


_WRITTEN: Final[Mapping[LegalForm, str]] = MappingProxyType(
    {
        LegalForm.GMBH: "gmbh",
        LegalForm.UG: "ug",
        LegalForm.AG: "ag",
        LegalForm.GMBH_CO_KG: "kg",
        LegalForm.KG: "kg",
        LegalForm.EG: "eg",
    }
)
"""Legal forms that the name of a firm must tell, on its invoices, too: §§ 4, 5a, 35a GmbHG, §§ 4, 80 AktG, §§ 19,
125 HGB, §§ 3, 25a GenG."""


def must_be_told(stated: LegalForm) -> bool:
    """Whether the name of a firm of this legal form must tell it."""
    return stated in _WRITTEN


def compare_legal_form(stated: LegalForm, held: str | None) -> Compared:
    """Whether the account's name tells the legal form that the application states, see ``must_be_told``.

    Who counts as a natural person is decided with more care. A sole trader who states a company would escape that.

    Raises:
        KeyError: No name must tell this form.
    """
    written = _WRITTEN[stated]
    if held is None or not _BETWEEN_WORDS.sub("", held):
        return Compared(result=Comparison.UNKNOWN, why=Why.NOT_IN_ACCOUNT)
    told = {one.form for one in _readings(held)} - {None}
    # A limited partner alone is no limited liability: the name of such a partnership must tell it (§ 19 (2) HGB).
    is_limited = stated is not LegalForm.GMBH_CO_KG or re.search(_CO, _BETWEEN_WORDS.sub(" ", held.casefold()))
    if written in told and is_limited:
        return _SAME
    return Compared(result=Comparison.DIFFERS, why=Why.OTHER_LEGAL_FORM if told else Why.NO_LEGAL_FORM)


def _is_same(one: tuple[str, ...], other: tuple[str, ...], *, is_person: bool) -> bool:
    """Whether nothing but spaces and hyphens differs, or of a person the order of words."""
    return "".join(one) == "".join(other) or (is_person and sorted(one) == sorted(other))


def _readings(name: str) -> tuple[_Name, ...]:
    """The name with umlauts as two letters and as one; of a trade name with its owner behind it, each of them, too."""
    folded = unicodedata.normalize("NFC", name).casefold()
    parts = (folded, *(part for part in _OWNER.split(folded) if part))
    return tuple(dict.fromkeys(_parsed(one) for part in parts for one in (part.translate(_UMLAUTS), part)))


def _parsed(folded: str) -> _Name:
    decomposed = unicodedata.normalize("NFKD", folded)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    plain = _APOSTROPHE.sub("", _INITIAL.sub(r"\1", plain))
    before_comma = _BETWEEN_WORDS.split(plain.partition(",")[0].strip())[-1] if "," in plain else ""
    words, form = _BETWEEN_WORDS.sub(" ", plain).strip(), None
    for meant, written in _FORMS:
        left = " ".join(written.sub(" ", words).split())
        if left != words and left:
            words, form = left, form or meant
    named = tuple(word for word in words.split() if word not in _LEFT_OUT) or tuple(words.split())
    return _Name(words=named, form=form, surnames=frozenset({named[-1], before_comma} & set(named)))


class _Numbers(NamedTuple):
    """The numbers of a party, as they are compared."""

    tax: str | None = None
    personal: str | None = None
    """Tax identification number of a person."""
    vat: str | None = None


_COUNTRIES: Final = "AT|BE|BG|CHE|CY|CZ|DE|DK|EE|EL|ES|FI|FR|HR|HU|IE|IT|LI|LT|LU|LV|MT|NL|PL|PT|RO|SE|SI|SK|XI"
_VAT: Final = re.compile(rf"(?:{_COUNTRIES})[0-9A-Z]{{2,13}}")
_LETTERS: Final = re.compile("ATU|CHE|[A-Z]{2}")
_VAT_WORD: Final = re.compile(r"(?:MWST|TVA|IVA)$")
_OF_A_BUSINESS: Final = re.compile(r"(DE[0-9]{9})[0-9]{5}")
"""The identification number of a business is that for value added tax with five digits behind it."""
_TWO_DIGITS: Final = frozenset({"11", "21", "22", "23", "24", "26", "27", "28"})
"""How unified tax numbers begin in the states whose tax offices have two digits; elsewhere they have three."""
_UNIFIED, _UNIFIED_BEFORE, _PERSONAL = 13, 12, 11


def _numbers_of(party: Party) -> _Numbers:
    """By what they are, in whichever of the two fields they were written."""
    found: dict[str, str] = {}
    for field, written in (("tax", party.tax_number), ("vat", party.vat_id)):
        plain = _VAT_WORD.sub("", re.sub(r"[\W_]", "", written or "").upper())
        digits = re.sub("[^0-9]", "", plain)
        business = _OF_A_BUSINESS.fullmatch(plain)
        if business is not None or _VAT.fullmatch(plain):
            found["vat"] = plain if business is None else business[1]
        elif digits and field == "vat":
            found.setdefault("vat", digits)
        elif _is_personal(digits):
            found["personal"] = digits
        elif digits:
            found["tax"] = _of_the_office(digits)
    return _Numbers(**found)


def _compare_tax_numbers(stated: _Numbers, held: _Numbers) -> Compared:
    if (stated.tax is None) != (held.tax is None) and (stated.personal is None) != (held.personal is None):
        return Compared(result=Comparison.UNKNOWN, why=Why.OTHER_KIND)
    if stated.tax is None and stated.personal is not None:
        return _compare_numbers(stated.personal, held.personal)
    return _compare_numbers(stated.tax, held.tax)


def _compare_numbers(stated: str | None, held: str | None) -> Compared:
    if stated is None:
        return Compared(result=Comparison.UNKNOWN, why=Why.NOT_STATED)
    if held is None:
        return Compared(result=Comparison.UNKNOWN, why=Why.NOT_IN_ACCOUNT)
    # digits alone lack the letters of a country, and nothing else
    letters = _LETTERS.match(stated)
    is_same = stated == held or (letters is not None and held.isdecimal() and stated[letters.end() :] == held)
    return _SAME if is_same else Compared(result=Comparison.DIFFERS, why=Why.OTHER_NUMBER)


def _of_the_office(digits: str) -> str:
    """A German tax number as its office writes it, whether it is written so or in the unified form; others as given."""
    if len(digits) == _UNIFIED_BEFORE:
        digits = f"{digits[:4]}0{digits[4:]}"
    if len(digits) == _UNIFIED:
        office = digits[2:4] if digits[:2] in _TWO_DIGITS else digits[1:4]
        digits = office + digits[5:]
    return digits.lstrip("0")


def _is_personal(digits: str) -> bool:
    """Whether digits are a German tax identification number: one digit of ten twice or thrice, and a check digit."""
    if len(digits) != _PERSONAL or digits[0] == "0":
        return False
    first = digits[:-1]
    if sorted(count for count in map(first.count, set(first)) if count > 1) not in ([2], [3]):
        return False
    rest = 10
    for digit in first:  # ISO 7064, MOD 11,10
        rest = ((int(digit) + rest) % 10 or 10) * 2 % 11
    return (11 - rest) % 10 == int(digits[-1])
