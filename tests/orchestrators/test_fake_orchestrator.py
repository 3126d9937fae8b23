"""A fourth orchestrator is one module and a line of the registry: a page runs on it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath
from types import ModuleType

import pytest

from checker.base.run import Run
from checker.docker.connection import EngineStatus
from checker.orchestrators import registry
from checker.orchestrators.interface import Follower, Orchestrator
from checker.orchestrators.registry import shell_environment
from checker.pages.lint import lint_page
from checker.pages.reporting.results import PageResult
from checker.pages.verify import verify_page
from checker.sandbox import session

ADDRESS = "http://127.0.0.1:4646"


class NomadOrchestrator:
    """Its jobs are files of a folder; a page makes one by `touch`."""

    name = "nomad"
    title = "nomad"
    remakes_machines = True
    product: str = "Nomad"
    own_images: tuple[str, ...] = ("nomad-machine:1",)

    def __init__(self, folder: Path) -> None:
        self.jobs = folder / "jobs"
        self.jobs.mkdir(parents=True)
        self.before: dict[str, set[str]] = {}
        self.asked: list[str] = []

    def ensure(self, images: list[str]) -> None:
        self.asked.append(f"ensure {' '.join(images)}")

    def status(self) -> EngineStatus:
        return EngineStatus(self.name, True, self.version(), "", ADDRESS)

    def version(self) -> str:
        return "1.9"

    def environment(self) -> dict[str, str]:
        return {"NOMAD_ADDR": ADDRESS, "NOMAD_JOBS": str(self.jobs)}

    def programs(self) -> list[Path]:
        return [self.jobs.parent / "bin"]

    def is_misleading(self, variable: str) -> bool:
        return variable == "NOMAD_TOKEN"

    def write_settings(self) -> None:
        program = self.jobs.parent / "bin/nomad"
        program.parent.mkdir(exist_ok=True)
        program.write_text('#!/bin/sh\nls "$NOMAD_JOBS"\n')
        program.chmod(0o755)

    def begin(self, run: Run) -> None:
        self.before[run.name] = self._list_jobs()

    def has_begun(self, run: Run) -> bool:
        return run.name in self.before

    def created(self, run: Run) -> list[str]:
        return sorted(self._list_jobs() - self.before.get(run.name, self._list_jobs()))

    def clean(self, run: Run) -> list[str]:
        created = self.created(run)
        self.asked += [f"remove {each}" for each in created]
        for each in created:
            (self.jobs / each).unlink()
        return []

    def forget(self, run: Run) -> None:
        self.before.pop(run.name, None)

    def changes(self) -> list[Follower]:
        return []

    def validation(self, file: PurePosixPath, content: str) -> str:
        return f"grep -q '^job ' {file}" if file.suffix == ".nomad" else ""

    def stop(self) -> None:
        self.asked.append("stop")

    def _list_jobs(self) -> set[str]:
        return {each.name for each in self.jobs.iterdir()}


class Recorder:
    """Stands in for the recorder of the Docker Engine."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, *_: object) -> None: ...

    def pause(self) -> Recorder:
        return self

    def remove(self) -> list[str]:
        return []


@pytest.fixture
def images(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """An engine that needs nothing; the images that it was to have."""
    asked: list[str] = []

    def ensure_images(references: Iterable[str]) -> None:
        asked.extend(references)

    status = EngineStatus("docker", True, "26", "")
    monkeypatch.setattr("checker.docker.docker_engine.ensure_engine", lambda: None)
    monkeypatch.setattr("checker.docker.connection.engine_status", lambda: status)
    monkeypatch.setattr("checker.images.provider.ensure_images", ensure_images)
    monkeypatch.setattr("checker.sandbox.session.Recorder", Recorder)
    return asked


@pytest.fixture
def nomad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> NomadOrchestrator:
    """The fourth orchestrator, registered as any other."""
    orchestrator = NomadOrchestrator(tmp_path / "nomad")
    module = ModuleType("nomad_orchestrator")
    module.ORCHESTRATOR = orchestrator  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(registry.MODULES, "nomad", module.__name__)
    return orchestrator


@pytest.fixture
def verify(tmp_path: Path, images: list[str]) -> Callable[[str], PageResult]:
    def verify(blocks: str) -> PageResult:
        path = tmp_path / "page.md"
        path.write_text(f"---\ntitle: A page\nengine: nomad\n---\n\n{blocks}")
        return verify_page(path)

    return verify


def test_it_implements_the_protocol(tmp_path: Path) -> None:
    orchestrator: Orchestrator = NomadOrchestrator(tmp_path)
    asked = {name for name in vars(Orchestrator) if not name.startswith("_")}
    assert asked <= set(dir(orchestrator))


def test_page_runs_in_a_shell_that_knows_it_and_what_the_page_made_is_removed(
    nomad: NomadOrchestrator,
    verify: Callable[[str], PageResult],
    images: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NOMAD_TOKEN", "the learner's")
    (nomad.jobs / "old").touch()
    result = verify(
        "``` console\n"
        '$ echo "$NOMAD_ADDR $NOMAD_TOKEN."  # busybox:1.37, nomad-machine:1\n'
        f"{ADDRESS} .\n"
        '$ touch "$NOMAD_JOBS/web"\n'
        "$ nomad\n"
        "old\n"
        "web\n"
        "```\n"
    )
    assert [block.verdict for block in result.blocks] == ["passed"]
    assert nomad.asked == ["ensure busybox:1.37", "remove web"]
    assert images == ["busybox:1.37"]
    assert [each.name for each in nomad.jobs.iterdir()] == ["old"]
    assert nomad.before == {}


def test_what_the_page_made_is_removed_also_where_the_page_fails(
    nomad: NomadOrchestrator, verify: Callable[[str], PageResult]
) -> None:
    result = verify('``` console\n$ touch "$NOMAD_JOBS/web"; false\n```\n')
    assert result.verdict == "failed"
    assert nomad.asked[-1] == "remove web"
    assert list(nomad.jobs.iterdir()) == []


@pytest.mark.parametrize(("content", "verdict"), [("job web", "passed"), ("jobs: []", "failed")])
def test_it_validates_files_of_the_page(
    nomad: NomadOrchestrator, verify: Callable[[str], PageResult], content: str, verdict: str
) -> None:
    file = f'``` text {{ title="web.nomad" }}\n{content}\n```\n\n'
    result = verify(f"{file}``` console\n$ cat web.nomad\n...\n```\n")
    assert result.blocks[0].verdict == verdict


def test_front_matter_may_name_it(nomad: NomadOrchestrator, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("---\ntitle: A page\nengine: docker, nomad\n---\n\n# A page\n")
    assert lint_page(path) == []
    assert "nomad" in registry.describe_engines()
    path.write_text("---\ntitle: A page\nengine: consul\n---\n\n# A page\n")
    [finding] = lint_page(path)
    assert "engine is wrong" in finding.message


def test_front_matter_may_not_name_it_where_it_is_not_registered(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text("---\ntitle: A page\nengine: nomad\n---\n\n# A page\n")
    [finding] = lint_page(path)
    assert "engine is wrong" in finding.message


def test_shells_of_all_pages_know_it_and_only_its_own_pages_have_it_begin(
    nomad: NomadOrchestrator, images: list[str]
) -> None:
    assert shell_environment()["NOMAD_ADDR"] == ADDRESS
    run = Run("page")
    with session.record_run(run, "docker"):
        assert not nomad.has_begun(run)
    with session.record_run(run, "docker, nomad") as clean:
        assert nomad.has_begun(run)
        (nomad.jobs / "web").touch()
        assert nomad.created(run) == ["web"]
        assert clean() == []
        assert nomad.created(run) == []
    assert not nomad.has_begun(run)
