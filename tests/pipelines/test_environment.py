"""The process a run happens in."""

import os
from pathlib import Path

import pytest

from pipelines.environment import prepare
from pipelines.settings import Settings
from tabular.errors import ConfigurationError


@pytest.fixture(autouse=True)
def bare_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*os.environ]:
        if name.startswith(("PREFECT_", "WAXWORK_", "OMP_")):
            monkeypatch.delenv(name)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setenv("HOME", str(tmp_path / "user"))


def test_telemetry_is_off_and_threads_are_bounded(tmp_path: Path) -> None:
    prepare(Settings(home=tmp_path / "home", threads=3))
    assert os.environ["DO_NOT_TRACK"] == "1"
    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert os.environ["GX_ANALYTICS_ENABLED"] == "false"
    assert os.environ["OMP_NUM_THREADS"] == "3"


def test_the_users_own_variables_win(tmp_path: Path) -> None:
    os.environ["OMP_NUM_THREADS"] = "7"
    prepare(Settings(home=tmp_path / "home"))
    assert os.environ["OMP_NUM_THREADS"] == "7"


def test_a_run_without_a_server_has_a_prefect_home_of_its_own(tmp_path: Path) -> None:
    prepare(Settings(home=tmp_path / "home"))
    assert os.environ["PREFECT_HOME"] == str(tmp_path / "home" / "prefect")


@pytest.mark.parametrize("chosen", ["PREFECT_HOME", "PREFECT_API_URL"])
def test_a_chosen_server_is_honoured(tmp_path: Path, chosen: str) -> None:
    os.environ[chosen] = "chosen"
    prepare(Settings(home=tmp_path / "home"))
    assert os.environ.get("PREFECT_HOME", "") in {"", "chosen"}


def test_a_profile_is_honoured(tmp_path: Path) -> None:
    profile = tmp_path / "user" / ".prefect" / "profiles.toml"
    profile.parent.mkdir(parents=True)
    profile.write_text('active = "office"\n')
    prepare(Settings(home=tmp_path / "home"))
    assert "PREFECT_HOME" not in os.environ


def test_debugging_leaves_prefects_log_alone(tmp_path: Path) -> None:
    prepare(Settings(home=tmp_path / "home"), debug=True)
    assert "PREFECT_LOGGING_LEVEL" not in os.environ


def test_a_home_that_can_not_be_made_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="can't be used: Not a directory") as caught:
        prepare(Settings(home=tmp_path / "file" / "home"))
    assert str(tmp_path / "file" / "home") in str(caught.value)
