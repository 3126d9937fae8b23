"""A catalogue of three images, an engine that holds what it is told to build, and no network."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import APIError, ImageNotFound

from checker.base import paths, process
from checker.base.process import Completed
from checker.docker import connection
from checker.images import catalogue, registry
from checker.images.store import RECIPE_LABEL
from tests.engine_fakes import Programs

CATALOGUE = """
[[image]]
reference = "base:1"
recipe = "base"
why = "the base"

[[image]]
reference = "tool:1"
aliases = ["tool:latest"]
recipe = "tool"
base = "base:1"
why = "a tool"

[[image]]
reference = "app:latest"
recipe = "app"
base = "tool:1"
why = "an application"
"""


class Engine(Programs):
    """The docker client on the command line, and the SDK's, of one engine.

    `registry` are the names that a registry has; without one, none is in reach.
    """

    def __init__(self) -> None:
        super().__init__()
        self.held: dict[str, dict[str, Any]] = {}
        self.registry: set[str] | None = None
        self.asked: list[str] = []
        self.closed = 0
        self.contexts: list[list[str]] = []
        self.during: Callable[[str], None] = lambda line: None
        self.images = SimpleNamespace(get=self._get, get_registry_data=self._ask)
        self.api = SimpleNamespace(tag=self._tag)

    def hold(self, name: str, recipe: str = "", pulled: bool = False) -> None:
        """Put an image there as a build, a pull or a load does."""
        self.held[name] = {
            "Id": f"sha256:{name}",
            "Size": 2_000_000,
            "Config": {"Labels": {RECIPE_LABEL: recipe} if recipe else None},
            "RepoDigests": [f"{name}@sha256:0"] if pulled else [],
        }

    def hold_rebuilt(self, *names: str) -> None:
        for name in names:
            self.hold(name, catalogue.fingerprint_recipe(catalogue.find_image(name)))

    @property
    def made(self) -> list[str]:
        """The first name of each image that was pulled or built, in order."""
        calls = [call.split() for call in self.calls]
        return [
            words[words.index("--tag") + 1] if words[1] == "build" else words[2]
            for words in calls
            if words[:2] in (["docker", "build"], ["docker", "pull"])
        ]

    def close(self) -> None:
        self.closed += 1

    def run(self, argv: list[str], **options: Any) -> Completed:
        line = " ".join(str(word) for word in argv)
        self.during(line)
        done = super().run(argv, **options)
        if argv[0] == "docker":
            getattr(self, f"_{argv[1]}")([str(word) for word in argv])
        if options.get("on_line"):
            options["on_line"]("a line")
        return done

    def _build(self, argv: list[str]) -> None:
        folder = Path(argv[-1])
        self.contexts.append(
            sorted(str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())
        )
        label = next(word for word in argv if word.startswith(RECIPE_LABEL))
        for option, name in itertools.pairwise(argv):
            if option == "--tag":
                self.hold(name, label.partition("=")[2])

    def _pull(self, argv: list[str]) -> None:
        if argv[2] not in (self.registry or ()):
            done = Completed(tuple(argv), 1, "toomanyrequests: pull limit", "", 0.0)
            raise process.CommandFailed(f"{' '.join(argv)} ended with status 1.", done)
        self.hold(argv[2], pulled=True)

    def _save(self, argv: list[str]) -> None:
        Path(argv[3]).write_text(" ".join(argv[4:]))

    def _load(self, argv: list[str]) -> None:
        for name in Path(argv[4]).read_text().split():
            self.hold(name)

    def _get(self, name: str) -> SimpleNamespace:
        if name not in self.held:
            raise ImageNotFound(f"No such image: {name}")
        return SimpleNamespace(attrs=self.held[name])

    def _ask(self, name: str) -> None:
        self.asked.append(name)
        if self.registry is None:
            raise APIError("dial tcp: i/o timeout")

    def _tag(self, identity: str, repository: str, tag: str) -> None:
        same = [each for name, each in self.held.items() if identity in (name, each["Id"])]
        self.held[f"{repository}:{tag}"] = same[0]


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine with a cache of its own, which knows no mirror."""
    monkeypatch.delenv(registry.MIRROR, raising=False)
    for name in ("COURSE_ROOT", "COURSE_CACHE", "COURSE_STATE", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    registry.is_in_reach.cache_clear()
    yield tmp_path
    registry.is_in_reach.cache_clear()
    shutil.rmtree(paths.runtime(), ignore_errors=True)


@pytest.fixture
def recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a catalogue's recipes: base, tool on it, app on that."""
    monkeypatch.setattr(catalogue, "HERE", tmp_path)
    (tmp_path / "catalogue.toml").write_text(CATALOGUE)
    for name in ("base", "tool", "app"):
        (tmp_path / "recipes" / name).mkdir(parents=True)
        (tmp_path / "recipes" / name / "Dockerfile").write_text(f"FROM {name}\n")
    catalogue.load_catalogue.cache_clear()
    yield tmp_path / "recipes"
    catalogue.load_catalogue.cache_clear()


@pytest.fixture
def engine(recipes: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """An engine without images, and without a registry."""
    made = Engine()
    monkeypatch.setattr(process, "run", made.run)
    monkeypatch.setattr(connection, "open_client", lambda timeout=60: made)
    monkeypatch.setattr(connection, "cli_environment", lambda: {"DOCKER_HOST": "unix:///fake"})
    return made
