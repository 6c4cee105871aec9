"""SDV's synthesizers as generators, kept at arm's length.

SDV runs in a process of its own: it follows global random states, prints, logs to files and saves
itself with cloudpickle, and none of that may happen in ours. It sees encoded columns under made
names, with metadata written from our variables, never detected (detected metadata holds rare
values and exact extremes). What it saves may hold training rows: these kinds are private.

To add one, subclass `SdvGenerator` in `generators/models/sdv_<name>.py`, name the synthesizer, and
give its parameters as fields under SDV's own names.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np

from generators.base import Generator, Model, State, require_rows
from generators.encoding.arrays import EncodedTable
from tabular.errors import ConfigurationError, FitError, SampleError

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.encoding.arrays import Variable
    from tabular.model import Progress
    from tabular.seeding import Seed

_ROOT = Path(__file__).resolve().parents[1]


class SdvWorker:
    """The process SDV runs in, started when it is first needed and kept for the next request.

    Importing SDV takes seconds, so fits and samples of one program share a worker; seeds are set
    anew for every request.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._owner = 0

    def request(self, job: dict[str, Any], *, folder: Path) -> dict[str, Any]:
        """Have a job done; the worker's answer.

        Args:
            job: What to do, as JSON.
            folder: Where the job's files are and its results go.
        """
        line = json.dumps({**job, "folder": str(folder)}).encode() + b"\n"
        with self._lock:
            process = self._running()
            assert process.stdin is not None  # noqa: S101  both are pipes
            assert process.stdout is not None  # noqa: S101
            try:
                process.stdin.write(line)
                process.stdin.flush()
                answer = process.stdout.readline()
            except OSError:
                answer = b""
            except BaseException:
                # Interrupted half-way: the next request must not read this one's answer.
                self._stop()
                raise
            if not answer:
                self._stop()
                return {"error": "the process ended"}
        reply: dict[str, Any] = json.loads(answer)
        return reply

    def close(self) -> None:
        """End the process, if there is one."""
        with self._lock:
            self._stop()

    def _running(self) -> subprocess.Popen[bytes]:
        alive = self._process is not None and self._process.poll() is None
        if self._process is not None and alive and self._owner == os.getpid():
            return self._process
        if self._owner == os.getpid():
            self._stop()
        self._folder = tempfile.TemporaryDirectory(prefix="waxwork-sdv-")
        self._owner = os.getpid()
        environment = {
            **os.environ,
            # SDV keeps a log file in the user's data folder; nothing of ours belongs there.
            "XDG_DATA_HOME": self._folder.name,
            "DO_NOT_TRACK": "1",
            "PYTHONPATH": os.pathsep.join(
                filter(None, [str(_ROOT), os.environ.get("PYTHONPATH", "")])
            ),
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "generators.sdv_worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # What SDV prints and warns of may quote cells.
            stderr=subprocess.DEVNULL,
            cwd=self._folder.name,
            env=environment,
            start_new_session=True,
        )
        return self._process

    def _stop(self) -> None:
        if self._process is not None and self._owner == os.getpid():
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    try:
                        pipe.close()
                    except OSError:  # pragma: no cover  it was broken already
                        continue
        if self._folder is not None and self._owner == os.getpid():
            self._folder.cleanup()
        self._process = self._folder = None


_WORKER = SdvWorker()
atexit.register(_WORKER.close)


def request(job: dict[str, Any], folder: Path) -> dict[str, Any]:
    """What SDV's process answers to a job."""
    return _WORKER.request(job, folder=folder)


class SdvModel(Model):
    """A synthesizer in SDV's own serialisation, and the columns that SDV was not given."""

    def __init__(
        self,
        variables: tuple[Variable, ...],
        constants: dict[str, float | None],
        saved: npt.NDArray[np.uint8],
    ) -> None:
        self._variables = variables
        self._constants = constants
        self._saved = saved

    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Draw `n` rows in SDV's process.

        Raises:
            SampleError: SDV fails.
        """
        columns: dict[str, npt.NDArray[np.float64]] = {}
        if len(self._saved):
            with tempfile.TemporaryDirectory(prefix="waxwork-sdv-") as name:
                folder = Path(name)
                (folder / "model").write_bytes(self._saved.tobytes())
                answer = request({"verb": "sample", "rows": n, "seed": seed.integer()}, folder)
                if problem := answer.get("error"):
                    raise SampleError(f"SDV could not draw rows: {problem}")
                with np.load(folder / "rows.npz") as rows:
                    columns = {key: rows[key] for key in rows.files}
        arrays = self._arrays(columns, n)
        return EncodedTable(self._variables, arrays, np.ones(n, dtype=np.int64))

    def _arrays(
        self, columns: dict[str, npt.NDArray[np.float64]], n: int
    ) -> tuple[npt.NDArray[np.float64] | npt.NDArray[np.int32], ...]:
        """What SDV drew, and the columns it was not given, as the variables ask for."""
        arrays: list[npt.NDArray[np.float64] | npt.NDArray[np.int32]] = []
        for i, variable in enumerate(self._variables):
            if str(i) in self._constants:
                value = self._constants[str(i)]
                cells = np.full(n, np.nan if value is None else value)
            else:
                cells = columns[f"c{i}"]
            arrays.append(cells if variable.is_numeric else cells.astype(np.int32))
        return tuple(arrays)

    def state(self) -> State:
        """SDV's bytes as an array."""
        return State({"saved": self._saved}, {"constants": self._constants})

    @classmethod
    def from_state(
        cls,
        generator: Generator,  # noqa: ARG003  the contract's
        variables: tuple[Variable, ...],
        state: State,
    ) -> Self:
        """The model that gave this state."""
        return cls(variables, state.values["constants"], state.arrays["saved"])


class SdvGenerator(Generator, frozen=True):
    """One of SDV's synthesizers."""

    model: ClassVar[type[Model]] = SdvModel
    artifact: ClassVar[Literal["shareable", "private"]] = "private"
    synthesizer: ClassVar[str]
    """Name of the class in `sdv.single_table`."""

    def fit_encoded(self, train: EncodedTable, *, seed: Seed, progress: Progress) -> SdvModel:
        """Fit in SDV's process.

        Raises:
            ConfigurationError: SDV is not installed.
            FitError: SDV fails.
        """
        columns, constants = self.columns(train)
        if not columns:
            return SdvModel(train.variables, constants, np.empty(0, dtype=np.uint8))
        saved = self.fitted(train, columns, seed, progress)
        return SdvModel(train.variables, constants, saved)

    def columns(
        self, train: EncodedTable
    ) -> tuple[dict[str, npt.NDArray[np.float64]], dict[str, float | None]]:
        """The columns that SDV gets, by made names, and those with one value, by position.

        Raises:
            ConfigurationError: SDV is not installed.
            FitError: There are too few subjects.
        """
        from importlib.util import find_spec

        if find_spec("sdv") is None:
            raise ConfigurationError(
                f"{self.kind} needs SDV, which is not installed",
                fix="pip install 'waxwork[sdv]'",
            )
        require_rows(train, 2, self.kind)
        constants: dict[str, float | None] = {}
        columns: dict[str, npt.NDArray[np.float64]] = {}
        for i, array in enumerate(train.arrays):
            cells = np.asarray(array, dtype=np.float64)
            # SDV fails on columns without a value, and wastes effort on those with one.
            if np.isnan(cells).all():
                constants[str(i)] = None
            elif (cells == cells[0]).all():
                constants[str(i)] = float(cells[0])
            else:
                columns[f"c{i}"] = cells
        return columns, constants

    def fitted(
        self,
        train: EncodedTable,
        columns: dict[str, npt.NDArray[np.float64]],
        seed: Seed,
        progress: Progress,
        more: dict[str, Any] | None = None,
    ) -> npt.NDArray[np.uint8]:
        """What SDV saves of itself after a fit to these columns.

        Raises:
            FitError: SDV fails.
        """
        job = {
            "verb": "fit",
            "synthesizer": self.synthesizer,
            "parameters": self.model_dump(mode="json", exclude={"kind"}),
            "numeric": [f"c{i}" for i, v in enumerate(train.variables) if v.is_numeric],
            "seed": seed.integer(),
            **(more or {}),
        }
        progress(0.01, "SDV is fitting")
        with tempfile.TemporaryDirectory(prefix="waxwork-sdv-") as name:
            folder = Path(name)
            np.savez(folder / "rows.npz", **columns)  # type: ignore[arg-type]
            answer = request(job, folder)
            if problem := answer.get("error"):
                raise FitError(
                    f"SDV's {self.synthesizer} could not be fitted: {problem}",
                    fix="Try another generator, or fewer columns",
                )
            return np.frombuffer((folder / "model").read_bytes(), dtype=np.uint8)
