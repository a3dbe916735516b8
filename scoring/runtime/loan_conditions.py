"""What must be confirmed before a loan is paid out, by product, from a file of the operator's."""

import codecs
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import msgspec
import msgspec.toml

from scoring.base.toml import in_words
from scoring.decisions.loans import Condition
from scoring.runtime.serving import ServingError
from scoring.runtime.settings import Settings

DEFAULT: Final = tuple(
    Condition(name=name) for name in ("identity", "beneficial_owner", "register", "insolvency_notices", "contract")
)
"""Identity and beneficial owner under the GwG, the register, notices of insolvency, and the signed contract."""
OTHER_PRODUCTS: Final = "default"
"""The table of products that the file does not name."""
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


class _Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    days: int | None = None


class LoanConditions(msgspec.Struct, frozen=True, kw_only=True):
    """Conditions by product."""

    by_product: Mapping[str, tuple[Condition, ...]] = MappingProxyType({})

    def of(self, product: str) -> tuple[Condition, ...]:
        """The conditions of a product."""
        return self.by_product.get(product, self.by_product.get(OTHER_PRODUCTS, DEFAULT))

    def check_products(self, products: Collection[str], path: Path | None) -> None:
        """Refuse a table of what is no product: it is taken for a mistake.

        Args:
            products: of the policies.
            path: of the file.

        Raises:
            ServingError: there is one.
        """
        for product in self.by_product:
            if product != OTHER_PRODUCTS and product not in products:
                known = ", ".join((*sorted(products), OTHER_PRODUCTS))
                raise ServingError(
                    f"SCORING_LOAN_CONDITIONS: {path}: {product!r} is no product of the policy; known: {known}"
                )


def load_conditions(settings: Settings, products: Collection[str]) -> LoanConditions:
    """The conditions of the file that the settings name; without one, all of ``DEFAULT`` for every product.

    Args:
        settings: with the path.
        products: those of the policy; a table of any other is taken for a mistake.

    Raises:
        ServingError: the file cannot be read or does not hold.
    """
    path = settings.loan_conditions_file
    if path is None:
        return LoanConditions()
    where = f"SCORING_LOAN_CONDITIONS: {path}"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ServingError(f"{where}: cannot be read ({error.strerror})") from error
    try:
        tables = msgspec.toml.decode(content.removeprefix(codecs.BOM_UTF8), type=dict[str, dict[str, _Asked]])
    except msgspec.ValidationError as error:
        raise ServingError(f"{where}: {in_words(error)}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ServingError(f"{where}: is no TOML ({error})") from error
    for product, asked in tables.items():
        for name, one in asked.items():
            if _NAME.fullmatch(name) is None:
                raise ServingError(f"{where}: {product}.{name}: use at most 40 letters a to z, digits and underlines")
            if one.days is not None and one.days < 0:
                raise ServingError(f"{where}: {product}.{name}.days: must be 0 or more")
    found = LoanConditions(
        by_product={
            product: tuple(Condition(name=name, days=one.days) for name, one in asked.items())
            for product, asked in tables.items()
        }
    )
    found.check_products(products, path)
    return found
