from collections.abc import Callable

from sklearn.base import BaseEstimator
from sklearn.utils.estimator_checks import parametrize_with_checks

from models.woe import WoeScorecard


@parametrize_with_checks([WoeScorecard(min_bin_bads=0)])
def test_woe_scorecard_keeps_the_contract_of_scikit_learn(
    estimator: BaseEstimator, check: Callable[[BaseEstimator], None]
) -> None:
    """Every estimator check of scikit-learn passes; none is skipped."""
    check(estimator)
