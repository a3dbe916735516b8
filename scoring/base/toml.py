"""What is wrong with a TOML file, in words for whoever wrote it."""

import re

import msgspec

_TYPE = re.compile(r"`(\w+(?: \| \w+)*)`")
_WORDS = {
    "str": "text in quotes",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "a table",
    "null": "nothing",
}


def in_words(error: msgspec.ValidationError) -> str:
    """The key, then what it must be; the decoder writes "Expected `str`, got `int` - at `$.version`"."""
    message, _, place = str(error).partition(" - at `$")
    message = _TYPE.sub(_kinds, message).replace("Expected", "must be").replace(", got", ", not")
    key = place.strip("`").removeprefix(".")
    return f"{key}: {message}" if key else message


def _kinds(names: re.Match[str]) -> str:
    kinds = names[1].split(" | ")
    return " or ".join(_WORDS[kind] for kind in kinds) if set(kinds) <= set(_WORDS) else names[0]
