"""What `waxwork init` tells an owner of how a file was read, and how it can be settled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.config import PipelineConfig, validate
from pipelines.description import describe
from pipelines.init import source_from_text, write_config
from pipelines.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


def test_what_was_found_or_can_t_be_told_stands_in_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    rows = [f"{1 + i % 12:02d}/0{1 + i % 9}/2020;{i},5;7;;{20200101 + i}" for i in range(28)]
    path.write_bytes("\n".join(["day;größe;same;none;k", *rows]).encode("cp1252"))
    text = write_config(source_from_text(str(path)), Settings())
    notes = [line.strip() for line in text.splitlines() if line.strip().startswith("# note:")]
    assert [note.split(":")[1].strip()[:30] for note in notes] == [
        "the file is not UTF-8; it is r", 'the delimiter is ";"; to settl', "day", "same", "none",
    ]  # fmt: skip
    assert 'to settle it: datetime_format: "%d/%m/%Y"' in notes[2]
    assert "2020" not in "".join(notes)
    content = {
        "name": "x",
        "source": {"kind": "csv", "path": str(path)},
        "tables": {
            "x": {
                "columns": {
                    "day": {"datetime_format": "%m/%d/%Y"},
                    "k": {"datetime_format": "%Y%m%d"},
                }
            }
        },
    }
    config = validate(PipelineConfig, content, tmp_path / "c.yaml")
    frame = describe(config.source.read(Settings()), config).only.frame
    assert (frame["day"][1].month, frame["day"][1].day) == (2, 2)
    assert (frame["k"][1].month, frame["k"][1].day) == (1, 2)
    assert frame["größe"].tolist() == [i + 0.5 for i in range(28)]
