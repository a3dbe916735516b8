"""The body of a write: JSON, a form with PHP's brackets, or a file, taken apart before anything is done with it."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException

from sandbox.account.errors import ApiError, bad_request

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_KEYS = re.compile(r"\[([^\[\]]*)\]")
_DEEPEST = 8
_UNREADABLE = "The request body cannot be read."


@dataclass(frozen=True, slots=True)
class File:
    """A file that was sent."""

    name: str
    content: bytes


async def read_body(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Return the fields of a body, none where it is empty.

    Raises:
        ApiError: 400, when it cannot be read or is not an object; 413, when it is too large.
    """
    try:
        return await _read(request)
    except HTTPException as error:
        # A multipart form that is none, or a size that no body of the API comes near.
        raise ApiError(error.status_code, _UNREADABLE) from None
    except ValueError:
        raise bad_request(_UNREADABLE) from None


async def _read(request: Request[Any, Any, Any]) -> dict[str, Any]:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == _MULTIPART:
        return await _multipart(request)
    content = await request.body()
    if not content.strip():
        return {}
    if media_type == _FORM:
        return _form(content)
    try:
        body = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise bad_request("The request body is no valid JSON.") from None
    if not isinstance(body, dict):
        raise bad_request("The request body must be a JSON object.")
    return body


async def _multipart(request: Request[Any, Any, Any]) -> dict[str, Any]:
    fields = dict((await request.form()).multi_items())
    return {
        name: File(value.filename, await value.read()) if isinstance(value, UploadFile) else value
        for name, value in fields.items()
    }


def _form(content: bytes) -> dict[str, Any]:
    """``invoice[contact][id]=7`` as the nested objects that JSON would have."""
    root: dict[str, Any] = {}
    for name, value in parse_qsl(content.decode(), keep_blank_values=True):
        first, bracket, rest = name.partition("[")
        path = [first, *_KEYS.findall(bracket + rest)]
        if len(path) > _DEEPEST:
            raise bad_request("The request body is nested too deeply.")
        _put(root, path, value)
    return {name: _listed(value) for name, value in root.items()}


def _put(root: dict[str, Any], path: list[str], value: str) -> None:
    here = root
    for key in path[:-1]:
        inner = here.setdefault(key, {})
        if not isinstance(inner, dict):
            inner = here[key] = {}
        here = inner
    here[path[-1] or str(len(here))] = value


def _listed(value: Any) -> Any:  # noqa: ANN401  any JSON
    """Objects whose keys are 0, 1, 2 are lists."""
    if not isinstance(value, dict):
        return {"null": None, "true": True, "false": False}.get(value, value)
    inner = {key: _listed(item) for key, item in value.items()}
    if inner and list(inner) == [str(number) for number in range(len(inner))]:
        return list(inner.values())
    return inner
