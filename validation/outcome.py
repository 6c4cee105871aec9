"""The outcome whose rates are compared between groups, made of the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from validation.features import is_numeric, labels, numbers
from validation.groups import shown

if TYPE_CHECKING:
    import numpy.typing as npt

    from tabular.dataset import Table


@dataclass(frozen=True)
class Outcome:
    """What counts as the outcome, as the train rows have it.

    The rarer label of a target that has two, the most frequent one where there are more, a number
    above the median.

    Args:
        target: The column.
        label: The label that counts, `None` for a number.
        bar: What a number must exceed.
        name: How people read it.
    """

    target: str
    label: str | None
    bar: float = 0.0
    name: str = "more than the median"

    @staticmethod
    def learn(train: Table, target: str) -> Outcome:
        """The outcome of a table's target."""
        cells = train.frame[target]
        if is_numeric(train.schema[target]):
            values = numbers(cells)
            present = values[~np.isnan(values)]
            if len(np.unique(present)) > 2:  # noqa: PLR2004  else it is two labels
                return Outcome(target, None, float(np.median(present)))
        counts = labels(cells).value_counts()
        # Ties by name, so that the outcome does not depend on the order of the rows.
        names = sorted(counts.index.astype(str), key=lambda name: (counts[name], name))
        if not names:
            return Outcome(target, "", name="no label")
        label = names[0] if len(names) == 2 else names[-1]  # noqa: PLR2004
        return Outcome(target, label, name=shown(train.schema[target], label))

    def of(self, table: Table) -> npt.NDArray[np.bool_]:
        """Which rows have it, shape (n_rows,); a missing target does not."""
        cells = table.frame[self.target]
        if self.label is None:
            return np.asarray(numbers(cells) > self.bar, dtype=bool)
        same = (labels(cells) == self.label).to_numpy(dtype=bool, na_value=False)
        return np.asarray(same, dtype=bool)
