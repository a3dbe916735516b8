"""A scorecard and a boosting of the same rows, averaged in one table."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state
from typing_extensions import override

from models.additive import AdditiveClassifier, PerColumn, PerColumnValues, places
from models.binning import Floats
from models.boosting import AdditiveBoosting
from models.presets import fit_presets
from models.woe import WoeScorecard


class ScorecardAndBoosting(AdditiveClassifier):
    """Binary classifier: the mean in log-odds of ``WoeScorecard`` and ``AdditiveBoosting``, fitted to the same rows.

    Both are sums of one step function per column, and so is their mean: a column has the edges of both, and in each bin
    the mean of their steps. A column that only one of them kept acts at half its weight. Where both are monotone, the
    mean is; where in neither a missing value is better than the mean of the others, in the mean it is not either.

    A pair of columns, which only the boosting has, acts at half its weight. The sum of a column and its pairs still
    goes the declared way: half of what does so in the boosting, and half of the scorecard.

    Both are fitted with their own settings and calibrated, each on rows that it was not fitted to. The mean is not
    calibrated again. Bag by bag they are fitted to the same sample of groups.

    Args:
        monotonic_cst: As both take it.
        decimals: As both take it.
        special: As the scorecard takes it.
        cuts: As the scorecard takes it.
        bad: As both take it.
        bags: Samples of groups that both are fitted to; the boosting is the mean of its bags.
        pairs: Of the boosting, at most.
        rarer_share: What ``rarer_per_feature`` of both is multiplied by, above 0.
        random_state: Seed of both, as scikit-learn takes it.

    Attributes:
        classes_: The two classes, sorted.
        bad_index_: Place of the bad class among them.
        edges_: Per column the inner edges of its bins, those of both; bin ``i`` holds ``edges[i - 1] <= x < edges[i]``.
        steps_: Per column the log-odds of each bin and, last, of a missing value.
        intercept_: Log-odds that the steps add to.
        bag_steps_: The same by bag.
        bag_intercepts_: The same by bag.
        pairs_: The places of the two columns of each pair, in their order.
        pair_edges_: Per pair the edges of its rows, and those of its columns.
        pair_steps_: Per pair the log-odds of each cell, by row and column, a missing value last.
        bag_pair_steps_: The same by bag, which is the last axis.
        calibration_slope_: The mean of the factors of both.
        evidence_: As the scorecard has it.

    Examples:
        >>> import numpy as np
        >>> x = np.arange(200.0).reshape(-1, 1)
        >>> model = ScorecardAndBoosting(monotonic_cst=[1], bags=4).fit(x, x.ravel() > 120)
        >>> bool(model.decision_function([[180.0]])[0] > model.decision_function([[20.0]])[0])
        True
    """

    def __init__(  # noqa: PLR0913  scikit-learn's contract: one keyword per parameter
        self,
        *,
        monotonic_cst: PerColumn = None,
        decimals: PerColumn = None,
        special: PerColumnValues = None,
        cuts: PerColumnValues = None,
        bad: object = None,
        bags: int = 40,
        pairs: int = 0,
        rarer_share: float = 1.0,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.monotonic_cst = monotonic_cst
        self.decimals = decimals
        self.special = special
        self.cuts = cuts
        self.bad = bad
        self.bags = bags
        self.pairs = pairs
        self.rarer_share = rarer_share
        self.random_state = random_state

    def fit(
        self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Fit both, and average them.

        Args:
            X: Rows by features; NaN is missing, infinities are allowed.
            y: Two classes; ``bad`` says which is the bad one.
            groups: As both take them.
            sample_weight: As both take it.

        Raises:
            ValueError: not two classes, or rows, weights or parameters that do not fit.
        """
        sample = self._learnable(X, y, groups, sample_weight)
        self._check_at_least({"bags": 1, "pairs": 0})
        columns = sample.X.shape[1]
        special = [list(values or ()) for values in self._per_column("special", self.special, columns)]
        cuts = self._per_column("cuts", self.cuts, columns)
        scorecard, boosting = self.parts(columns)
        scorecard.fit(sample.X, sample.is_bad, groups=sample.groups, sample_weight=sample.weight)
        if any(special) or any(one is not None for one in cuts):
            fit_presets(boosting, sample.X, sample.is_bad, sample.groups, sample.weight, special=special, cuts=cuts)
        else:
            boosting.fit(sample.X, sample.is_bad, groups=sample.groups, sample_weight=sample.weight)
        self._average(scorecard, boosting)
        return self

    def parts(self, columns: int) -> tuple[WoeScorecard, AdditiveBoosting]:
        """Both estimators, not fitted, with their settings.

        Args:
            columns: Of the rows, by number.
        """
        seed = self.random_state
        if not isinstance(seed, int | np.integer):
            # One seed for both, so that they draw the same bags.
            seed = int(check_random_state(seed).randint(np.iinfo(np.int32).max))
        # Both see the columns without their names.
        directions = [value or 0 for value in self._per_column("monotonic_cst", self.monotonic_cst, columns)]
        decimals = list(self._per_column("decimals", self.decimals, columns))
        scorecard = WoeScorecard(
            monotonic_cst=directions,
            decimals=decimals,
            special=None if self.special is None else list(self._per_column("special", self.special, columns)),
            cuts=None if self.cuts is None else list(self._per_column("cuts", self.cuts, columns)),
            bags=self.bags,
            random_state=seed,
        )
        boosting = AdditiveBoosting(
            monotonic_cst=directions, decimals=decimals, bags=self.bags, pairs=self.pairs, random_state=seed
        )
        if self.rarer_share != 1.0:
            for part in (scorecard, boosting):
                part.set_params(rarer_per_feature=part.rarer_per_feature * self.rarer_share)
        return scorecard, boosting

    def _average(self, scorecard: WoeScorecard, boosting: AdditiveBoosting) -> None:
        self.intercept_ = _mean(scorecard.intercept_, boosting.intercept_)
        self.bag_intercepts_ = _mean(scorecard.bag_intercepts_, boosting.bag_intercepts_)
        self.calibration_slope_ = _mean(scorecard.calibration_slope_, boosting.calibration_slope_)
        self.evidence_ = scorecard.evidence_
        self.edges_, self.steps_, self.bag_steps_ = [], [], []
        both = zip(scorecard.edges_, boosting.edges_, strict=True)
        for column, (of_scorecard, of_boosting) in enumerate(both):
            edges = np.union1d(of_scorecard, of_boosting)
            # One value of each bin, and one that is missing.
            probes = np.array([-np.inf, *edges, np.nan])
            first, second = places(probes, of_scorecard), places(probes, of_boosting)
            woe = np.array([*scorecard.woe_[column], scorecard.missing_woe_[column]])
            self.edges_.append(edges)
            self.steps_.append(_mean((scorecard.coef_[column] * woe)[first], boosting.steps_[column][second]))
            self.bag_steps_.append(_mean(scorecard.bag_steps_[column][first], boosting.bag_steps_[column][second]))
        self.pairs_ = boosting.pairs_
        self.pair_edges_ = boosting.pair_edges_
        self.pair_steps_ = [0.5 * grid for grid in boosting.pair_steps_]
        self.bag_pair_steps_ = [0.5 * grid for grid in boosting.bag_pair_steps_]

    @override
    def _log_odds(self, X: Floats) -> Floats:
        total: Floats = np.full(len(X), self.intercept_)
        for column, (steps, edges) in enumerate(zip(self.steps_, self.edges_, strict=True)):
            total = total + steps[places(X[:, column], edges)]
        for pair, grid in enumerate(self.pair_steps_):
            total = total + grid[self._cells(X, pair)]
        return total


def _mean(of_scorecard: Floats | float, of_boosting: Floats | float) -> Any:  # noqa: ANN401  as given
    """Exactly half the sum, which rounding leaves as monotone as both are."""
    return 0.5 * (of_scorecard + of_boosting)
