"""What structs of this client have in common."""

from typing import Any, ClassVar

import msgspec


class Concealing(msgspec.Struct, frozen=True, kw_only=True):
    """A struct that does not show its secrets where it is printed or logged."""

    concealed: ClassVar[frozenset[str]]
    """Fields that are shown as ``...``."""

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        values = {name: getattr(self, name) for name in self.__struct_fields__}
        hidden = {name for name in self.concealed if values[name] is not None and values[name] is not msgspec.UNSET}
        return [(name, ... if name in hidden else value) for name, value in values.items()]

    def __repr__(self) -> str:
        shown = (f"{name}={'...' if value is ... else repr(value)}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({', '.join(shown)})"
