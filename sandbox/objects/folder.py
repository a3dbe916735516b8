"""Books in a folder of JSON files, so that any exported account can be served."""

import difflib
import hashlib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec

from sandbox.objects.books import RESOURCES, Books, LazyObjects
from sandbox.objects.values import Object, moment_of, number_of

_FIRM_FILE = "firm.json"
_FIRM_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_TOKEN_PATTERN = r"\A[0-9a-f]{32}\Z"  # noqa: S105  the shape of tokens
_AT_ONCE = 1_000
_SCALARS = frozenset(
    {"status", "invoiceType", "creditNoteType", "voucherType", "creditDebit", "type", "dunningLevel", "timeToPay"}
    | {"invoiceNumber", "creditNoteNumber", "customerNumber", "header", "description", "supplierName", "sendType"}
    | {"invoiceDate", "creditNoteDate", "voucherDate", "paymentDeadline", "payDate", "valueDate", "entryDate"}
    | {"create", "update", "currency", "sumNet", "sumTax", "sumGross", "paidAmount", "amount", "amountPaid"}
    | {"name", "surename", "familyname", "customerInternalNote", "paymtPurpose", "payeePayerName"}
    | {"deletedAt", "enshrined"}
)
_LIKENESS = 0.85  # "Invoices" is taken for a misspelt "Invoice", "InvoiceLog" is not


class BooksFolderError(ValueError):
    """A folder that holds no books, or a file of it that is not what sevdesk would have sent."""


class _Firm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``firm.json``."""

    token: Annotated[str, msgspec.Meta(pattern=_TOKEN_PATTERN)] | None = None
    name: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    version: Annotated[str, msgspec.Meta(pattern=r"\A[0-9]+\.[0-9]+\Z")] = msgspec.field(
        default="2.0", name="bookkeepingSystemVersion"
    )
    is_revoked: bool = msgspec.field(default=False, name="isRevoked")


def derive_token(firm: str) -> str:
    """Return the token of a firm whose ``firm.json`` gives none: the same for the same short name, everywhere."""
    return hashlib.sha256(f"sandbox token of {firm}".encode()).hexdigest()[:32]


def read_folder(path: Path) -> list[Books]:
    """Read every firm of a folder: ``<path>/<FIRM>/<Resource>.json``, or a single firm directly in ``path``.

    Each resource file is ``{"objects": [...]}`` as sevdesk lists them; a missing one is an empty list. ``firm.json``
    may give ``token``, ``name``, ``bookkeepingSystemVersion`` and ``isRevoked``.

    Returns:
        The firms in the order of their names.

    Raises:
        BooksFolderError: No folder, no books in it, bad JSON or a wrong shape; it names the file and the cure.
    """
    if not path.is_dir():
        raise BooksFolderError(f"{path} is not a folder; give one that holds <FIRM>/<Resource>.json files.")
    if _has_books(path):
        return [_read_firm(path)]
    folders = sorted(child for child in path.iterdir() if child.is_dir() and _has_books(child))
    if not folders:
        raise BooksFolderError(f"{path} holds no books: neither <Resource>.json nor <FIRM>/<Resource>.json is there.")
    return [_read_firm(folder) for folder in folders]


def write_folder(books: Sequence[Books], path: Path) -> None:
    """Write firms so that :func:`read_folder` gives them back, one object a line; the same books give the same bytes.

    Raises:
        BooksFolderError: A firm's short name cannot be a folder's, or books hold a resource that is not served.
    """
    for firm in books:
        if not _FIRM_NAME.fullmatch(firm.firm):
            raise BooksFolderError(f"{firm.firm!r} cannot name a folder; use letters, digits, '.', '_' and '-'.")
        if unknown := sorted(set(firm.objects) - set(RESOURCES)):
            raise BooksFolderError(f"The books of {firm.firm!r} hold {unknown[0]!r}, which is not served.")
    for firm in books:
        folder = path / firm.firm
        folder.mkdir(parents=True, exist_ok=True)
        described = _Firm(token=firm.token, name=firm.name, version=firm.version, is_revoked=firm.is_revoked)
        # The version is written even if it is the default, so that readers of the file see it.
        about = {**msgspec.to_builtins(described), "bookkeepingSystemVersion": firm.version}
        (folder / _FIRM_FILE).write_bytes(msgspec.json.format(msgspec.json.encode(about)) + b"\n")
        for resource in RESOURCES:
            with (folder / f"{resource}.json").open("wb") as file:
                file.write(b'{"objects": [\n')
                for number, body in enumerate(_bodies(firm.objects.get(resource, []))):
                    file.write(b",\n" + body if number else body)
                file.write(b"\n]}\n")


def _bodies(objects: Sequence[Object] | LazyObjects) -> Iterator[bytes]:
    """The objects as JSON, of many only some at a time."""
    if not isinstance(objects, LazyObjects):
        yield from map(msgspec.json.encode, objects)
        return
    for start in range(0, len(objects), _AT_ONCE):
        yield from objects.encoded(range(start, min(start + _AT_ONCE, len(objects))))


def _has_books(folder: Path) -> bool:
    known = {_FIRM_FILE, *(f"{resource}.json" for resource in RESOURCES)}
    return any((folder / name).is_file() for name in known)


def _read_firm(folder: Path) -> Books:
    name = folder.resolve().name
    _refuse_misspelt(folder)
    about = _decode(folder / _FIRM_FILE, _Firm) if (folder / _FIRM_FILE).is_file() else _Firm()
    return Books(
        firm=name,
        name=about.name or name,
        token=about.token or derive_token(name),
        version=about.version,
        is_revoked=about.is_revoked,
        objects={resource: _read_resource(folder / f"{resource}.json", resource) for resource in RESOURCES},
    )


def _refuse_misspelt(folder: Path) -> None:
    """A file that is nearly named like a resource would otherwise look like an account without that resource."""
    known = {resource.lower(): resource for resource in RESOURCES}
    for file in sorted(folder.glob("*.json")):
        if file.stem in RESOURCES or file.name == _FIRM_FILE:
            continue
        if meant := difflib.get_close_matches(file.stem.lower(), known, n=1, cutoff=_LIKENESS):
            raise BooksFolderError(f"{file} is not read: it should be called {known[meant[0]]}.json.")


def _read_resource(file: Path, resource: str) -> list[Object]:
    if not file.is_file():
        return []
    page = _decode(file, dict[str, Any])
    objects = page.get("objects")
    if not isinstance(objects, list):
        raise BooksFolderError(f'{file} must be {{"objects": [...]}}, as sevdesk lists them.')
    seen: set[str] = set()
    for position, item in enumerate(objects):
        if (problem := _problem(item, resource, seen)) is not None:
            raise BooksFolderError(f"{file}: object {position} (counted from 0) {problem}.")
        seen.add(item["id"])
    return objects


def _problem(item: object, resource: str, seen: set[str]) -> str | None:
    """Return what is wrong with an object, as the end of a sentence."""
    if not isinstance(item, dict):
        return "is not a JSON object"
    object_id = item.get("id")
    if not isinstance(object_id, str) or not object_id.isascii() or not object_id.isdigit():
        return 'has no "id", which must be a string of digits'
    if object_id in seen:
        return f"has the id {object_id}, which another one has, too"
    if item.get("objectName") != resource:
        return f'must have "objectName": "{resource}"'
    # Lists are filtered and ordered by these.
    if nested := [name for name, value in item.items() if isinstance(value, (dict, list)) and name in _SCALARS]:
        return f'has an object or a list as "{nested[0]}", which must be a text, a number or null'
    return _problem_of_transaction(item) if resource == "CheckAccountTransaction" else None


def _problem_of_transaction(item: Object) -> str | None:
    """Balances are sums over transactions: one that cannot be counted must not go unnoticed."""
    if number_of(item.get("amount")) is None:
        return 'has no "amount" that is a number'
    if moment_of(item.get("valueDate")) is None:
        return 'has no "valueDate" that is an ISO timestamp'
    return None


def _decode(file: Path, kind: Any) -> Any:  # noqa: ANN401  as msgspec's decode, generic over the type
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind)
    except RecursionError as error:
        raise BooksFolderError(f"{file}: nested too deeply.") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BooksFolderError(f"{file}: {error}.") from error
    except OSError as error:
        raise BooksFolderError(f"{file} cannot be read: {error.strerror}.") from error
