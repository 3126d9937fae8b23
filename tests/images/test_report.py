"""The table says where each image came from, and fits a terminal; JSON has everything."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from checker.base import console, paths
from checker.base.errors import CouldNotFindOut
from checker.docker import connection
from checker.images import catalogue, report
from checker.images.store import ImageState
from tests.images.conftest import Engine


@pytest.fixture(autouse=True)
def course(machine: Path) -> None:
    """Two pages and two labs, of which one page names nothing."""
    for path, text in {
        "docs/docker/first.md": "`docker run tool`, then app:latest\n",
        "docs/docker/second.md": "FROM base:1\n",
        "docs/index.md": "nothing\n",
        "labs/docker/one/lab.md": "docker run app\n",
        "labs/docker/one/starter/Dockerfile": "FROM base:1\n",
        "labs/docker/two/lab.md": "nothing\n",
        "labs/docker/two/solution.yaml": "image: app\n",
        "labs/docker/two/picture.svg": "base:1\n",
    }.items():
        (paths.root() / path).parent.mkdir(parents=True, exist_ok=True)
        (paths.root() / path).write_text(text)


@pytest.fixture
def images(engine: Engine) -> Engine:
    engine.hold_rebuilt("base:1")
    engine.hold("tool:1", pulled=True)
    return engine


def shown(capsys: pytest.CaptureFixture[str]) -> list[list[str]]:
    report.show_images(as_json=False)
    lines = capsys.readouterr().out.splitlines()
    return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]


def test_table_says_source_size_and_how_many_use_an_image(images: Engine, capsys) -> None:
    assert shown(capsys) == [
        ["image", "source", "MB", "used by"],
        ["base:1", "rebuilt from its recipe", "2", "1 page, 1 lab"],
        ["tool:1", "pulled from a registry", "2", "1 page"],
        ["app:latest", "not there yet", "1 page, 2 labs"],
    ]
    assert images.closed == 1


def test_image_that_nobody_uses_has_no_count(images: Engine, capsys) -> None:
    (paths.docs() / "docker/first.md").unlink()
    rows = {row[0]: row for row in shown(capsys)}
    assert rows["tool:1"][-1] == "2"
    assert rows["app:latest"][-1] == "2 labs"


def test_json_names_every_page_and_lab(images: Engine, capsys) -> None:
    report.show_images(as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == 1
    base, tool, app = told["images"]
    assert base == {
        "reference": "base:1",
        "aliases": [],
        "source": "rebuilt",
        "size": 2_000_000,
        "used_by": ["docker/second", "lab docker/one"],
    }
    assert (tool["aliases"], tool["source"]) == (["tool:latest"], "pulled")
    assert (app["source"], app["size"]) == ("missing", 0)
    assert app["used_by"] == ["docker/first", "lab docker/one", "lab docker/two"]


@pytest.mark.parametrize("source", report.WORDS)
def test_widest_rows_fit_eighty_columns(
    source, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(console, "out", Console(width=80, highlight=False, soft_wrap=True))
    held = [ImageState(image, source, 1_234_000_000) for image in catalogue.load_catalogue()]
    users = {each.image: [*map(str, range(99)), *["lab x"] * 99] for each in held}
    console.out.print(report.build_table(held, users))
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(held) + 1
    assert max(map(len, lines)) <= 80
    for line, each in zip(lines[1:], held, strict=True):
        assert each.image.reference.endswith(line.split("  ")[0].removeprefix("..."))
        assert report.WORDS[source] in line
        assert line.endswith("1234  99 pages, 99 labs")


@pytest.mark.parametrize(
    ("reference", "shown"),
    [
        ("kindest/node:v1", "kindest/node:v1"),
        ("registry.example/metrics-server/metrics-server:v0.9.0", ".../metrics-server:v0.9.0"),
    ],
)
def test_long_name_is_shown_without_its_registry(reference: str, shown: str) -> None:
    assert report.shorten_reference(reference) == shown


def test_without_an_engine_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(timeout: int = 60) -> None:
        raise CouldNotFindOut("No Docker Engine answers.")

    monkeypatch.setattr(connection, "open_client", away)
    with pytest.raises(CouldNotFindOut, match="No Docker Engine"):
        report.show_images(as_json=True)
