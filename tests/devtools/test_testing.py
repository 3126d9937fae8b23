"""Every step of `./course test` is run, whatever failed before; the exit status tells."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from checker.base import paths, process
from checker.base.errors import CouldNotFindOut, CourseError
from checker.base.settings import current_settings
from checker.base.verdict import Verdict
from checker.devtools import testing, testing_in_lanes
from checker.devtools.results import Done
from checker.devtools.testing import Step
from checker.docker import docker_engine
from checker.formats import junit
from checker.images import catalogue, provider
from checker.orchestrators.ecs import local_ecs
from checker.orchestrators.kind import cluster_files, kind_cluster

KINDS = ("unit", "live", "browser")


class Runs:
    """Stands in for `subprocess.run`; words in `fails` give a command status 1."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.options: list[dict[str, Any]] = []
        self.fails: set[str] = set()

    def run(self, argv: list[str], **options: Any) -> SimpleNamespace:
        self.lines.append(" ".join(argv))
        self.options.append(options)
        status = int(bool(self.fails & set(argv)))
        return SimpleNamespace(returncode=status, stdout="told" if options["stdout"] else None)


@pytest.fixture(autouse=True)
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Results of a run that is under way, such as this one's, are not touched."""
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Runs:
    fake = Runs()
    monkeypatch.setattr(subprocess, "run", fake.run)
    return fake


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was made ready of engine, images and browser, without making it."""
    made: list[str] = []
    monkeypatch.setattr(
        docker_engine,
        "ensure_engine",
        lambda: made.append(f"engine {current_settings().may_install}"),
    )
    monkeypatch.setattr(provider, "ensure_images", lambda references: made.extend(references))
    monkeypatch.setattr(kind_cluster, "ensure_cluster", lambda: made.append("cluster"))
    monkeypatch.setattr(kind_cluster, "load_images", made.extend)
    monkeypatch.setattr(local_ecs, "ensure_emulator", lambda: made.append("emulator"))
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    return made


def the_steps(monkeypatch: pytest.MonkeyPatch, *steps: Step) -> None:
    monkeypatch.setattr(testing, "list_steps", lambda: list(steps))


def test_all_steps_are_run_from_the_checkout(runs: Runs, calls: list[str], capsys) -> None:
    assert testing.run_steps(fast=False) == 0
    assert len(runs.lines) == len(
        [step for step in testing.list_steps() if isinstance(step.does, list)]
    )
    assert all(options["cwd"] == paths.root() for options in runs.options)
    assert all(options["env"]["PYTHONPATH"] == str(paths.root()) for options in runs.options)
    assert all(options["timeout"] == testing.STEP_SECONDS for options in runs.options)
    images = [image.reference for image in catalogue.load_catalogue()]
    assert calls == ["engine True", *images, "cluster", "emulator"]
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == f"{len(testing.list_steps())} passed, 0 failed"


def test_fast_needs_no_engine_and_no_browser(runs: Runs, calls: list[str], capsys) -> None:
    assert testing.run_steps(fast=True) == 0
    assert calls == []
    here = re.escape(str(Path(sys.executable).parent))
    words = [re.sub(f"^{here}/(python[^ ]* -m )?", "", line) for line in runs.lines]
    programs = ["ruff", "ruff", "mypy", "lint-imports", "checker", "pytest"]
    assert [word.split()[0] for word in words] == programs
    assert words[-1].endswith("-m not live and not browser")


def test_engine_and_images_are_made_ready_before_what_needs_them() -> None:
    names = [step.name for step in testing.list_steps()]
    order = ["the engine is there", "the images are there", "nothing is left of killed runs"]
    order.append("live tests")
    assert sorted(order, key=names.index) == order
    assert names.index("the browser is there") < names.index("browser tests")


def test_steps_without_an_engine_run_beside_and_are_shown_whole(
    runs: Runs, calls: list[str], monkeypatch, capsys
) -> None:
    first, last = threading.Event(), threading.Event()
    seen = []

    def meanwhile() -> None:
        assert first.wait(10)
        last.set()

    def run(argv: list[str], **options: Any) -> SimpleNamespace:
        first.set()
        assert last.wait(10)
        seen.append(options["stderr"])
        return SimpleNamespace(returncode=0, stdout="line one\nline two\n")

    monkeypatch.setattr(subprocess, "run", run)
    the_steps(monkeypatch, Step("quick", ["a"]), Step("slow", meanwhile, needs_engine=True))
    assert testing.run_steps(fast=False) == 0
    lines = capsys.readouterr().out.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("quick"))
    assert lines[at + 1 : at + 3] == ["line one", "line two"]
    assert [line.split()[-1] for line in lines[-3:-1]] == ["quick", "slow"]
    assert seen == [subprocess.STDOUT]


def test_interrupt_begins_no_further_step(monkeypatch) -> None:
    begun: list[list[str]] = []
    going = threading.Event()

    def run(argv: list[str], **options: Any) -> SimpleNamespace:
        begun.append(argv)
        going.wait(10)
        return SimpleNamespace(returncode=0, stdout="")

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "run", run)
    on_engine = Step("engine", interrupted, needs_engine=True)
    the_steps(monkeypatch, Step("one", ["a"]), Step("two", ["b"]), on_engine)
    threading.Timer(0.2, going.set).start()
    with pytest.raises(KeyboardInterrupt):
        testing.run_steps(fast=False)
    assert begun in ([], [["a"]])


def test_coverage_is_taken_over_all_kinds_of_tests(runs: Runs, calls: list[str]) -> None:
    testing.run_steps(fast=False)
    given = zip(runs.lines, runs.options, strict=True)
    files = [options["env"]["COVERAGE_FILE"] for line, options in given if "-m pytest" in line]
    assert sorted(files) == sorted(map(str, map(testing.coverage_file, KINDS)))
    whole = testing.coverage_file()
    assert all(file.startswith(f"{whole}.") for file in files)
    together, enough = runs.lines[-2:]
    assert together.endswith(f"combine --data-file={whole} {testing.results_folder()}")
    assert f"report --data-file={whole}" in enough


def test_coverage_is_put_together_and_must_be_enough(tmp_path: Path, monkeypatch) -> None:
    """By the real program, which takes files whose names it did not choose."""
    testing.results_folder().mkdir(parents=True)
    code = tmp_path / "code.py"
    code.write_text("import sys\nif sys.argv[1] == 'a':\n    print(1)\nelse:\n    print(2)\n")
    (tmp_path / "rc").write_text("[run]\nparallel = true\n[report]\nfail_under = 100\n")
    coverage = [sys.executable, "-m", "coverage"]

    def run(*words: str) -> int:
        where = {"cwd": tmp_path, "timeout": 60, "capture_output": True}
        return subprocess.run(words, check=False, env=environment, **where).returncode

    # this test may be measured itself
    outside = {name: value for name, value in os.environ.items() if "COV" not in name}
    environment = {**outside, "COVERAGE_RCFILE": str(tmp_path / "rc")}
    for name, word in zip(KINDS, "aab", strict=True):
        assert run(*coverage, "run", "--source=.", "code.py", word) == 0
        [data] = tmp_path.glob(".coverage.*")
        data.rename(testing.coverage_file(name))
    combine = testing.build_coverage_command("combine", testing.results_folder())
    assert run(*combine) == 0
    assert run(*testing.build_coverage_command("report", "--skip-covered")) == 0
    assert run(*combine) != 0


def test_order_of_the_tests_can_be_had_again() -> None:
    pytests = [
        step.does
        for step in testing.list_steps()
        if isinstance(step.does, list) and "pytest" in step.does
    ]
    assert len(pytests) == 3
    assert all(testing.ORDER in words for words in pytests)


@pytest.mark.parametrize("word", ["ruff", "mypy", "pytest", "coverage"])
def test_failed_program_stops_nothing(runs: Runs, calls: list[str], word: str, capsys) -> None:
    runs.fails = {word}
    assert testing.run_steps(fast=False) == 1
    failed = sum(word in line.split() for line in runs.lines)
    out = capsys.readouterr().out
    assert out.count("FAILED  ") == failed
    assert f"{len(testing.list_steps()) - failed} passed, {failed} failed" in out


def test_what_went_wrong_with_the_cluster_meanwhile_is_told(monkeypatch, tmp_path, capsys) -> None:
    monkeypatch.setenv("COURSE_STATE", str(tmp_path))
    cluster_files.record_trouble("of yesterday")
    the_steps(monkeypatch, Step("mends", lambda: cluster_files.record_trouble("no kube-proxy")))
    assert testing.run_steps(fast=False) == 0
    out = capsys.readouterr().out
    assert "no kube-proxy" in out
    assert "of yesterday" not in out


def test_what_failed_is_told_again_at_the_end(monkeypatch, tmp_path: Path, capsys) -> None:
    old = Path(testing.results_file("live"))
    old.parent.mkdir(parents=True)
    old.write_text(
        junit.format_suites([("tests.old", [junit.Case("of the run before", Verdict.FAILED)])])
    )

    def fail(argv: list[str], **options: Any) -> SimpleNamespace:
        case = junit.Case("test_a", Verdict.FAILED, message="assert [1] == 2")
        Path(testing.results_file("unit")).write_text(junit.format_suites([("tests.b", [case])]))
        return SimpleNamespace(returncode=1, stdout=None)

    monkeypatch.setattr(subprocess, "run", fail)
    the_steps(monkeypatch, Step("unit tests", ["bad"]))
    assert testing.run_steps(fast=True) == 1
    out = capsys.readouterr().out
    assert out.endswith(
        "tests.b: test_a\n    assert [1] == 2\nFAILED     0.0 s  unit tests\n0 passed, 1 failed\n"
    )
    assert f"run with {testing.ORDER}" in out
    assert "of the run before" not in out


def test_program_that_hangs_is_told_and_stops_nothing(monkeypatch, capsys) -> None:
    def hang(argv: list[str], **options: Any) -> None:
        raise subprocess.TimeoutExpired(argv, options["timeout"])

    monkeypatch.setattr(subprocess, "run", hang)
    the_steps(monkeypatch, Step("hangs", ["sleep"]), Step("more", ["sleep"]))
    assert testing.run_steps(fast=True) == 1
    out = capsys.readouterr().out
    assert out.count("It took longer than 45 min.") == 2


def test_each_step_says_how_long_it_took(runs: Runs, monkeypatch, capsys) -> None:
    runs.fails = {"bad"}
    the_steps(monkeypatch, Step("first", ["good"]), Step("second", ["bad"]))
    assert testing.run_steps(fast=True) == 1
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"passed     \d\.\d s  first", lines[-3])
    assert re.fullmatch(r"FAILED     \d\.\d s  second", lines[-2])
    assert lines[-1] == "1 passed, 1 failed"


@pytest.mark.parametrize("kind", [CourseError, CouldNotFindOut])
def test_step_that_raises_is_told_and_stops_nothing(
    runs: Runs, monkeypatch, capsys, kind: type[CourseError]
) -> None:
    def fail() -> None:
        raise kind("No [engine].", next_step="./course up")

    the_steps(monkeypatch, Step("engine", fail, needs_engine=True), Step("last", ["good"]))
    assert testing.run_steps(fast=False) == 1
    out = capsys.readouterr().out
    assert "No [engine].\n  next: ./course up" in out
    assert runs.lines == ["good"]


@pytest.fixture
def browsers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A machine that can have lanes; how often the browser was made ready."""
    made: list[str] = []
    monkeypatch.setattr(testing, "explain_absence", lambda: "")
    monkeypatch.setattr(testing, "install_browser", lambda: made.append("browser"))
    return made


def the_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    alone, last = Step("unit tests", ["a"]), Step("coverage", ["c"], needs_results=True)
    the_steps(monkeypatch, alone, Step("live tests", ["b"], needs_engine=True), last)


def test_lanes_stand_for_all_steps_that_need_an_engine(
    runs: Runs, browsers: list[str], monkeypatch, capsys
) -> None:
    def run_in_lanes() -> list[Done]:
        assert browsers == ["browser"]
        return [Done("live tests: 2 files", True, 3.0), Done("proven", False, 4.0)]

    monkeypatch.setattr(testing_in_lanes, "run_in_lanes", run_in_lanes)
    the_rows(monkeypatch)
    assert testing.run_steps(fast=False) == 1
    assert runs.lines == ["a", "c"]
    out = capsys.readouterr().out
    assert out.splitlines()[-6:] == [
        "passed     0.0 s  unit tests",
        "passed     0.0 s  the browser is there",
        "passed     3.0 s  live tests: 2 files",
        "FAILED     4.0 s  proven",
        "passed     0.0 s  coverage",
        "4 passed, 1 failed",
    ]
    assert "told" in out  # by what ran beside


def test_lanes_that_cannot_be_had_are_told_and_the_steps_are_run_in_turn(
    runs: Runs, browsers: list[str], monkeypatch, capsys
) -> None:
    def fail() -> list[Done]:
        raise CouldNotFindOut("No [lane] can be had.")

    monkeypatch.setattr(testing_in_lanes, "run_in_lanes", fail)
    the_rows(monkeypatch)
    assert testing.run_steps(fast=False) == 0
    assert sorted(runs.lines[:2]) == ["a", "b"]
    assert runs.lines[2:] == ["c"]
    assert "Without lanes, one step after the other: No [lane] can be had.\n" in (
        capsys.readouterr().out
    )


def test_another_engine_is_never_replaced_by_this_users_own(
    runs: Runs, calls: list[str], monkeypatch, capsys
) -> None:
    monkeypatch.setenv("COURSE_TEST_ENGINE", "29")
    monkeypatch.setattr(testing, "explain_absence", lambda: "lanes need root")
    the_steps(monkeypatch, Step("live", ["live"], needs_engine=True))
    assert testing.run_steps(fast=False) == 1
    assert runs.lines == []
    assert "FAILED     0.0 s  an engine 29 to test on (lanes need root)" in capsys.readouterr().out


def test_reason_against_lanes_is_told(runs: Runs, monkeypatch, capsys) -> None:
    monkeypatch.setattr(testing, "explain_absence", lambda: "DOCKER_HOST names an engine")
    the_rows(monkeypatch)
    assert testing.run_steps(fast=False) == 0
    assert "Without lanes, one step after the other: DOCKER_HOST names an engine\n" in (
        capsys.readouterr().out
    )
    assert sorted(runs.lines) == ["a", "b", "c"]


def test_fast_opens_no_lane(runs: Runs, browsers: list[str], monkeypatch) -> None:
    monkeypatch.setattr(testing_in_lanes, "run_in_lanes", lambda: pytest.fail("a lane"))
    the_rows(monkeypatch)
    assert testing.run_steps(fast=True) == 0
    assert (runs.lines, browsers) == (["a"], [])


def installed(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    found: Callable[[str], str | None] = lambda name: f"/bin/{name}" if name in names else None  # noqa: E731
    monkeypatch.setattr("shutil.which", found)


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    run: list[str] = []
    monkeypatch.setattr(process, "run", lambda argv, timeout: run.append(" ".join(argv)))
    return run


@pytest.mark.parametrize("name", testing.BROWSERS)
def test_browser_that_is_there_is_used(monkeypatch, commands: list[str], name: str) -> None:
    installed(monkeypatch, name)
    testing.install_browser()
    assert commands == []
    assert testing.find_browser() == Path("/bin", name)


@pytest.mark.parametrize(("user", "before"), [(0, ""), (1000, "sudo -n ")])
def test_missing_browser_is_installed(
    monkeypatch, commands: list[str], user: int, before: str
) -> None:
    installed(monkeypatch)
    monkeypatch.setattr("os.getuid", lambda: user)
    testing.install_browser()
    assert commands[0] == f"{before}apt-get update"
    assert commands[1].startswith(f"{before}env DEBIAN_FRONTEND=noninteractive apt-get install -y")
    assert commands[1].endswith(" chromium")


def test_without_a_browser_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    installed(monkeypatch)
    with pytest.raises(CourseError, match="no Chromium") as caught:
        testing.find_browser()
    assert "Debian's package chromium" in caught.value.next_step
