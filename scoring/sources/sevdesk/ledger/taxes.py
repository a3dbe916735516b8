"""How value added tax applies to documents, by sevdesk's tax rules (system 2.0) and tax types (1.0).

| rule | sevdesk calls it | tax |
|---|---|---|
| 1 | Umsatzsteuerpflichtige Umsätze | standard |
| 2 | Ausfuhren | export |
| 3 | Innergemeinschaftliche Lieferungen | intra_community |
| 4 | Steuerfreie Umsätze § 4 UStG | exempt |
| 5 | Reverse Charge gem. § 13b UStG | reverse_charge |
| 8 | Innergemeinschaftliche Erwerbe | intra_community |
| 9 | Vorsteuerabziehbare Aufwendungen | standard |
| 10 | Nicht vorsteuerabziehbare Aufwendungen | not_deductible |
| 11 | Steuer nicht erhoben nach § 19 UStG | small_business |
| 12, 14 | Reverse Charge mit Vorsteuerabzug, EU-Umsätze | reverse_charge |
| 13 | Reverse Charge ohne Vorsteuerabzug | not_deductible |
| 17 | Nicht im Inland steuerbare Leistung | not_taxable |
| 18, 19, 20 | One Stop Shop: Waren, elektronische und sonstige Leistungen | one_stop_shop |
| 21 | Reverse Charge gem. § 18b UStG | not_taxable |

Of tax types ``default`` is standard, ``eu`` intra_community, ``noteu`` not_taxable, ``ss`` small_business and
``custom`` other. A rule that is not listed is other; a document without either has none.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import polars as pl

from features.ledger import TAX

_RULES: Final[Mapping[int, str]] = MappingProxyType(
    {
        1: "standard",
        2: "export",
        3: "intra_community",
        4: "exempt",
        5: "reverse_charge",
        8: "intra_community",
        9: "standard",
        10: "not_deductible",
        11: "small_business",
        12: "reverse_charge",
        # The firm owes this tax, too, and the document does not state it: less is due by documents than really is.
        13: "not_deductible",
        14: "reverse_charge",
        17: "not_taxable",
        18: "one_stop_shop",
        19: "one_stop_shop",
        20: "one_stop_shop",
        21: "not_taxable",
    }
)
_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {"default": "standard", "eu": "intra_community", "noteu": "not_taxable", "ss": "small_business", "custom": "other"}
)
_OTHER: Final = "other"
TAX_OF: Final = (
    pl.when(pl.col("tax_rule").is_not_null())
    .then(pl.col("tax_rule").replace_strict(dict(_RULES), default=_OTHER, return_dtype=TAX))
    .when(pl.col("tax_type").is_not_null())
    .then(pl.col("tax_type").replace_strict(dict(_TYPES), default=_OTHER, return_dtype=TAX))
    .alias("tax")
)
"""Of documents that were read with ``tax_rule`` and ``tax_type``; of those that state both the rule counts, as it is
the newer one."""
