"""What a pipeline computes: one frozen model, one YAML file.

Unknown keys are errors that name their place. Relative paths are taken from the folder of the file
they stand in. Importing this module loads no heavy library.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from generators.base import GENERATORS, Generator
from generators.protection import Protection
from pipelines.base import SINKS, SOURCES, ConfigPath, Sink, Source
from pipelines.sinks.parquet import ParquetSink
from tabular.errors import ConfigurationError
from tabular.pii import KINDS
from tabular.rules import Rule
from tabular.schema import ForeignKey, Number, Provenance, Role, Sdtype, Sequence, Subject
from validation.base import CHECKS, Check
from validation.drift_policy import DriftOption, DriftPolicy
from validation.fairness_policy import Fairness
from validation.policy import Policy

_Model = TypeVar("_Model", bound=BaseModel)
_MAX_BYTES = 1 << 20
_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class ColumnOptions(_Section):
    """What the owner says of a column; what is left out is found out from the rows."""

    sdtype: Sdtype | Literal["text"] | None = None
    nullable: bool | None = None
    minimum: Number | str | None = None
    maximum: Number | str | None = None
    categories: tuple[str | int | float | bool, ...] | None = None
    decimals: int | None = None
    datetime_format: str | None = None
    pattern: str | None = None
    role: Role | None = None
    pii: str | None = Field(
        default=None, description="Kind of personal data; `other` for one without a name here."
    )
    locale: str | None = Field(
        default=None,
        pattern=r"^[a-z]{2,3}_[A-Z]{2}$",
        description="Whose names, numbers and addresses are made: de_DE, en_GB, ...",
    )
    provenance: Provenance | None = None
    description: str | None = None

    @field_validator("pii")
    @classmethod
    def _is_a_kind(cls, value: str | None) -> str | None:
        # A misspelt kind would be made as plain text, and nobody told.
        if value is not None and value not in KINDS | {"other"}:
            message = f"it is none of {', '.join(sorted(KINDS))}, other"
            raise ValueError(message)
        return value


def _one_is_a_list(value: object) -> object:
    return (value,) if isinstance(value, str | Path) else value


_OneOrSeveral = BeforeValidator(_one_is_a_list, json_schema_input_type=str | list[str])
Names = Annotated[tuple[str, ...], _OneOrSeveral]
Paths = Annotated[tuple[ConfigPath, ...], _OneOrSeveral]


class TableOptions(_Section):
    """What the owner says of a table."""

    primary_key: Names | None = None
    alternate_keys: tuple[tuple[str, ...], ...] | None = None
    sequence: Sequence | None = None
    rules: tuple[Rule, ...] = Field(
        default=(), description="What holds between the columns: rows that break one are set aside."
    )
    reference: bool = Field(
        default=False, description="A public table, which is published as it is."
    )
    generator: Annotated[Generator, GENERATORS] | None = Field(
        default=None, description="What this table is learnt with instead of `generator`."
    )
    exclude: tuple[str, ...] = Field(default=(), description="Columns to leave out altogether.")
    columns: dict[str, ColumnOptions] = Field(default_factory=dict)


class SplitOptions(_Section):
    """How many subjects the generator never sees."""

    holdout: float = Field(
        default=0.2, gt=0, lt=1, description="Share held out; half of it is the reference."
    )


class ContractOptions(_Section):
    """Rules beyond those that follow from the schema."""

    suite: Paths = Field(
        default=(), description="Great Expectations suites (JSON) of the owner's own."
    )


class QuarantineOptions(_Section):
    """What happens to real rows that break the contract."""

    max_share: float = Field(
        default=0.05, ge=0, le=1, description="Share of rows above which the run stops."
    )


def _fraction_or_count(value: object) -> object:
    if isinstance(value, str) and value.strip().endswith("%"):
        return float(value.strip()[:-1]) / 100
    return value


def _share_as_text(value: float) -> int | str:
    """A share as `100%`: JSON written in JavaScript knows no 1.0, and 1 would be one subject."""
    return value if isinstance(value, int) else f"{value * 100:.12g}%"


Rows = Annotated[
    Annotated[int, Field(ge=1, strict=True)] | Annotated[float, Field(gt=0, le=1000, strict=True)],
    BeforeValidator(_fraction_or_count),
    PlainSerializer(_share_as_text, when_used="json"),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 1},
                {"type": "number", "exclusiveMinimum": 0, "maximum": 1000},
                {"type": "string", "pattern": r"^\s*[0-9.]+\s*%\s*$"},
            ]
        }
    ),
]


Cell = bool | int | float | str | dt.datetime | dt.date | None


class TableConfig(_Section):
    """The part of a configuration that `fit` and `check` take, whatever of it is given."""

    subject: Subject | None = Field(default=None, description="Whose privacy counts.")
    tables: dict[str, TableOptions] = Field(default_factory=dict)
    foreign_keys: tuple[ForeignKey, ...] = ()
    protect: Protection = Protection()
    contract: ContractOptions = ContractOptions()
    generator: Annotated[Generator, GENERATORS] = Field(
        default_factory=lambda: GENERATORS["trees"].model_validate({})
    )
    checks: dict[str, bool | dict[str, Any]] = Field(
        default_factory=dict,
        description="By kind: `false` leaves a check out, a mapping sets its parameters.",
    )
    fairness: Fairness | None = Field(
        default=None, description="How often each group shall have an outcome; as it was if unset."
    )
    gate: Policy = Policy()
    seed: int = Field(default=0, ge=0, description="Root of every random stream.")

    @field_validator("checks", mode="after")
    @classmethod
    def _checks_can_be_built(
        cls, value: dict[str, bool | dict[str, Any]]
    ) -> dict[str, bool | dict[str, Any]]:
        for kind, options in value.items():
            _build_check(kind, options)
        return value

    def selected_checks(self) -> tuple[Check, ...]:
        """The checks to run, in order, with the policy's thresholds applied."""
        from validation.base import by_family

        return tuple(
            self.gate.apply(_build_check(kind, self.checks.get(kind, True)))
            for kind in by_family(CHECKS)
            if self.checks.get(kind, CHECKS[kind].on_by_default) is not False
        )


class PipelineConfig(TableConfig):
    """Everything a run computes."""

    name: str = Field(description="The dataset's name in the store: a-z, 0-9, - and _.")
    source: Annotated[Source, SOURCES]
    split: SplitOptions = SplitOptions()
    quarantine: QuarantineOptions = QuarantineOptions()
    drift: DriftOption = Field(
        default=DriftPolicy(),
        description="What happens where the source is not what it was for the last release: "
        "`warn`, `stop`, or a mapping with thresholds.",
    )
    rows: Rows = Field(
        default=1.0, description="Subjects to generate: a share (`100%`, 0.1) or a count (1000)."
    )
    must_have: dict[str, tuple[dict[str, Cell], ...]] = Field(
        default_factory=dict,
        description="Rows that must be there, by table, or a list where there is one table: the "
        "cells that matter, such as boundaries, leap days and empty text. Put in after the checks.",
    )
    sinks: tuple[Annotated[Sink, SINKS], ...] = Field(
        default_factory=lambda: (ParquetSink(path=Path("releases")),), min_length=1
    )

    @model_validator(mode="before")
    @classmethod
    def _publish_beside_the_file(cls, data: object) -> object:
        # Written out, the default's path is taken from the file's folder like any other path.
        if isinstance(data, dict) and "sinks" not in data:
            return {**data, "sinks": [{"kind": "parquet", "path": "releases"}]}
        return data

    @field_validator("must_have", mode="before")
    @classmethod
    def _of_the_only_table(cls, value: object) -> object:
        return {"": value} if isinstance(value, list) else value

    @field_validator("name")
    @classmethod
    def _name_is_a_slug(cls, value: str) -> str:
        if not _SLUG.fullmatch(value):
            message = "a name has 1 to 63 of the characters a-z, 0-9, - and _, letters first"
            raise ValueError(message)
        return value


def _build_check(kind: str, options: bool | dict[str, Any]) -> Check:  # noqa: FBT001
    try:
        found = CHECKS[kind]
    except ConfigurationError as error:
        raise ValueError(str(error)) from None
    parameters = options if isinstance(options, dict) else {}
    return found.model_validate({**parameters, "kind": kind})


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML mapping from a file.

    Raises:
        ConfigurationError: The file is not there, too large, not YAML or not a mapping.
    """
    where = str(path)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise ConfigurationError("the file is larger than 1 MiB", where=where)
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"the configuration can't be read: {error.strerror}",
            where=where,
            fix="Write one with `waxwork init SOURCE`",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigurationError("the configuration is not UTF-8 text", where=where) from error
    try:
        content = yaml.load(text, Loader=PlainLoader)  # noqa: S506  derives from SafeLoader
    except RecursionError:
        raise ConfigurationError("the YAML is nested too deeply", where=where) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it is not YAML"
        raise ConfigurationError(
            f"the YAML can't be read: {problem}", where=where + line
        ) from error
    if not isinstance(content, dict):
        raise ConfigurationError("the configuration must be a mapping", where=where)
    return content


def load(path: Path) -> PipelineConfig:
    """The configuration in a YAML file.

    Raises:
        ConfigurationError: Every fault in the file, each with its place.
    """
    return validate(PipelineConfig, read_yaml(path), path)


def load_table_config(path: Path | None) -> TableConfig:
    """Whatever `fit` and `check` can use of a configuration file; defaults without one."""
    if path is None:
        return TableConfig()
    content = read_yaml(path)
    # The whole file is held to the model where it is whole, so that a misspelt key is seen.
    whole = {"name": "unnamed", "source": {"kind": "sample", "name": "happiness"}, **content}
    return validate(PipelineConfig, whole, path)


def validate(model: type[_Model], content: dict[str, Any], path: Path) -> _Model:
    """Build a configuration model, turning pydantic's errors into one of ours.

    Raises:
        ConfigurationError: Every fault, each with its place.
    """
    try:
        return model.model_validate(content, context={"folder": path.resolve().parent})
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(part) for part in fault['loc']) or 'configuration'}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        ]
        raise ConfigurationError("; ".join(faults), where=str(path)) from None
    except ConfigurationError as error:
        raise ConfigurationError(str(error), where=str(path)) from None


class PlainLoader(yaml.SafeLoader):
    """Safe YAML without anchors, which can blow up, and without repeated keys, which hide one."""

    def compose_node(self, parent: Any, index: Any) -> Any:  # noqa: ANN401
        """A node that is no alias."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(
                None, None, "aliases (*name) are not allowed", event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: ANN401, FBT001, FBT002
        """A mapping whose keys differ."""
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(self.construct_object(key, deep=True))
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {name!r} stands twice", key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep)
