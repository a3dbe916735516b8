"""Password rules and argon2 hashes. Hashing is slow by design: never run it on the event loop."""

import re
import unicodedata
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from scoring.base.secrets import Secret

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LENGTHS: Final = range(12, 129)
"""Permitted lengths of a password."""
NOBODYS_HASH: Final = Secret(
    "$argon2id$v=19$m=65536,t=3,p=4$tp1Un68RLgOVJPfG0OQD0Q$+2kow3+nPOcowNV5Sh1uR4VuFEffFvT0oEmVecuDn6w"
)
"""Hash of a discarded random password: an unknown name takes the same time as a wrong password."""


_WORDS: Final = re.compile(r"\w{3,}")
_LETTERS: Final = re.compile(r"[^\W\d_]{3,}")
_LEAST_GUESSES: Final = 10.0
"""Power of ten: a password that a good list of words and patterns finds in fewer guesses is refused."""
_MEASURED: Final = 32
"""Characters that are measured: a longer text made for it would take seconds."""
_OWN_WORDS: Final = (
    *("hauptbuch", "sparkasse", "volksbank", "kredit", "darlehen", "willkommen", "hallo", "schatz", "geheim"),
    *("passwort", "kennwort", "frühling", "fruehling", "sommer", "herbst", "winter", "weihnachten", "ostern"),
    *("januar", "februar", "märz", "maerz", "april", "mai", "juni", "juli", "august", "september", "oktober"),
    *("november", "dezember", "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag"),
    *("münchen", "muenchen", "köln", "koeln", "düsseldorf", "duesseldorf", "österreich", "oesterreich", "schweiz"),
)
"""Words that are common here and not in the lists, which are of English."""


class Weakness(StrEnum):
    """Why a password is not permitted."""

    LENGTH = "length"
    REPEATED = "repeated"
    SEQUENCE = "sequence"
    NAMES = "names"
    COMMON = "common"


_IN_WORDS: Final = MappingProxyType(
    {
        Weakness.LENGTH: f"a password must have {LENGTHS[0]} to {LENGTHS[-1]} characters",
        Weakness.REPEATED: "this password repeats itself: choose one that does not",
        Weakness.SEQUENCE: "this password follows the alphabet, the digits, the keyboard or a date: choose another",
        Weakness.NAMES: "this password is little more than the name or the lender: choose another",
        Weakness.COMMON: "this password is easy to guess, because many choose it or its words: take several rare words",
    }
)
_KINDS: Final = MappingProxyType(
    {
        "repeat": Weakness.REPEATED,
        "sequence": Weakness.SEQUENCE,
        "spatial": Weakness.SEQUENCE,
        "date": Weakness.SEQUENCE,
    }
)
"""Weaknesses by the names of zxcvbn; all others are common words."""


class PasswordError(ValueError):
    """A password is not permitted; the message says why."""

    def __init__(self, weakness: Weakness) -> None:
        super().__init__(_IN_WORDS[weakness])
        self.weakness = weakness


def accept(password: str, *, lender: str, name: str) -> Secret:
    """A password that a person chose.

    Args:
        password: as it was typed.
        lender: of the person; the password must be good without it.
        name: the same.

    Raises:
        PasswordError: too short, too long, or easy to guess.
    """
    if len(password) not in LENGTHS:
        raise PasswordError(Weakness.LENGTH)
    text = _normal(Secret(password))
    if (found := _weakness(text)) is not None:
        raise PasswordError(found)
    once = _without_repeated_words(text)
    if once != text and _weakness(once) is not None:
        raise PasswordError(Weakness.REPEATED)
    rest = text
    for word in _WORDS.findall(f"{lender} {name}"):
        rest = re.sub(re.escape(word), "", rest, flags=re.IGNORECASE)
    if rest != text and _weakness(rest) is not None:
        raise PasswordError(Weakness.NAMES)
    return Secret(password)


def _without_repeated_words(text: str) -> str:
    """Each word once: a word that comes again is not guessed again."""
    seen: set[str] = set()

    def first(word: re.Match[str]) -> str:
        is_new = word[0].casefold() not in seen
        seen.add(word[0].casefold())
        return word[0] if is_new else ""

    return _LETTERS.sub(first, text)


def _weakness(text: str) -> Weakness | None:
    """Why a text is easy to guess; None where it is not."""
    from zxcvbn import zxcvbn  # noqa: PLC0415  needed only where a password is chosen

    if not text:
        return Weakness.COMMON
    found = zxcvbn(text[:_MEASURED], user_inputs=list(_OWN_WORDS))
    if float(found["guesses_log10"]) >= _LEAST_GUESSES:
        return None
    longest = max(found["sequence"], key=lambda match: len(match["token"]))
    return _KINDS.get(longest["pattern"], Weakness.COMMON)


def hash_password(password: Secret) -> Secret:
    """The argon2id hash, with its salt and parameters."""
    return Secret(_hasher().hash(_normal(password)))


def is_password(password: Secret, hashed: Secret) -> bool:
    """Whether the hash is that of the password."""
    from argon2.exceptions import VerificationError  # noqa: PLC0415  needed only when somebody signs in

    text = _normal(password)
    is_possible = len(text) in LENGTHS
    try:
        _hasher().verify(hashed.reveal(), text if is_possible else "")
    except VerificationError:
        return False
    return is_possible


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # noqa: PLC0415  needed only when somebody signs in

    return PasswordHasher()


def _normal(password: Secret) -> str:
    """Normalise Unicode, so that equal characters have equal bytes."""
    return unicodedata.normalize("NFKC", password.reveal())
