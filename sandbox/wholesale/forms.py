"""How the rows of a frame become objects: each form is learnt from one object of the ordinary renderer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from sandbox.objects.values import Object
from sandbox.wholesale.history import Row
from sandbox.wholesale.sheet import Shape, Sheet


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms that the objects of one resource have."""

    fields: Mapping[str, str]
    """Field to slot."""
    slots: Mapping[str, pl.Expr]
    which: Sequence[pl.Expr]
    """Whether a row has the first form, the second, and so on; one that has none is served as its sample is."""

    def sheet(self, ordered: pl.DataFrame, sample: Callable[[Row], Object]) -> Sheet:
        """The objects in the order of the rows; each form is learnt from the object of its first row."""
        shape = pl.lit(None, pl.Int64)
        for index, condition in reversed(list(enumerate(self.which))):
            shape = pl.when(condition).then(pl.lit(index, pl.Int64)).otherwise(shape)
        shape_of = ordered.with_columns(shape=shape)["shape"]
        forms = []
        for index in range(len(self.which)):
            first = (shape_of == index).arg_true()
            item = sample(ordered.row(first[0], named=True)) if len(first) else {}
            forms.append(Shape(item, {field: slot for field, slot in self.fields.items() if field in item}))
        odd = shape_of.is_null().arg_true()
        forms += [Shape(sample(ordered.row(position, named=True)), {}) for position in odd]
        places = shape_of.scatter(odd, range(len(self.which), len(forms))) if len(odd) else shape_of
        return Sheet(ordered.with_columns(shape=places), forms, self.slots)
