"""A page is proven in an empty folder, and what it made in the engine is removed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from checker.base.errors import CouldNotFindOut, CourseError
from checker.docker.connection import EngineStatus
from checker.pages.parsing.fences import parse_page
from checker.pages.reporting.results import PageResult
from checker.pages.verify import page_run, verify_page


class Engine:
    """Stands in for Docker: notes what it is asked for, in order."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.running = True
        self.refused: list[str] = []
        self.away_at_removal = False

    def recorder(self, name: str) -> Engine:
        self.asked.append(f"record {name}")
        return self

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self.asked.append("stop recording")

    def remove(self) -> list[str]:
        self.asked.append("remove")
        if self.away_at_removal and self.asked.count("remove") > 1:
            raise CouldNotFindOut("The Docker Engine went away.")
        return self.refused

    def ensure_images(self, references: Iterable[str]) -> None:
        self.asked.append(f"images {' '.join(references)}")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    fake = Engine()
    monkeypatch.setattr(
        "checker.docker.docker_engine.ensure_engine", lambda: fake.asked.append("ensure")
    )
    monkeypatch.setattr(
        "checker.orchestrators.registry.shell_environment", lambda: dict(os.environ)
    )
    monkeypatch.setattr(
        "checker.docker.connection.engine_status",
        lambda: EngineStatus("docker", fake.running, "26", ""),
    )
    monkeypatch.setattr("checker.images.provider.ensure_images", fake.ensure_images)
    monkeypatch.setattr("checker.sandbox.session.Recorder", fake.recorder)
    return fake


@pytest.fixture
def prove(engine: Engine, tmp_path: Path) -> Callable[..., PageResult]:
    def proven(text: str, accept: bool = False) -> PageResult:
        path = tmp_path / "page.md"
        path.write_text(text)
        return verify_page(path, accept)

    return proven


def page(*commands: str, matter: str = "engine: none") -> str:
    blocks = "\n".join(f"``` console\n$ {command}\n```\n" for command in commands)
    return f"---\ntitle: A page\n{matter}\n---\n\n{blocks}"


def verdicts(result: PageResult) -> list[str]:
    return [block.verdict for block in result.blocks]


def test_a_page_runs_in_an_empty_folder_that_is_gone_afterwards(
    prove: Callable[..., PageResult], tmp_path: Path
) -> None:
    result = prove(page("ls -A", f"pwd > {tmp_path}/where"))
    assert result.verdict == "passed"
    assert not Path((tmp_path / "where").read_text().strip()).exists()


def test_progress_names_each_block(engine: Engine, tmp_path: Path) -> None:
    told: list[str] = []
    path = tmp_path / "page.md"
    path.write_text("``` console { #a }\n$ true\n```\n\n``` console\n$ true\n```\n")
    verify_page(path, progress=told.append)
    assert told == ["line 1 a", "line 5"]


def test_after_a_failed_block_the_rest_is_not_run(
    prove: Callable[..., PageResult], tmp_path: Path
) -> None:
    result = prove(page("true", "false", f"touch {tmp_path}/ran"))
    assert verdicts(result) == ["passed", "failed", "not-run"]
    assert result.blocks[2].reason == "an earlier block failed"
    assert not (tmp_path / "ran").exists()


def test_setup_and_cleanup_are_run_but_not_judged_by_their_output(
    prove: Callable[..., PageResult], tmp_path: Path
) -> None:
    matter = f"engine: none\nsetup: [echo noise, x=1]\ncleanup: cp here {tmp_path}/there"
    result = prove(page("echo $x > here", matter=matter))
    assert [(block.id, block.verdict) for block in result.blocks] == [
        ("setup", "passed"),
        ("", "passed"),
        ("cleanup", "passed"),
    ]
    assert (tmp_path / "there").read_text() == "1\n"


def test_a_failed_setup_stops_the_page_but_cleanup_is_run(
    prove: Callable[..., PageResult], tmp_path: Path
) -> None:
    matter = f"engine: none\nsetup: ['false', touch {tmp_path}/no]\ncleanup: touch {tmp_path}/yes"
    result = prove(page("true", matter=matter))
    assert verdicts(result) == ["failed", "not-run", "passed"]
    assert result.blocks[0].line == 4
    assert (tmp_path / "yes").exists()
    assert not (tmp_path / "no").exists()


def test_cleanup_is_run_in_a_new_shell_where_a_block_killed_the_old_one(
    prove: Callable[..., PageResult],
) -> None:
    result = prove(page("exit", matter="engine: none\ncleanup: 'true'"))
    assert verdicts(result) == ["failed", "passed"]


def test_illustrations_are_not_run_and_quizzes_are_no_blocks_to_prove(
    prove: Callable[..., PageResult],
) -> None:
    text = '``` text { .illustration reason="a cloud" }\nx\n```\n\n'
    text += "``` quiz\nQ?\n- [x] a\n- [ ] b : c\n```\n"
    result = prove(text)
    assert (verdicts(result), result.verdict) == (["not-run"], "passed")
    assert result.blocks[0].reason == "a cloud"


def test_a_docker_page_has_engine_images_and_a_record(
    prove: Callable[..., PageResult], engine: Engine
) -> None:
    result = prove(page("true # busybox:1.37", matter="engine: docker"))
    assert result.verdict == "passed"
    assert [word.split()[0] for word in engine.asked] == [
        "ensure",
        "images",
        "record",
        "remove",
        "remove",
        "stop",
    ]
    assert engine.asked[1] == "images busybox:1.37"


def test_a_page_without_engine_asks_for_none(
    prove: Callable[..., PageResult], engine: Engine
) -> None:
    prove(page("true"))
    assert engine.asked == []


def test_what_a_page_made_is_removed_even_when_it_is_interrupted(
    prove: Callable[..., PageResult], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("checker.pages.running.runner.Runner.run_block", interrupted)
    with pytest.raises(KeyboardInterrupt):
        prove(page("true", matter="engine: docker"))
    assert engine.asked[-2:] == ["remove", "stop recording"]


def test_a_failure_while_the_engine_is_away_could_not_be_checked(
    prove: Callable[..., PageResult], engine: Engine
) -> None:
    engine.running = False
    result = prove(page("false", matter="engine: docker"))
    assert result.verdict == "could-not-check"
    assert verdicts(prove(page("false"))) == ["failed"]


def test_an_engine_that_goes_away_before_the_removal_takes_no_result_with_it(
    prove: Callable[..., PageResult], engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.away_at_removal = True
    assert prove(page("true", matter="engine: docker")).verdict == "passed"
    assert "is still there" in capsys.readouterr().err


def test_what_could_not_be_removed_is_told(
    prove: Callable[..., PageResult], engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    engine.refused = ["volume x: in use"]
    prove(page("true", matter="engine: docker"))
    assert "could not be removed: volume x: in use" in capsys.readouterr().err


def test_accepting_writes_the_page(prove: Callable[..., PageResult], tmp_path: Path) -> None:
    result = prove(page("echo new"), accept=True)
    assert (result.verdict, result.accepted) == ("passed", 1)
    assert "$ echo new\nnew\n" in (tmp_path / "page.md").read_text()


def test_accepting_leaves_a_page_alone_that_needs_nothing(
    prove: Callable[..., PageResult], tmp_path: Path
) -> None:
    prove(page("true"), accept=True)
    before = (tmp_path / "page.md").stat().st_ino
    assert verify_page(tmp_path / "page.md", accept=True).accepted == 0
    assert (tmp_path / "page.md").stat().st_ino == before


def test_accepting_leaves_a_page_alone_that_was_changed_meanwhile(
    prove: Callable[..., PageResult], tmp_path: Path
) -> None:
    with pytest.raises(CourseError, match="was changed while it was verified"):
        prove(page(f"echo new; echo more >> {tmp_path}/page.md"), accept=True)
    assert (tmp_path / "page.md").read_text().endswith("more\n")


def test_a_page_that_was_read_before_is_not_read_again(engine: Engine, tmp_path: Path) -> None:
    known = parse_page(tmp_path / "gone.md", page("true"))
    assert verify_page(known).verdict == "passed"


def test_a_malformed_page_is_refused_before_anything_is_asked_for(
    prove: Callable[..., PageResult], engine: Engine
) -> None:
    with pytest.raises(CourseError, match="never closed"):
        prove("``` console\n$ docker ps\n")
    assert engine.asked == []


def test_the_name_of_a_record_is_that_of_the_page(tmp_path: Path) -> None:
    from checker.base import paths

    assert page_run(paths.docs() / "docker/a.md").name == "verify-docs-docker-a"
    assert page_run(Path("/else where/ü.md")).name == "verify-else-where-ü"
