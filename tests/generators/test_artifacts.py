"""A model's folder: damaged, foreign, of another format, or not to be written."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from generators.artifacts import FORMAT, load
from generators.models.gaussian_copula import GaussianCopula
from tabular.errors import ArtifactError, ConfigurationError
from tabular.seeding import Seed
from tests.tables import mixed_table


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "model"
    GaussianCopula().fit(mixed_table(60), seed=Seed(0)).save(path)
    return path


def rewrite(folder: Path, **changes: object) -> None:
    path = folder / "model.json"
    body = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({key: value for key, value in body.items() if value != "DROP"}))


def test_what_was_saved_is_what_is_loaded(folder: Path) -> None:
    fitted = GaussianCopula().fit(mixed_table(60), seed=Seed(0))
    loaded = load(folder)
    assert loaded.generator == fitted.generator
    assert loaded.encoder == fitted.encoder
    pd.testing.assert_frame_equal(
        loaded.sample(20, seed=Seed(1)).frame, fitted.sample(20, seed=Seed(1)).frame
    )


def test_saving_again_replaces_the_model_and_its_open_mode(folder: Path) -> None:
    (folder / "model.json").chmod(0o644)
    GaussianCopula(knots=7).fit(mixed_table(60), seed=Seed(0)).save(folder)
    assert load(folder).generator == GaussianCopula(knots=7)
    assert (folder / "model.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "no json", "[1]", "{}", '"text"'])
def test_a_file_that_is_no_model_is_named(folder: Path, content: str) -> None:
    (folder / "model.json").write_text(content)
    with pytest.raises(ArtifactError, match="no readable model") as caught:
        load(folder)
    assert str(folder) in str(caught.value)
    assert caught.value.fix


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="no readable model"):
        load(tmp_path / "nowhere")


def test_another_format_says_which(folder: Path) -> None:
    rewrite(folder, format=99)
    with pytest.raises(ArtifactError, match=f"format 99, this program reads {FORMAT}"):
        load(folder)


def test_one_changed_byte_is_noticed(folder: Path) -> None:
    path = folder / "arrays.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match="don't match its digest"):
        load(folder)


@pytest.mark.parametrize("part", ["kind", "generator", "encoder", "values"])
@pytest.mark.parametrize("value", ["DROP", 3, {"unknown": 1}])
def test_a_damaged_part_is_an_error_of_ours(folder: Path, part: str, value: object) -> None:
    rewrite(folder, **{part: value})
    with pytest.raises((ArtifactError, ConfigurationError)):
        load(folder)


def test_a_kind_that_is_not_there_lists_the_known_ones(folder: Path) -> None:
    rewrite(folder, kind="later")
    with pytest.raises(ConfigurationError, match="gaussian_copula"):
        load(folder)


def test_a_folder_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    fitted = GaussianCopula().fit(mixed_table(60), seed=Seed(0))
    with pytest.raises(ArtifactError, match="can't be written") as caught:
        fitted.save(tmp_path / "file")
    assert str(tmp_path) in str(caught.value)
