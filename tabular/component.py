"""Components and the registry that finds them.

A component is its own configuration: a frozen pydantic model with a `kind` and one verb (`fit`,
`run`, `read`, `write`). A registry walks a package, imports every module in it, and lets pydantic
build a tagged union of what it finds, so that a new component is one new file and nothing else.
"""

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Generic, TypeVar, Union

from pydantic import BaseModel, Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema

from tabular.errors import ConfigurationError


class Component(BaseModel, frozen=True, extra="forbid", validate_default=True):
    """A frozen, described, serialisable part of the pipeline.

    Subclasses set `kind: Literal["..."] = "..."`; fields are their parameters.
    """

    kind: str

    @classmethod
    def summary(cls) -> str:
        """The first line of the class docstring: what `waxwork list` prints."""
        return (cls.__doc__ or "").strip().partition("\n")[0]


T = TypeVar("T", bound=Component)


class Registry(Mapping[str, type[T]], Generic[T]):
    """All concrete subclasses of one component class found in one package.

    Use it as metadata, `Annotated[Generator, GENERATORS]`, to get a union that pydantic tags by
    `kind`: errors then name the exact place, and an unknown kind lists the known ones.

    Args:
        base: The component class the members derive from.
        package: Dotted name of the package whose modules hold them, walked recursively.
        noun: What a member is called in messages.
    """

    def __init__(self, base: type[T], package: str, noun: str) -> None:
        self._base = base
        self._package = package
        self.noun = noun
        self._members: dict[str, type[T]] | None = None

    def _load(self) -> dict[str, type[T]]:
        if self._members is None:
            members: dict[str, type[T]] = {}
            root = importlib.import_module(self._package)
            for info in pkgutil.walk_packages(root.__path__, f"{self._package}."):
                module = importlib.import_module(info.name)
                for value in vars(module).values():
                    if self._is_member(value, info.name):
                        kind = value.model_fields["kind"].default
                        if kind in members:
                            message = f"two {self.noun}s claim the kind {kind!r}"
                            raise TypeError(message)
                        members[kind] = value
            self._members = dict(sorted(members.items()))
        return self._members

    def _is_member(self, value: object, module: str) -> bool:
        return (
            isinstance(value, type)
            and issubclass(value, self._base)
            and value.__module__ == module
            and isinstance(value.model_fields["kind"].default, str)
        )

    def __getitem__(self, kind: str) -> type[T]:
        members = self._load()
        if kind not in members:
            raise ConfigurationError(
                f"there is no {self.noun} {kind!r}",
                fix=f"Known: {', '.join(members)}",
            )
        return members[kind]

    def __contains__(self, kind: object) -> bool:
        return kind in self._load()

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())

    def __hash__(self) -> int:
        """By identity: metadata of a type that may also be `None` must have a hash."""
        return id(self)

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """The tagged union of all members."""
        members = tuple(self._load().values())
        if len(members) == 1:
            return handler.generate_schema(members[0])
        union = Union[members]  # type: ignore[valid-type]  # noqa: UP007  built at run time
        return handler.generate_schema(Annotated[union, Field(discriminator="kind")])
