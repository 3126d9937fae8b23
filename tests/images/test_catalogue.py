"""Each image is named once, and found wherever a page, a lab or a Dockerfile names it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from checker.base.errors import CourseError
from checker.images import catalogue
from checker.images.catalogue import Image


def references(images: list[Image]) -> list[str]:
    return [image.reference for image in images]


@pytest.mark.parametrize("image", catalogue.load_catalogue(), ids=lambda image: image.reference)
def test_image_of_the_course_has_a_recipe_that_starts_from_its_base(image: Image) -> None:
    dockerfile = (image.recipe / "Dockerfile").read_text()
    others = {name for each in catalogue.load_catalogue() for name in each.names}
    used = set(re.findall(r"^FROM (\S+)", dockerfile, re.M)) & others
    assert used == ({image.base} if image.base else set())
    assert image.why


def test_bases_of_the_course_come_before_what_is_built_on_them() -> None:
    seen: list[str] = []
    for image in catalogue.load_catalogue():
        assert image.base is None or image.base in seen
        seen += image.names
    assert len(seen) == len(set(seen))


@pytest.mark.parametrize(
    ("name", "reference"),
    [("base:1", "base:1"), ("tool:latest", "tool:1"), ("tool", "tool:1"), ("app", "app:latest")],
)
def test_image_is_found_by_any_of_its_names(recipes: Path, name: str, reference: str) -> None:
    assert catalogue.find_image(name).reference == reference


@pytest.mark.parametrize("name", ["base", "tool:2", "", "x/app"])
def test_unknown_image_is_refused_with_what_there_is(recipes: Path, name: str) -> None:
    with pytest.raises(CourseError, match=f"no image '{name}'") as caught:
        catalogue.find_image(name)
    assert caught.value.next_step == "It has: base:1, tool:1, app:latest."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("docker run tool:1 sh", ["tool:1"]),
        ("docker run tool sh", ["tool:1"]),
        ("`tool:latest`, 'app'", ["tool:1", "app:latest"]),
        ("FROM app\nFROM base:1 AS x", ["base:1", "app:latest"]),
        ("base", []),
        ("tool:2 tool:12 tools mytool my-tool tool-box", []),
        ("localhost:5000/tool:1 ./app app@sha256:0 x.app", []),
        ("", []),
    ],
)
def test_images_that_a_text_names(recipes: Path, text: str, found: list[str]) -> None:
    assert references(catalogue.find_mentioned(text)) == found


def test_bases_come_first_and_once(recipes: Path) -> None:
    chosen = [catalogue.find_image("app"), catalogue.find_image("tool")]
    assert references(catalogue.add_bases(chosen)) == ["base:1", "tool:1", "app:latest"]
    assert references(catalogue.add_bases([catalogue.find_image("base:1")])) == ["base:1"]
    assert catalogue.add_bases([]) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "Dockerfile").write_text("FROM other\n"),
        lambda folder: (folder / "Dockerfile").chmod(0o755),
        lambda folder: (folder / "Dockerfile").rename(folder / "Containerfile"),
        lambda folder: (folder / "new").touch(),
    ],
    ids=["content", "mode", "name", "file"],
)
@pytest.mark.parametrize("changed", ["app", "tool", "base"])
def test_change_of_a_recipe_or_its_base_changes_the_fingerprint(
    recipes: Path, change, changed: str
) -> None:
    before = catalogue.fingerprint_recipe(catalogue.find_image("app"))
    change(recipes / changed)
    assert catalogue.fingerprint_recipe(catalogue.find_image("app")) != before


def test_what_does_not_matter_leaves_the_fingerprint(recipes: Path) -> None:
    before = catalogue.fingerprint_recipe(catalogue.find_image("tool"))
    (recipes / "tool/Dockerfile").chmod(0o600)
    (recipes / "tool/empty").mkdir()
    (recipes / "app/Dockerfile").write_text("FROM other\n")
    assert catalogue.fingerprint_recipe(catalogue.find_image("tool")) == before
