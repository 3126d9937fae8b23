"""Where an image came from is told by its labels and digests."""

from __future__ import annotations

import pytest

from checker.images import catalogue, store
from tests.images.conftest import Engine


def source(engine: Engine) -> str:
    return store.inspect_image(engine, catalogue.find_image("tool")).source  # type: ignore[arg-type]


def test_image_that_is_not_there_is_missing(engine: Engine) -> None:
    assert source(engine) == "missing"


@pytest.mark.parametrize(("pulled", "expected"), [(True, "pulled"), (False, "loaded")])
def test_image_without_the_label_of_a_recipe(engine: Engine, pulled: bool, expected: str) -> None:
    engine.hold("tool:1", pulled=pulled)
    assert source(engine) == expected


def test_image_of_the_recipe_as_it_is_now_is_rebuilt(engine: Engine) -> None:
    engine.hold_rebuilt("tool:1")
    assert source(engine) == "rebuilt"


def test_image_of_an_earlier_recipe_is_outdated(engine: Engine, recipes) -> None:
    engine.hold_rebuilt("tool:1")
    (recipes / "base/Dockerfile").write_text("FROM elsewhere\n")
    assert source(engine) == "outdated"


def test_size_and_id_are_those_of_the_engine(engine: Engine) -> None:
    engine.hold("tool:1")
    held = store.inspect_image(engine, catalogue.find_image("tool"))  # type: ignore[arg-type]
    assert (held.size, held.id) == (2_000_000, "sha256:tool:1")


def test_alias_that_another_image_bears_is_set_again(engine: Engine) -> None:
    engine.hold("tool:1")
    engine.hold("tool:latest")
    held = store.inspect_image(engine, catalogue.find_image("tool"))  # type: ignore[arg-type]
    store.restore_aliases(engine, held)  # type: ignore[arg-type]
    assert engine.held["tool:latest"]["Id"] == "sha256:tool:1"
