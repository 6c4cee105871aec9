"""What is loaded is what was published, or nothing is."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from decimal import Decimal
from pathlib import Path

import fsspec
import pytest
from waxwork_client import (
    NotAsPublished,
    NotFound,
    StaleWarning,
    StoreUnreachable,
    Withdrawn,
    load,
)


def _withdraw(store: Path, dataset: str, version: str) -> None:
    entry = {"reason": "wrong unit", "when": "2026-01-01T00:00:00+00:00"}
    text = json.dumps({"format": 1, "versions": {version: entry}})
    (store / dataset / "WITHDRAWN").write_text(text)


def test_every_dtype_comes_back(store: Path) -> None:
    rows = load("example").pandas()
    assert len(rows) == 5
    assert str(rows["small"].dtype) == "Int8"
    assert str(rows["big"].dtype) == "Int64"
    assert rows["big"][1] == 2**62
    assert rows["price"][3] == Decimal("12345678901234567890.99")
    assert rows["day"][0] == dt.date(2024, 2, 29)
    assert list(rows["kind"].cat.categories) == ["x", "y"]
    assert rows["name"].isna().tolist() == [False, True, False, False, False]


def test_latest_and_pinned_versions(store: Path) -> None:
    assert load("shop").version == "v2"
    assert load("shop", "v1").version == "v1"
    assert load("shop").tables == ("shop", "sale")
    assert load("shop").arrow("sale").num_rows == 3


def test_a_table_must_be_named_where_there_are_several(store: Path) -> None:
    with pytest.raises(NotFound, match="name a table; it has shop, sale"):
        load("shop").arrow()
    with pytest.raises(NotFound, match="no table 'sales'"):
        load("shop").path("sales")


@pytest.mark.parametrize(
    ("name", "version", "said"),
    [
        ("nothing", "latest", "there is no dataset nothing"),
        ("shop", "v9", "there is no release v9 of shop"),
        ("../shop", "latest", "no name of a dataset"),
        ("shop", "../v1", "no version"),
    ],
)
def test_what_is_not_there_is_not_found(store: Path, name: str, version: str, said: str) -> None:
    with pytest.raises(NotFound, match=said):
        load(name, version)


def test_a_store_must_be_named(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WAXWORK_STORE")
    with pytest.raises(NotFound, match="WAXWORK_STORE"):
        load("shop")


def test_a_changed_byte_is_refused_and_not_cached(store: Path, tmp_path: Path) -> None:
    data = store / "shop/releases/v2/data/sale/part-00000.parquet"
    data.write_bytes(data.read_bytes()[:-1] + b"?")
    with pytest.raises(NotAsPublished, match="not as published"):
        load("shop")
    data.unlink()
    with pytest.raises(NotAsPublished, match="is missing"):
        load("shop")
    assert load("shop", "v1").arrow("sale").num_rows == 3
    assert not list((tmp_path / "cache").rglob(".new-*"))


def test_a_damaged_cache_is_filled_anew(store: Path) -> None:
    path = load("shop").path("sale")
    good = path.read_bytes()
    path.write_bytes(b"?")
    assert load("shop").path("sale").read_bytes() == good
    path.write_bytes(b"?")
    with pytest.raises(StoreUnreachable, match="in the cache"):
        load("shop", offline=True)


def test_the_digest_of_the_data_can_be_pinned(store: Path) -> None:
    digest = load("shop").manifest["data_digest"]
    assert load("shop", digest=digest).version == "v2"
    with pytest.raises(NotAsPublished, match="data_digest"):
        load("shop", digest="0" * 64)


def test_a_withdrawn_release_is_an_error_that_says_why(store: Path) -> None:
    load("shop", "v1")
    _withdraw(store, "shop", "v1")
    with pytest.raises(Withdrawn, match="shop v1 was withdrawn: wrong unit"):
        load("shop", "v1")
    # What the store said last holds offline too.
    with pytest.raises(Withdrawn):
        load("shop", "v1", offline=True)
    assert load("shop").version == "v2"


def test_without_any_release_left_it_says_so(store: Path) -> None:
    with pytest.raises(Withdrawn, match="every release of gone was withdrawn; the last, v1: wrong"):
        load("gone")
    with pytest.raises(Withdrawn, match="gone v1 was withdrawn: wrong unit"):
        load("gone", "v1")


def test_offline_the_cache_serves_what_it_has(store: Path) -> None:
    with pytest.raises(StoreUnreachable, match="no dataset shop in the cache"):
        load("shop", offline=True)
    online = load("shop")
    shutil.rmtree(store)
    assert load("shop", offline=True).arrow("sale").equals(online.arrow("sale"))
    with pytest.warns(StaleWarning, match="comes from the cache"):
        assert load("shop").version == "v2"
    with pytest.raises(StoreUnreachable, match="there is no store"):
        load("shop", offline=False)
    with pytest.raises(StoreUnreachable, match="there is no store"):
        load("example")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"format": 1}', b"\xff\xfe"])
def test_a_manifest_that_is_none_is_refused(store: Path, content: bytes) -> None:
    (store / "shop/releases/v2/manifest.json").write_bytes(content)
    with pytest.raises(NotAsPublished, match="no manifest"):
        load("shop")


def test_a_manifest_can_not_lead_out_of_its_release(store: Path) -> None:
    path = store / "shop/releases/v2/manifest.json"
    content = json.loads(path.read_text())
    content["tables"]["sale"]["file"] = "../../../../etc/passwd"
    path.write_text(json.dumps(content))
    with pytest.raises(NotAsPublished, match="no manifest"):
        load("shop")


def test_a_later_format_asks_for_a_newer_client(store: Path) -> None:
    path = store / "shop/releases/v2/manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 2}))
    with pytest.raises(NotAsPublished, match="Install a newer waxwork-client"):
        load("shop")


def test_a_store_may_lie_wherever_fsspec_reaches(store: Path) -> None:
    memory = fsspec.filesystem("memory")
    memory.put(str(store), "/releases", recursive=True)
    found = load("shop", store="memory://releases")
    assert found.arrow("sale").equals(load("shop").arrow("sale"))
    with pytest.raises(StoreUnreachable):
        load("shop", store="unheard://of", offline=False)
