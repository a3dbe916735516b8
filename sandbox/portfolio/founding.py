"""When a simulated firm was founded: with its books, where it is new, or years before them."""

from datetime import date

import numpy as np

from sandbox.bookkeeping.history import History
from sandbox.life.traits import Traits

MIDDLE_YEARS, SPREAD = 7.0, 0.9
"""Of the years from the founding to the first book of a firm that is not new: median, and sigma of the log-normal."""
FIRST_UG = date(2008, 11, 1).toordinal()
"""The day from which on there were firms of this legal form."""


def founded_on(traits: Traits, history: History, rng: np.random.Generator) -> int:
    """The day as an ordinal. The simulation lets the risk of a firm depend on being new, not on how old it is else."""
    years = min(60.0, float(np.exp(rng.normal(np.log(MIDDLE_YEARS), SPREAD))))
    if traits.is_new:
        return history.opened_on
    founded = history.opened_on - round(365.25 * years)
    return max(founded, FIRST_UG) if traits.legal_form == "ug" else founded
