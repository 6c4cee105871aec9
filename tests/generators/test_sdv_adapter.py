"""SDV at arm's length: its process, its failures, and what it is not given."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from generators.models.sdv_ctgan import SdvCtgan
from generators.models.sdv_gaussian_copula import SdvGaussianCopula
from generators.models.sdv_tvae import SdvTvae
from generators.sdv_adapter import SdvWorker
from tabular.seeding import Seed
from tests.tables import plain_table

_WITHOUT_SDV = """
import sys
sys.modules["sdv"] = None
import pandas as pd
from generators.models.sdv_gaussian_copula import SdvGaussianCopula
from generators.models.sdv_tvae import SdvTvae
from tabular.errors import ConfigurationError
from tabular.seeding import Seed
from tests.tables import plain_table
try:
    SdvGaussianCopula().fit(plain_table(pd.DataFrame({"x": range(30)})), seed=Seed(0))
except ConfigurationError as error:
    print(error)
"""


def test_a_missing_sdv_says_how_to_install_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT_SDV],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    assert "pip install 'waxwork[sdv]'" in done.stdout


def test_sdv_is_never_imported_here() -> None:
    frame = pd.DataFrame({"x": np.arange(40.0), "y": np.arange(40) % 3})
    fitted = SdvGaussianCopula().fit(plain_table(frame), seed=Seed(0))
    assert len(fitted.sample(5, seed=Seed(0))) == 5
    assert "sdv" not in sys.modules


def test_a_failure_is_named_without_what_sdv_says() -> None:
    worker = SdvWorker()
    with tempfile.TemporaryDirectory() as name:
        job = {"verb": "fit", "synthesizer": "Nothing", "parameters": {}, "numeric": [], "seed": 0}
        answer = worker.request(job, folder=Path(name))
        assert answer["error"].startswith("FileNotFoundError in ")
        assert name not in answer["error"]
        # The process lives on and takes the next job.
        assert worker.request({}, folder=Path(name))["error"].startswith("KeyError in ")
    worker.close()


def test_a_process_that_ends_is_an_answer_and_the_next_job_gets_a_new_one() -> None:
    worker = SdvWorker()
    with tempfile.TemporaryDirectory() as name:
        process = worker._running()
        process.kill()
        process.wait()
        assert worker.request({}, folder=Path(name))["error"].startswith("KeyError in ")
        assert worker._running().pid != process.pid
    worker.close()
    assert worker._process is None


def test_columns_of_one_value_need_no_sdv() -> None:
    frame = pd.DataFrame({"one": np.ones(20), "gone": np.full(20, np.nan)})
    fitted = SdvGaussianCopula().fit(plain_table(frame), seed=Seed(0))
    made = fitted.sample(4, seed=Seed(0)).frame
    assert made["one"].tolist() == [1.0] * 4
    assert made["gone"].isna().all()


def test_every_draw_is_another_one() -> None:
    # SDV's own sampling starts from a constant: gaps and categories must move with our seed too.
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"x": rng.normal(size=80), "label": rng.integers(0, 3, 80).astype(str)})
    frame.loc[rng.random(80) < 0.3, "x"] = np.nan
    frame["label"] = frame["label"].astype("string")
    fitted = SdvGaussianCopula().fit(plain_table(frame), seed=Seed(0))
    one, other = (fitted.sample(60, seed=Seed(i)).frame for i in (1, 2))
    assert (one["x"].isna() != other["x"].isna()).any()
    assert (one["label"] != other["label"]).any()


def test_a_batch_that_can_not_be_packed_is_refused() -> None:
    with pytest.raises(ValueError, match="no multiple of pac 7"):
        SdvCtgan(batch_size=100, pac=7)


def test_parameters_keep_sdv_s_names_and_defaults() -> None:
    script = (
        "import inspect, json; from sdv import single_table as s\n"
        "print(json.dumps({n: {k: p.default for k, p in"
        " inspect.signature(getattr(s, n).__init__).parameters.items()"
        " if isinstance(p.default, (int, float, tuple, bool))} for n in"
        " ('CTGANSynthesizer', 'TVAESynthesizer')}))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], check=True, capture_output=True, text=True
    )
    theirs = json.loads(done.stdout.strip().splitlines()[-1])
    for generator in (SdvCtgan(), SdvTvae()):
        name = generator.synthesizer
        ours = generator.model_dump(mode="json", exclude={"kind", "enable_gpu"})
        assert {key: theirs[name][key] for key in ours} == ours
