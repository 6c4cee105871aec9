"""Related tables from table generators: parents first, children given their parents.

For each table, in an order in which parents come before children:

1. how many children a parent row has, given that row (and what is above it, and how many children
   of other tables it has);
2. one child after the other, each given the parent's row, how many siblings there are, its place
   among them and the sibling before it: first which rows of other tables it points at
   (`generators.relations.links`), then its cells given those rows too.

Keys are unique, no row points at nothing, and a parent has no more children than were seen, by
construction. Reference tables, which the owner declared public, are kept as they are.

A table of fewer than 2k rows has links alone, no children, unless these follow the subject. Where
fewer than 2k subjects are counted under, numbers of children are Poisson draws about a rounded
mean, and links go to any row of their group: nothing is held that fewer than k subjects back.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from generators.fitted import FittedGenerator
from generators.protection import Protection
from generators.relations.conditional import Conditional
from generators.relations.drawing import draw_table
from generators.relations.late import fill_late, learn_late
from generators.relations.learning import RelatedTable, learn_table
from generators.relations.plan import plan
from generators.relations.shape import Shape, can_be_learnt
from generators.relations.totals import fill_totals, learn_totals
from generators.relations.world import World
from tabular.dataset import Dataset, Table
from tabular.errors import ArtifactError, SampleError
from tabular.model import share_of, silent
from tabular.schema import Schema

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from generators.base import Generator
    from tabular.model import Progress
    from tabular.portrait import Portrait
    from tabular.seeding import Seed

FORMAT = 1
_FILE = "dataset.json"


@dataclass(frozen=True)
class DatasetGenerator:
    """An unfitted generator of a whole dataset.

    Args:
        generator: What tables are learnt with.
        tables: What single tables are learnt with instead, by name.
        protection: Rare values and extremes.
    """

    generator: Generator
    tables: Mapping[str, Generator]
    protection: Protection

    def fit(self, train: Dataset, *, seed: Seed, progress: Progress = silent) -> FittedDataset:
        """Fit to all tables.

        A table without keys to others, and without others' keys to it, is learnt as a table alone;
        where a column of one among several can't be learnt, it is made anew.

        Args:
            train: The rows to learn from, and nothing else.
            seed: Where every random number comes from.
            progress: Told how far the fit is.

        Raises:
            ConfigurationError: A kind can't learn a table.
            DataError: Rows can't be encoded.
            FitError: A model can't be fitted to them.
        """
        sizes = {table.name: len(table) for table in train}
        world = World(train.schema)
        alone: dict[str, FittedGenerator] = {}
        related: dict[str, RelatedTable] = {}
        for done, step in enumerate(plan(train.schema, sizes, least=2 * self.protection.k)):
            name = step.name
            table = train[name]
            stream = seed.child("table", name)

            told = share_of(progress, done, len(sizes), name if len(sizes) > 1 else "")
            generator = self.tables.get(name, self.generator)
            if _stands_alone(name, train.schema) and (
                len(sizes) == 1 or _has_learnable_columns(table, self.protection)
            ):
                plain = seed if len(sizes) == 1 else stream
                alone[name] = generator.fit(
                    table, seed=plain, protection=self.protection, progress=told
                )
            elif step.copied:
                world.copy_reference(name, table.frame)
                related[name] = RelatedTable(Shape(plan=step))
            else:
                related[name] = learn_table(
                    step, table, world, generator,
                    protection=self.protection, seed=stream, progress=told,
                )  # fmt: skip
        progress(1.0, "fitted")
        related = learn_totals(learn_late(related, world), world)
        return FittedDataset(train.schema, alone, related, self.generator.kind)


@dataclass(frozen=True)
class FittedDataset:
    """A fitted generator of a whole dataset.

    Args:
        schema: Of the tables.
        alone: Models of tables without keys.
        related: What was learnt of each other table, in the order they are drawn.
        kind: What tables are learnt with.
    """

    schema: Schema
    alone: Mapping[str, FittedGenerator]
    related: Mapping[str, RelatedTable]
    kind: str

    def sample(
        self, sizes: Mapping[str, int], *, references: Mapping[str, Table], seed: Seed
    ) -> Dataset:
        """Draw all tables.

        Args:
            sizes: How many subjects, by table: for each table that no other owns.
            references: Reference tables by name, which are kept as they are.
            seed: Where every random number comes from; the same seed gives the same rows.

        Raises:
            SampleError: A reference table is not given, or rows can't be drawn.
        """
        frames = {}
        for name, model in self.alone.items():
            stream = seed if len(self.schema.tables) == 1 else seed.child("table", name)
            frames[name] = model.sample(sizes[name], unit="subjects", seed=stream).frame
        world = World(self.schema)
        for name, learnt in self.related.items():
            if learnt.shape.plan.copied:
                if name not in references:
                    raise SampleError(
                        "the rows of this reference table are needed", where=f"table {name}"
                    )
                world.copy_reference(name, references[name].frame)
            else:
                draw_table(learnt, world, sizes.get(name, 0), seed.child("table", name))
        fill_late(self.related, world, seed.child("late"))
        fill_totals(self.related, world)
        return Dataset.of({**frames, **world.frames}, self.schema)

    def portraits(self) -> dict[str, Portrait]:
        """What the models of the tables' cells show of themselves, by the name of each."""
        models = dict(self.alone)
        for name, learnt in self.related.items():
            cells = learnt.cells.models if learnt.cells else ()
            for i, model in enumerate(cells, 1):
                of = f", group {i} of {len(cells)}" if len(cells) > 1 else ""
                models[f"{name}{of}"] = model
        shown = {name: model.portrait() for name, model in models.items()}
        return {name: portrait for name, portrait in shown.items() if portrait is not None}

    @property
    def roots(self) -> tuple[str, ...]:
        """The tables whose size is asked for; those of all others follow."""
        drawn = (learnt.shape.plan for learnt in self.related.values())
        return (*self.alone, *(p.name for p in drawn if p.owner is None and not p.copied))

    def save(self, folder: Path) -> None:
        """Write all models into a folder.

        Raises:
            ArtifactError: The folder can't be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            shapes = []
            for i, (name, learnt) in enumerate(self.related.items()):
                parts = {
                    part: model
                    for part in ("count", "links", "cells")
                    if (model := getattr(learnt, part)) is not None
                }
                for part, model in parts.items():
                    model.save(folder / f"{i}-{part}")
                shapes.append(
                    {
                        "table": name,
                        "shape": learnt.shape.model_dump(mode="json"),
                        "parts": {part: f"{i}-{part}" for part in parts},
                    }
                )
            for i, model in enumerate(self.alone.values()):
                model.save(folder / f"alone-{i}")
            body = {
                "format": FORMAT,
                "kind": self.kind,
                "schema": self.schema.model_dump(mode="json"),
                "alone": {name: f"alone-{i}" for i, name in enumerate(self.alone)},
                "related": shapes,
            }
            text = json.dumps(body, ensure_ascii=False, allow_nan=False)
            (folder / _FILE).write_text(text, encoding="utf-8")
            (folder / _FILE).chmod(0o600)
        except OSError as error:
            raise ArtifactError(
                f"the model can't be written: {error.strerror}", where=str(folder)
            ) from error

    @classmethod
    def load(cls, folder: Path) -> FittedDataset:
        """The models in a folder.

        Raises:
            ArtifactError: They are not there, damaged or of another format.
        """
        from generators.artifacts import load

        try:
            body = json.loads((folder / _FILE).read_bytes())
            if body["format"] != FORMAT:
                raise ArtifactError(
                    f"the model has format {body['format']!r}, this program reads {FORMAT}",
                    where=str(folder),
                    fix="Fit it again",
                )
            related = {
                entry["table"]: RelatedTable(
                    Shape.model_validate(entry["shape"]),
                    **{
                        part: Conditional.load(folder / place)
                        for part, place in entry["parts"].items()
                    },
                )
                for entry in body["related"]
            }
            schema = Schema.model_validate(body["schema"])
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise ArtifactError(
                "there is no readable model here", where=str(folder), fix="Fit it again"
            ) from error
        alone = {name: load(folder / place) for name, place in body["alone"].items()}
        return cls(schema, alone, related, str(body["kind"]))


def _has_learnable_columns(table: Table, protection: Protection) -> bool:
    """Whether a model can learn all columns that it should, and that there is one."""
    keys = {key[0] for key in table.schema.unique_keys if len(key) == 1}
    cells = [c for c in table.schema.columns if c.is_modelled and c.name not in keys]
    return bool(cells) and all(can_be_learnt(column, table, protection) for column in cells)


def _stands_alone(name: str, schema: Schema) -> bool:
    keys = schema.foreign_keys
    return not schema.tables[name].reference and not any(
        name in (key.table, key.references) for key in keys
    )
