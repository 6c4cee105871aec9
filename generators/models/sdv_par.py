"""SDV's PAR synthesizer of sequences."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from generators.base import Capability, Generator, Model, State
from generators.encoding.arrays import EncodedTable
from generators.sdv_adapter import SdvGenerator, SdvModel, request
from generators.sequence_features import Index, find_index, inside
from tabular.errors import SampleError

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import Variable
    from tabular.model import Progress
    from tabular.seeding import Seed


class SdvParModel(SdvModel):
    """A synthesizer of sequences in SDV's own serialisation, and what is known of the index."""

    def __init__(
        self,
        variables: tuple[Variable, ...],
        constants: dict[str, float | None],
        saved: npt.NDArray[np.uint8],
        index: Index | None,
        mean_length: float,
    ) -> None:
        super().__init__(variables, constants, saved)
        self._index = index
        self._mean_length = mean_length

    @property
    def mean_length(self) -> float:
        """Mean rows of an entity that was learnt."""
        return self._mean_length

    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Draw `n` entities in SDV's process.

        Raises:
            SampleError: SDV fails.
        """
        if not len(self._saved):
            # Nothing varies but, perhaps, how many rows there are.
            lengths = np.full(n, max(round(self._mean_length), 1))
            return EncodedTable(self._variables, self._arrays({}, int(lengths.sum())), lengths)
        job = {"verb": "sample", "rows": n, "seed": seed.integer(), "sequence": {}}
        with tempfile.TemporaryDirectory(prefix="waxwork-sdv-") as name:
            folder = Path(name)
            (folder / "model").write_bytes(self._saved.tobytes())
            if problem := request(job, folder).get("error"):
                raise SampleError(f"SDV could not draw rows: {problem}")
            with np.load(folder / "rows.npz") as rows:
                columns = {key: rows[key] for key in rows.files}
        entity = columns.pop("entity").astype(np.int64)
        order = np.argsort(entity, kind="stable")
        if self._index is not None:
            place = [v.name for v in self._variables].index(self._index.name)
            order = np.lexsort((columns.get(f"c{place}", entity), entity))
        columns = {key: cells[order] for key, cells in columns.items()}
        lengths = np.bincount(entity).astype(np.int64)
        table = EncodedTable(self._variables, self._arrays(columns, int(lengths.sum())), lengths)
        return table if self._index is None else _in_order(table, self._index)

    def state(self) -> State:
        """SDV's bytes as an array, and the index."""
        state, index = super().state(), self._index
        order = [index.name, index.low, index.high, index.grid, index.unique] if index else None
        more = {"index": order, "mean_length": self._mean_length}
        return State(state.arrays, {**state.values, **more})

    @classmethod
    def from_state(
        cls,
        generator: Generator,  # noqa: ARG003  the contract's
        variables: tuple[Variable, ...],
        state: State,
    ) -> Self:
        """The model that gave this state."""
        values = state.values
        index = Index(*values["index"]) if values["index"] else None
        saved = state.arrays["saved"]
        return cls(variables, values["constants"], saved, index, float(values["mean_length"]))


class SdvPar(SdvGenerator, frozen=True):
    """SDV's PAR synthesizer of sequences, for comparison; needs the extra `sdv`."""

    kind: Literal["sdv_par"] = "sdv_par"
    model: ClassVar[type[Model]] = SdvParModel
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"sequence"})
    synthesizer: ClassVar[str] = "PARSynthesizer"

    epochs: int = Field(default=128, ge=1, le=100_000, description="Passes over the sequences.")
    sample_size: int = Field(
        default=1, ge=1, le=1000, description="Draws of a sequence, of which the likeliest stays."
    )
    segment_size: int | None = Field(
        default=None, ge=2, le=100_000, description="Rows that sequences are cut into."
    )
    cuda: bool = Field(default=False, description="Whether a GPU is used where there is one.")

    def fit_encoded(self, train: EncodedTable, *, seed: Seed, progress: Progress) -> SdvParModel:
        """Fit in SDV's process.

        Raises:
            ConfigurationError: SDV is not installed.
            FitError: SDV fails.
        """
        index: Index | None = None
        place: str | None = None
        context: list[str] = []
        columns, constants = self.columns(train)
        for i, variable in enumerate(train.variables):
            if variable.place == "index":
                values = np.asarray(train.arrays[i], dtype=np.float64)
                index = find_index(variable.name, values, train.lengths)
                place = f"c{i}" if f"c{i}" in columns else None
            elif variable.place == "entity" and f"c{i}" in columns:
                context.append(f"c{i}")
        mean = float(train.lengths.mean())
        if not columns:
            none = np.empty(0, dtype=np.uint8)
            return SdvParModel(train.variables, constants, none, index, mean)
        columns["entity"] = train.subjects.astype(np.float64)
        saved = self.fitted(
            train, columns, seed, progress, {"sequence": {"index": place, "context": context}}
        )
        return SdvParModel(train.variables, constants, saved, index, mean)


def _in_order(table: EncodedTable, index: Index) -> EncodedTable:
    """The table with its index within bounds, on its grid, and increasing."""
    arrays = tuple(
        index.laid_out(
            inside(np.nan_to_num(array, nan=index.low), (index.low, index.high), table.lengths),
            table.lengths,
        )
        if variable.name == index.name
        else array
        for variable, array in zip(table.variables, table.arrays, strict=True)
    )
    return table.with_arrays(arrays)
