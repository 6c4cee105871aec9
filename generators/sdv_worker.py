"""The process that SDV runs in: jobs as JSON lines on standard input, one line back for each.

    {"verb": "fit", "folder": ..., "synthesizer": ..., "parameters": {...}, "numeric": [...],
     "seed": 0}      reads rows.npz, writes model
    {"verb": "sample", "folder": ..., "rows": 10, "seed": 0}      reads model, writes rows.npz

A job with `"sequence": {"index": ..., "context": [...]}` is about sequences, whose entities stand
in the column `entity`; `rows` then counts those.

The answer is `{}` or `{"error": ...}`. An error names its class and where it was raised, never its
message, which may quote cells.
"""

from __future__ import annotations

import json
import os
import random
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

import numpy as np


def main() -> None:
    """Serve until standard input ends."""
    # Whatever SDV prints goes nowhere; the answers keep the pipe for themselves.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    warnings.simplefilter("ignore")
    for line in sys.stdin:
        try:
            _work(json.loads(line))
            answer: dict[str, str] = {}
        except Exception as error:  # noqa: BLE001  whatever it is, the caller is told
            frame = traceback.extract_tb(error.__traceback__)[-1]
            answer = {"error": f"{type(error).__name__} in {Path(frame.filename).name}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _work(job: dict[str, Any]) -> None:
    _seed(job["seed"])
    if job["verb"] == "fit":
        _fit(job, Path(job["folder"]))
    else:
        _sample(job, Path(job["folder"]))


def _seed(seed: int) -> None:
    """SDV follows the global states: numpy's and torch's, and Python's."""
    import torch

    torch.set_num_threads(1)  # more of them cost CPU seconds and gain next to nothing
    random.seed(seed)
    np.random.seed(seed % (1 << 32))  # noqa: NPY002
    torch.manual_seed(seed)


def _fit(job: dict[str, Any], folder: Path) -> None:
    with np.load(folder / "rows.npz") as rows:
        columns = {name: rows[name] for name in rows.files}
    import pandas as pd
    from sdv import sequential, single_table
    from sdv.metadata import Metadata

    numeric = set(job["numeric"])
    frame = pd.DataFrame(
        {
            name: cells if name in numeric else pd.Series(cells.astype(np.int64)).astype(str)
            for name, cells in columns.items()
        }
    )
    sdtypes = {
        name: {"sdtype": "numerical" if name in numeric else "categorical"} for name in columns
    }
    table: dict[str, Any] = {"columns": sdtypes}
    parameters, kinds = job["parameters"], single_table
    if sequence := job.get("sequence"):
        sdtypes["entity"] = {"sdtype": "id"}
        table["sequence_key"] = "entity"
        if sequence["index"]:
            table["sequence_index"] = sequence["index"]
        parameters = {**parameters, "context_columns": sequence["context"]}
        kinds = sequential
    metadata = Metadata.load_from_dict({"tables": {"t": table}})
    synthesizer = getattr(kinds, job["synthesizer"])(metadata, **parameters)
    synthesizer.fit({"t": frame})
    synthesizer.save(str(folder / "model"))


def _sample(job: dict[str, Any], folder: Path) -> None:
    from sdv.utils import load_synthesizer

    synthesizer = load_synthesizer(str(folder / "model"))
    if "sequence" in job:
        # A sequence's network follows the global states; its context is a table's synthesizer.
        _seed_one(synthesizer._context_synthesizer, job["seed"])  # noqa: SLF001
        sampled = synthesizer.sample_sequences(num_sequences=job["rows"])
    else:
        _seed_one(synthesizer, job["seed"])
        sampled = synthesizer.sample(job["rows"])
    frame = sampled["t"] if isinstance(sampled, dict) else sampled
    if "sequence" in job:
        frame["entity"] = frame["entity"].factorize()[0]
    columns = {name: frame[name].to_numpy(dtype=np.float64) for name in frame.columns}
    np.savez(folder / "rows.npz", **columns)


def _seed_one(synthesizer: Any, seed: int) -> None:  # noqa: ANN401  SDV's
    """Left alone, SDV draws with a constant seed; there is no public way to give it another."""
    synthesizer._set_random_state(seed)  # noqa: SLF001
    transformer = synthesizer._data_processor._hyper_transformer  # noqa: SLF001
    for i, step in enumerate(transformer._transformers_sequence):  # noqa: SLF001
        state = np.random.RandomState((seed + i + 1) % (1 << 32))
        step.set_random_state(state, "reverse_transform")


if __name__ == "__main__":
    main()
