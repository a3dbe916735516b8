"""Quality of receivables: how old, disputed and concentrated they are. Of the views in ``features.recognised``."""

from features.feature import Feature
from features.measure import Measure, Term

MEASURES: tuple[Measure, ...] = ()
TERMS: tuple[Term, ...] = ()
FEATURES: tuple[Feature, ...] = ()
MEASURES_2: tuple[Measure, ...] = ()
FEATURES_2: tuple[Feature, ...] = ()
