"""How lenders sign what they write to applicants, from a file of the operator's."""

import codecs
import re
from collections.abc import Iterator
from typing import Final

import msgspec
import msgspec.toml

from scoring.base.toml import in_words
from scoring.decisions.notices import Sender
from scoring.runtime.serving import ServingError
from scoring.runtime.settings import Settings

_EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}\.[^@\s.]{1,63}")
_LONGEST: Final = 200


class _Lender(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: str
    address: str
    contact: str
    email: str
    phone: str | None = None
    privacy_email: str | None = None
    authority: str | None = None


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    lenders: dict[str, _Lender]


def load_senders(settings: Settings) -> dict[str, Sender]:
    """The senders of the file that the settings name, by lender; none without a file.

    Raises:
        ServingError: the file cannot be read or does not hold.
    """
    path = settings.lenders_file
    if path is None:
        return {}
    where = f"SCORING_LENDERS_FILE: {path}"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ServingError(f"{where}: cannot be read ({error.strerror})") from error
    try:
        found = msgspec.toml.decode(content.removeprefix(codecs.BOM_UTF8), type=_File)
    except msgspec.ValidationError as error:
        raise ServingError(f"{where}: {in_words(error)}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ServingError(f"{where}: is no TOML ({error})") from error
    for lender_id, one in found.lenders.items():
        for name, fault in _faults(one):
            raise ServingError(f"{where}: lenders.{lender_id}.{name}: {fault}")
    return {lender_id: Sender(**msgspec.structs.asdict(one)) for lender_id, one in found.lenders.items()}


def _faults(one: _Lender) -> Iterator[tuple[str, str]]:
    for name, value in msgspec.structs.asdict(one).items():
        if value is None:
            continue
        if not value.strip() or len(value) > _LONGEST or not value.isprintable():
            yield name, f"must be one line of 1 to {_LONGEST} characters"
        elif name.endswith("email") and _EMAIL.fullmatch(value) is None:
            yield name, "must be an e-mail address"
