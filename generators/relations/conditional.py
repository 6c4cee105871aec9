"""Rows of some columns given context, by whatever kind of generator there is.

A kind with the capability `context` is given it. Any other learns one model for each cluster of
rows whose context foretells them alike, or a pooled one where there are too few rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from pydantic import BaseModel, ConfigDict

from generators.base import GENERATORS
from generators.fitted import FittedGenerator
from generators.relations.clusters import Clusters, outputs_of
from generators.relations.context import Context
from tabular.dataset import Table

if TYPE_CHECKING:
    import pandas as pd

    from generators.base import Generator
    from generators.protection import Protection
    from tabular.model import Progress
    from tabular.seeding import Seed

_LEAST_CLUSTER, _MOST_CLUSTERS = 200, 16
_TOO_FEW = 50  # rows below which columns are drawn independently


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    clusters: Clusters | None
    n_models: int


@dataclass(frozen=True)
class Conditional:
    """Fitted columns, to be drawn for rows of context.

    Args:
        models: One model, or one for each cluster.
        clusters: Which cluster a row of context is in; `None` for one model.
    """

    models: tuple[FittedGenerator, ...]
    clusters: Clusters | None = None

    @classmethod
    def learn(
        cls,
        generator: Generator,
        train: Table,
        context: Context,
        *,
        protection: Protection,
        seed: Seed,
        progress: Progress,
    ) -> Self:
        """Fit to rows and their context.

        Args:
            generator: The kind to learn with.
            train: Rows of the columns to draw.
            context: What each row is drawn given; may have no column.
            protection: Rare values and extremes.
            seed: Where every random number comes from.
            progress: Told how far the fit is.
        """
        if len(train) < _TOO_FEW:
            independent = GENERATORS["independent"].model_validate({})
            return cls((independent.fit(train, seed=seed, protection=protection),))
        if not context.n_columns:
            fitted = generator.fit(train, seed=seed, protection=protection, progress=progress)
            return cls((fitted,))
        if "context" in generator.capabilities:
            around = context.table(train.owners)
            fitted = generator.fit(
                train, context=around, seed=seed, protection=protection, progress=progress
            )
            return cls((fitted,))
        own = Context.of(train.frame, train.schema.columns, "")
        clusters = Clusters.learn(
            context,
            outputs_of(own),
            owners=train.subject_codes,
            least=_LEAST_CLUSTER,
            most=_MOST_CLUSTERS,
            backing=protection.k,
            seed=seed.child("clusters").integer(),
        )
        leaf = clusters.assign(context)
        models = tuple(
            generator.fit(
                train.take(leaf == i), seed=seed.child("cluster", str(i)), protection=protection
            )
            for i in range(clusters.n_leaves)
        )
        return cls(models, clusters)

    def draw(self, context: Context, seed: Seed) -> pd.DataFrame:
        """A row for each row of context, in its order."""
        import pandas as pd

        if self.clusters is None:
            model = self.models[0]
            if model.context_encoder is not None:
                return model.sample_given(context.table(None), seed=seed).frame
            return model.sample(context.n_rows, seed=seed).frame
        leaf = self.clusters.assign(context)
        parts, places = [], []
        for i, model in enumerate(self.models):
            rows = np.flatnonzero(leaf == i)
            if len(rows):
                parts.append(model.sample(len(rows), seed=seed.child("cluster", str(i))).frame)
                places.append(rows)
        together = pd.concat(parts, ignore_index=True)
        return together.iloc[np.argsort(np.concatenate(places))].reset_index(drop=True)

    def save(self, folder: Path) -> None:
        """Write the models into a folder."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for i, model in enumerate(self.models):
            model.save(folder / str(i))
        form = _Form(clusters=self.clusters, n_models=len(self.models))
        (folder / "form.json").write_text(form.model_dump_json(), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """The models in a folder."""
        from generators.artifacts import load

        form = _Form.model_validate_json((folder / "form.json").read_bytes())
        return cls(tuple(load(folder / str(i)) for i in range(form.n_models)), form.clusters)
