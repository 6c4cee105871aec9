from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from tabular.component import Component, Registry
from tabular.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BASE = (
    "from tabular.component import Component\n\n\nclass Animal(Component, frozen=True):\n    pass\n"
)
MEMBER = '''from typing import Literal
from {package}.base import Animal


class {name}(Animal, frozen=True):
    """{summary}

    And more.
    """

    kind: Literal["{kind}"] = "{kind}"
    legs: int = 4
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A package with a base class and one member in a folder below it."""
    name = f"animals_{abs(hash(tmp_path))}"
    (tmp_path / name / "kinds" / "pets").mkdir(parents=True)
    for folder in ("", "kinds", "kinds/pets"):
        (tmp_path / name / folder / "__init__.py").touch()
    (tmp_path / name / "base.py").write_text(BASE)
    _add(tmp_path, name, "pets/dog", "Dog", "dog")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield name
    for module in [m for m in sys.modules if m.partition(".")[0] == name]:
        del sys.modules[module]


def _add(root: Path, package: str, module: str, name: str, kind: str) -> None:
    text = MEMBER.format(package=package, name=name, kind=kind, summary=f"A {kind}.")
    (root / package / "kinds" / f"{module}.py").write_text(text)


def _registry(package: str) -> Registry[Component]:
    base = __import__(f"{package}.base", fromlist=["Animal"]).Animal
    return Registry(base, f"{package}.kinds", "animal")


def test_a_registry_finds_the_members_of_a_package_and_the_packages_below(
    package: str, tmp_path: Path
) -> None:
    _add(tmp_path, package, "cat", "Cat", "cat")
    registry = _registry(package)
    assert list(registry) == ["cat", "dog"]
    assert len(registry) == 2
    assert "cat" in registry
    assert "cow" not in registry
    assert registry["dog"].summary() == "A dog."


def test_imported_classes_are_not_found_twice(package: str, tmp_path: Path) -> None:
    module = tmp_path / package / "kinds" / "friend.py"
    module.write_text(f"from {package}.kinds.pets.dog import Dog\n\n__all__ = ['Dog']\n")
    assert list(_registry(package)) == ["dog"]


def test_two_members_of_one_kind_are_a_programming_error(package: str, tmp_path: Path) -> None:
    _add(tmp_path, package, "wolf", "Wolf", "dog")
    with pytest.raises(TypeError, match="two animals claim the kind 'dog'"):
        len(_registry(package))


def test_an_unknown_kind_lists_the_known_ones(package: str) -> None:
    with pytest.raises(ConfigurationError, match=r"there is no animal 'cow'\. Known: dog"):
        _registry(package)["cow"]


@pytest.mark.parametrize("others", [(), ("cat", "cow")])
def test_a_registry_makes_a_union_that_names_the_place_of_a_fault(
    package: str, tmp_path: Path, others: tuple[str, ...]
) -> None:
    for kind in others:
        _add(tmp_path, package, kind, kind.title(), kind)
    registry = _registry(package)
    adapter: TypeAdapter[Component] = TypeAdapter(Annotated[Component, registry])
    dog = adapter.validate_python({"kind": "dog", "legs": 3})
    assert dog.model_dump() == {"kind": "dog", "legs": 3}
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python({"kind": "dog", "leg": 3})
    assert caught.value.errors()[0]["loc"][-1] == "leg"
    with pytest.raises(ValidationError, match="dog"):
        adapter.validate_python({"kind": "bird"})


def test_a_component_is_frozen_closed_and_held_to_its_defaults() -> None:
    class Wrong(Component, frozen=True):
        kind: str = "wrong"
        size: int = "large"  # type: ignore[assignment]

    with pytest.raises(ValidationError, match="size"):
        Wrong()
    part = Component(kind="part")
    with pytest.raises(ValidationError, match="frozen"):
        part.kind = "other"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="extra"):
        Component.model_validate({"kind": "part", "colour": "red"})


def test_a_component_without_a_docstring_has_an_empty_summary() -> None:
    class Silent(Component, frozen=True):
        kind: str = "silent"

    Silent.__doc__ = None
    assert Silent.summary() == ""
    assert isinstance(Silent(), BaseModel)
