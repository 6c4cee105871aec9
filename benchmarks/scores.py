"""The scores of a synthetic table, by the definitions of the published TabSyn and TabPC protocols.

All take frames from `benchmarks.tables.scored_rows`. Two frames are compared at the size of the
smaller one. Sampling, folds and models are seeded with small fixed numbers, as the protocols do, so
that a score is a function of its rows.

Reference:
    Zhang et al. (2024), Mixed-type tabular data synthesis with score-based diffusion in latent
    space (TabSyn): shape, trend. SDMetrics' LogisticDetection: `c2st_lr`. The XGBoost two-sample
    test follows the TabPC protocol (2026).
Differs from the papers:
    `trend_error` takes all pairs, in bins of the real rows' range; SDMetrics 0.32 drops weak pairs
    and bins each side by its own range.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import numpy.typing as npt

    from benchmarks.tables import Meta

    Floats = npt.NDArray[np.float32]

_BINS = 10
_FOLDS = 3


def shape_error(real: pd.DataFrame, synthetic: pd.DataFrame, meta: Meta) -> float:
    """Mean over columns of the Kolmogorov-Smirnov or total variation distance, in percent."""
    from scipy.stats import ks_2samp

    distances: list[float] = [
        ks_2samp(real[name].dropna(), synthetic[name].dropna()).statistic for name in meta.numeric
    ]
    for name in meta.categorical:
        left, right = (rows[name].value_counts(normalize=True) for rows in (real, synthetic))
        distances.append(float(left.sub(right, fill_value=0).abs().sum()) / 2)
    return 100 * float(np.mean(distances))


def trend_error(real: pd.DataFrame, synthetic: pd.DataFrame, meta: Meta) -> float:
    """Mean error over all pairs of columns, in percent.

    Half the difference of Pearson's correlations between two numbers; else the total variation
    distance of the two contingency tables.
    """
    sides = (real, synthetic)
    errors: list[float] = []
    if len(meta.numeric) > 1:
        with np.errstate(all="ignore"):
            left, right = (_correlations(rows, meta.numeric) for rows in sides)
        pairs = np.triu_indices(len(meta.numeric), 1)
        errors += list(np.abs(left - right)[pairs] / 2)
    codes = {name: _category_codes(real, synthetic, name) for name in meta.categorical}
    codes |= {name: _bin_codes(real, synthetic, name) for name in meta.numeric}
    numeric = set(meta.numeric)
    for a, b in combinations(meta.columns, 2):
        if a in numeric and b in numeric:
            continue
        (*cells_a, n_a), (*cells_b, n_b) = codes[a], codes[b]
        left, right = (
            np.bincount(x * n_b + y, minlength=n_a * n_b) / len(x)
            for x, y in zip(cells_a, cells_b, strict=True)
        )
        errors.append(np.abs(left - right).sum() / 2)
    return 100 * float(np.mean(errors))


def _correlations(rows: pd.DataFrame, names: tuple[str, ...]) -> npt.NDArray[np.float64]:
    """Pearson's, a missing cell taken for 0; 0 where a column has one value."""
    found = np.corrcoef(np.nan_to_num(rows[list(names)].to_numpy(), nan=0.0).T)
    return np.asarray(np.nan_to_num(found))


def _category_codes(real: pd.DataFrame, synthetic: pd.DataFrame, name: str) -> tuple[Any, Any, int]:
    known = pd.Index(pd.concat([real[name], synthetic[name]]).unique())
    return known.get_indexer(real[name]), known.get_indexer(synthetic[name]), len(known)


def _bin_codes(real: pd.DataFrame, synthetic: pd.DataFrame, name: str) -> tuple[Any, Any, int]:
    """Equal bins of the real range, and one for missing cells."""
    edges = np.linspace(real[name].min(), real[name].max(), _BINS + 1)[1:-1]
    left, right = (
        np.where(np.isnan(cells), _BINS, np.searchsorted(edges, cells, side="right"))
        for cells in (real[name].to_numpy(), synthetic[name].to_numpy())
    )
    return left, right, _BINS + 1


def _together(
    real: pd.DataFrame, synthetic: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, npt.NDArray[np.float64]]:
    """Equally many rows of both, shuffled; both in one; 0 for real and 1 for synthetic rows."""
    n = min(len(real), len(synthetic))
    real, synthetic = (rows.sample(n, random_state=0) for rows in (real, synthetic))
    return real, synthetic, pd.concat([real, synthetic]), np.repeat([0.0, 1.0], n)


def _folds() -> Any:  # noqa: ANN401  scikit-learn has no types
    from sklearn.model_selection import StratifiedKFold

    return StratifiedKFold(_FOLDS, shuffle=True, random_state=101)


def _one_hot(**options: Any) -> Any:  # noqa: ANN401  scikit-learn has no types
    from sklearn.preprocessing import OneHotEncoder

    return OneHotEncoder(handle_unknown="ignore", sparse_output=False, dtype=np.float32, **options)


def c2st_auc(real: pd.DataFrame, synthetic: pd.DataFrame, meta: Meta) -> float:
    """AUC of XGBoost telling synthetic from real rows, mean of 3 folds; 0.5 is the limit.

    XGBoost with its defaults, one thread; one-hot categories, those seen once as one.
    """
    from sklearn.metrics import roc_auc_score
    from xgboost import XGBClassifier

    _, _, both, is_synthetic = _together(real, synthetic)
    parts = [both[list(meta.numeric)].to_numpy(np.float32)] if meta.numeric else []
    if meta.categorical:
        parts.append(_one_hot(min_frequency=2).fit_transform(both[list(meta.categorical)]))
    features = np.hstack(parts)
    areas = []
    for learn, judge in _folds().split(features, is_synthetic):
        model = XGBClassifier(n_jobs=1, random_state=0).fit(features[learn], is_synthetic[learn])
        judged = model.predict_proba(features[judge])[:, 1]
        areas.append(roc_auc_score(is_synthetic[judge], judged))
    return float(np.mean(areas))


def c2st_score(auc: float) -> float:
    """The published XGB-C2ST score of an AUC against the train rows: 1 is indistinguishable."""
    return min(1.0, 2 - 2 * auc)


def c2st_lr(real: pd.DataFrame, synthetic: pd.DataFrame, meta: Meta) -> float:
    """SDMetrics' LogisticDetection: 1 is indistinguishable, and says little."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import RobustScaler

    real, _, both, is_synthetic = _together(real, synthetic)
    categorical, numeric = list(meta.categorical), list(meta.numeric)
    parts = []
    if categorical:
        parts.append(_one_hot().fit(real[categorical]).transform(both[categorical]))
    if numeric:
        parts.append(both[numeric].fillna(real[numeric].mean()).to_numpy())
    features = np.hstack(parts)
    areas = []
    for learn, judge in _folds().split(features, is_synthetic):
        model = make_pipeline(RobustScaler(), LogisticRegression(max_iter=200))
        model.fit(features[learn], is_synthetic[learn])
        judged = model.predict_proba(features[judge])[:, 1]
        areas.append(max(0.5, roc_auc_score(is_synthetic[judge], judged)))
    return float(1 - (np.mean(areas) * 2 - 1))


def utility(train: pd.DataFrame, test: pd.DataFrame, meta: Meta) -> float:
    """Learn the target on `train` rows, predict that of `test` rows: AUC, or R2 of a regression.

    With synthetic rows for `train` and the holdout for `test` this is TSTR, with real ones TRTR.
    """
    from sklearn.metrics import r2_score, roc_auc_score
    from xgboost import XGBClassifier, XGBRegressor

    target = meta.target
    numeric = [name for name in meta.numeric if name != target]
    categorical = [name for name in meta.categorical if name != target]
    encoder = None
    if categorical:
        encoder = _one_hot(min_frequency=5).fit(pd.concat([train, test])[categorical])

    def features(rows: pd.DataFrame) -> Floats:
        parts = [rows[numeric].to_numpy(np.float32)] if numeric else []
        return np.hstack([*parts, encoder.transform(rows[categorical])] if encoder else parts)

    options = {"n_jobs": 1, "random_state": 0, "learning_rate": 0.1, "n_estimators": 150}
    if meta.task == "regression":
        train = train[train[target].notna()]
        model = XGBRegressor(**options).fit(features(train), train[target])
        return float(r2_score(test[target], model.predict(features(test))))
    labels = sorted(test[target].unique())
    places = {label: place for place, label in enumerate(labels)}
    train = train[train[target].isin(labels)]
    if train[target].nunique() < len(labels):
        return 0.5
    model = XGBClassifier(**options).fit(features(train), train[target].map(places))
    judged, truth = model.predict_proba(features(test)), test[target].map(places)
    if len(labels) == 2:
        return float(roc_auc_score(truth, judged[:, 1]))
    return float(roc_auc_score(truth, judged, multi_class="ovr"))
