"""What stands beside the data of a release: reports, schema, expectations and dataset card."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pipelines.dataset_card import dataset_card

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipelines.releases import FileDigest, Release


def documents(release: Release, tables: Mapping[str, FileDigest]) -> dict[str, str]:
    """The public documents of a release, by file name.

    `expectations.json` holds a Great Expectations suite for each table, by its name.

    Args:
        release: What is published.
        tables: The data's files as they lie in the release.
    """
    from validation.expectations import expectations_json
    from validation.report_html import render

    suites = {
        name: json.loads(expectations_json(table)) for name, table in release.schema.tables.items()
    }
    public = release.report.public()
    return {
        "report.html": render(public, release.decision),
        "report.json": public.to_json() + "\n",
        "schema.json": release.schema.model_dump_json(indent=2, exclude_defaults=True) + "\n",
        "expectations.json": json.dumps(suites, indent=2, ensure_ascii=False) + "\n",
        "README.md": dataset_card(release, tables),
    }
