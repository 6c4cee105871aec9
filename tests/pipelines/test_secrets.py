from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel, ValidationError

from pipelines.secrets import SecretName, require_all, resolve
from pipelines.settings import Settings
from tabular.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

NAME = SecretName(secret="ware-house_1")  # noqa: S106
VARIABLE = "WAXWORK_SECRET_WARE_HOUSE_1"


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.delenv(VARIABLE, raising=False)


def test_a_secret_is_found_in_the_environment_before_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / NAME.secret).write_text("from the file\n")
    settings = Settings(secrets_dir=tmp_path)
    assert resolve(NAME, settings) == "from the file"
    monkeypatch.setenv(VARIABLE, "from the environment")
    assert resolve(NAME, settings) == "from the environment"


def test_a_missing_secret_says_where_it_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        resolve(NAME, Settings(secrets_dir=tmp_path))
    assert VARIABLE in str(caught.value)
    assert str(tmp_path / NAME.secret) in str(caught.value)
    assert "Prefect" not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("content", [b"\xff\xfe", b""])
def test_a_file_that_holds_no_secret_is_an_error_of_the_configuration(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / NAME.secret).write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"ware-house_1.*"):
        resolve(NAME, Settings(secrets_dir=tmp_path))


@pytest.mark.parametrize("name", ["", "../passwd", "a b", "-x", "x" * 64])
def test_a_secret_s_name_can_t_lead_out_of_its_folder(name: str) -> None:
    with pytest.raises(ValidationError):
        SecretName(secret=name)


def test_a_name_is_all_that_is_shown() -> None:
    assert repr(NAME) == "SecretName(secret='ware-house_1')"


def test_a_prefect_server_is_asked_only_where_one_is_configured(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:1/api")
    monkeypatch.setattr("pipelines.secrets._block", {NAME: "from the block"}.get)
    assert resolve(NAME, Settings()) == "from the block"
    other = SecretName(secret="Other_One")  # noqa: S106
    with pytest.raises(ConfigurationError, match="the Prefect Secret block 'other-one'"):
        resolve(other, Settings())


def test_every_secret_of_a_configuration_is_looked_for_before_any_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Part(BaseModel):
        names: tuple[SecretName, ...] = ()
        inner: SecretName | str = "postgresql://host/db"

    class Whole(BaseModel):
        parts: list[Part]

    require_all(Whole(parts=[Part()]), Settings())
    for part in (Part(inner=NAME), Part(names=(NAME,))):
        with pytest.raises(ConfigurationError, match="'ware-house_1' is missing"):
            require_all(Whole(parts=[Part(), part]), Settings())
    monkeypatch.setenv(VARIABLE, "here")
    require_all(Whole(parts=[Part(names=(NAME, NAME), inner=NAME)]), Settings())
