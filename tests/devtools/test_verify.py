"""`verify` and `lint` bring pages and labs together: what is run, what is said, how it ends."""

from __future__ import annotations

import contextlib
import json
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from checker.base import paths
from checker.base.errors import CouldNotFindOut, CourseError
from checker.base.verdict import Verdict
from checker.devtools import prove as proving
from checker.devtools import verify
from checker.docker.connection import EngineStatus
from checker.labs.lab import Lab
from checker.labs.proof_record import read_record
from checker.labs.prove import LabResult, ProofResult
from checker.pages.parsing.fences import Page
from checker.pages.reporting.results import BlockResult, PageResult
from tests.json_schemas import validate

LAB = """\
---
title: A lab
engine: none
minutes: 5
chapter: docker/a
teaches: [ls]
---
# A lab

## Task: do it { #do }
Do it.

``` bash { .solution }
touch done
```
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny course: two pages and a lab; nothing is run."""
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path))
    monkeypatch.setenv("COURSE_STATE", str(tmp_path / "state"))
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/a.md").write_text("# A\n\n``` console\n$ echo 1\n1\n```\n")
    (tmp_path / "docs/b.md").write_text("# B\n\n``` console\n$ echo 2\n[..]\n$ true\n```\n")
    (tmp_path / "labs/docker/one").mkdir(parents=True)
    (tmp_path / "labs/docker/one/lab.md").write_text(LAB)
    return tmp_path


class Runs:
    """Stands in for the runs of pages and labs: what each answers, and which were asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.page: Any = Verdict.PASSED
        self.lab: Any = ProofResult(Verdict.PASSED)

    def verify_page(self, page: Page, accept: bool, progress: Callable[[str], None]) -> PageResult:
        progress("line 3")
        self.asked.append(page.path.name + (" accept" if accept else ""))
        if isinstance(self.page, Exception):
            raise self.page
        return PageResult(page.path, (BlockResult("x", 3, "console", self.page, 0.5),), 0.5)

    def prove(self, lab: Lab) -> LabResult:
        self.asked.append(lab.id)
        if isinstance(self.lab, Exception):
            raise self.lab
        good = ProofResult(Verdict.PASSED)
        return LabResult(
            lab.id, starter=good, solution=self.lab, wrong={"other": good}, seconds=2.0
        )


@pytest.fixture
def runs(root: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    fake = Runs()
    monkeypatch.setattr(proving, "verify_page", fake.verify_page)
    monkeypatch.setattr(proving, "prove_lab", fake.prove)
    monkeypatch.setattr(
        "checker.docker.connection.engine_status",
        lambda: EngineStatus("docker", True, "26.1.5", ""),
    )
    return fake


def prove(*targets: str, **options: Any) -> int:
    chosen = {"accept": False, "changed": False, "junit": None, "as_json": False, "lanes": 0}
    chosen |= options
    return verify.verify_targets(list(targets), **chosen)


def test_everything_is_proven(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    assert prove() == 0
    assert runs.asked == ["a.md", "b.md", "docker/one"]
    out = capsys.readouterr().out
    assert "passed          docs/a.md  1 blocks, 0.5 s\n" in out
    assert "passed          labs/docker/one  2.0 s\n" in out
    assert "passed: 2 pages, 1 labs" in out


def test_names_choose_and_accept_is_handed_on(runs: Runs, root: Path) -> None:
    assert prove(str(root / "docs/b.md"), accept=True) == 0
    assert runs.asked == ["b.md accept"]


@pytest.mark.parametrize(
    ("page", "lab", "status"),
    [
        (Verdict.FAILED, ProofResult(Verdict.PASSED), 1),
        (Verdict.PASSED, ProofResult(Verdict.FAILED, "no"), 1),
        (Verdict.COULD_NOT_CHECK, ProofResult(Verdict.PASSED), 3),
        (Verdict.PASSED, ProofResult(Verdict.COULD_NOT_CHECK, "no"), 3),
        (Verdict.COULD_NOT_CHECK, ProofResult(Verdict.FAILED, "no"), 1),
        (CouldNotFindOut("No engine."), ProofResult(Verdict.PASSED), 3),
        (Verdict.PASSED, CouldNotFindOut("No engine."), 3),
    ],
)
def test_the_exit_status_is_that_of_the_worst(runs: Runs, page: Any, lab: Any, status: int) -> None:
    runs.page, runs.lab = page, lab
    assert prove() == status
    assert len(runs.asked) == 3


def test_what_is_wrong_with_a_lab_is_told(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    runs.lab = ProofResult(Verdict.FAILED, "the solution is not accepted")
    prove()
    assert "  docker/one: solution: the solution is not accepted\n" in capsys.readouterr().out


def test_json_is_one_object_and_nothing_else(
    runs: Runs, capsys: pytest.CaptureFixture[str]
) -> None:
    prove(as_json=True)
    found = json.loads(capsys.readouterr().out)
    validate("verify", found)
    assert (found["schema"], found["verdict"]) == (1, "passed")
    assert [page["path"] for page in found["pages"]] == ["docs/a.md", "docs/b.md"]
    assert [lab["lab"] for lab in found["labs"]] == ["docker/one"]
    assert found["versions"]["docker"] == "26.1.5"


@pytest.mark.parametrize("trouble", [Verdict.FAILED, CouldNotFindOut("No engine.")])
def test_json_is_as_its_schema_whatever_the_verdict(
    runs: Runs, capsys: pytest.CaptureFixture[str], trouble: Any
) -> None:
    runs.page = trouble
    runs.lab = trouble if isinstance(trouble, Exception) else ProofResult(trouble, "no")
    prove(as_json=True)
    validate("verify", json.loads(capsys.readouterr().out))


def test_junit_has_a_suite_for_each_page_and_lab(runs: Runs, root: Path) -> None:
    runs.lab = ProofResult(Verdict.FAILED, "no")
    prove(junit=root / "out/junit.xml")
    suites = ElementTree.parse(root / "out/junit.xml").getroot()
    assert [suite.get("name") for suite in suites] == ["docs/a.md", "docs/b.md", "labs/docker/one"]
    assert [case.get("name") for case in suites[2]] == ["untouched", "solution", "wrong/other"]
    assert suites[2].get("failures") == "1"


def test_malformed_pages_and_labs_are_all_named_before_anything_is_run(
    runs: Runs, root: Path
) -> None:
    (root / "docs/a.md").write_text("``` console\n$ true\n")
    with pytest.raises(CourseError, match=r"a\.md:1: this block is never closed"):
        prove()
    (root / "labs/docker/one/lab.md").write_text("no front matter")
    with pytest.raises(CourseError, match=r"(?s)a\.md:1: .*lab\.md:1: "):
        prove()
    assert runs.asked == []


def test_a_second_verify_says_that_it_waits(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.ExitStack() as first:
        first.enter_context(paths.lock("verify"))
        threading.Timer(0.2, first.close).start()
        assert prove() == 0
    assert "Another verify is under way" in capsys.readouterr().err


def git(root: Path, *words: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(
        ["git", *identity, *words], cwd=root, check=True, capture_output=True, timeout=30
    )


@pytest.fixture
def repository(root: Path) -> Callable[..., None]:
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "docs", "labs")
    git(root, "commit", "-qm", "one")
    return lambda *words: git(root, *words)


def test_changed_takes_what_differs_from_the_last_commit(
    runs: Runs, root: Path, repository: Callable[..., None]
) -> None:
    assert prove(changed=True) == 0
    assert runs.asked == []
    (root / "docs/b.md").write_text("# B\n")
    (root / "labs/docker/one/checks.py").write_text("")
    (root / "docs/c.md").write_text("# C\n")
    prove(changed=True)
    assert runs.asked == ["b.md", "c.md", "docker/one"]


def test_changed_takes_what_differs_from_the_branch_that_is_followed(
    runs: Runs, root: Path, repository: Callable[..., None]
) -> None:
    repository("switch", "-qc", "work")
    repository("branch", "-q", "--set-upstream-to=main")
    (root / "docs/a.md").write_text("# A\n")
    repository("commit", "-qam", "two")
    prove(changed=True)
    assert runs.asked == ["a.md"]


def test_changed_outside_a_repository_is_an_error(runs: Runs) -> None:
    with pytest.raises(CourseError, match="git diff"):
        prove(changed=True)


def test_lint_counts_and_prints_findings(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("checker.labs.lint.lint_lab", lambda lab: [])
    assert verify.lint_targets([]) == 0
    assert capsys.readouterr().out.endswith(
        "2 pages, 1 labs, 0 findings; 2 of 3 commands assert their output\n"
    )
    (root / "docs/b.md").write_text("``` console\n$ true\n")
    monkeypatch.setattr("checker.labs.lint.lint_lab", lambda lab: [f"labs/{lab}/lab.md:3: wrong"])
    assert verify.lint_targets([]) == 1
    out = capsys.readouterr().out
    assert "docs/b.md:1: this block is never closed" in out
    assert "labs/docker/one/lab.md:3: wrong\n" in out


def test_a_page_that_changes_meanwhile_is_read_again_and_stops_no_other(
    runs: Runs, root: Path
) -> None:
    texts: dict[str, str] = {}

    def verify_page(page: Page, accept: bool, progress: Callable[[str], None]) -> PageResult:
        texts[page.path.name] = page.text
        (root / "docs/b.md").write_text((root / "docs/b.md").read_text() + "\nMore of it.\n")
        return PageResult(page.path, (BlockResult("x", 3, "console", Verdict.PASSED, 0.5),), 0.5)

    pages, labs = verify.read_targets([root / "docs/a.md", root / "docs/b.md"], [])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proving, "verify_page", verify_page)
        assert verify.prove_all(pages, labs, accept=True, lanes=0).verdict == Verdict.PASSED
    assert texts["b.md"].endswith("More of it.\n")
    (root / "docs/a.md").write_text("``` console\n$ true\n")
    report = verify.prove_all(pages, labs, accept=False, lanes=0)
    assert "this block is never closed" in report.pages[0].trouble
    assert report.pages[1].verdict == Verdict.PASSED


class Lanes:
    """Stands in for `prove_in_lanes`: with how many it was called, and what it raises."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, bool]] = []
        self.fails: CourseError | None = None

    def prove(self, pages: list[Page], labs: list[Lab], accept: bool, count: int) -> Any:
        self.asked.append((count, accept))
        if self.fails:
            raise self.fails
        blocks = (BlockResult("x", 3, "console", Verdict.PASSED, 0.5),)
        good = ProofResult(Verdict.PASSED)
        page_results = [PageResult(page.path, blocks, 7.0) for page in pages]
        return page_results, [LabResult(lab.id, good, good, seconds=7.0) for lab in labs]


@pytest.fixture
def lanes(monkeypatch: pytest.MonkeyPatch) -> Lanes:
    """A machine that can have three lanes."""
    fake = Lanes()
    monkeypatch.setattr(verify, "prove_in_lanes", fake.prove)
    monkeypatch.setattr(verify, "explain_absence", lambda: "")
    monkeypatch.setattr(verify, "choose_lane_count", lambda: 3)
    return fake


def test_many_targets_are_proven_in_lanes(
    runs: Runs, lanes: Lanes, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prove(lanes=None) == 0
    assert lanes.asked == [(3, False)]
    assert runs.asked == []
    out = capsys.readouterr().out
    assert "passed          docs/a.md  1 blocks, 7.0 s\n" in out
    assert "passed          labs/docker/one  7.0 s\n" in out


def test_lanes_that_were_asked_for_are_used_and_accept_is_handed_on(
    runs: Runs, lanes: Lanes, root: Path
) -> None:
    assert prove(str(root / "docs/b.md"), lanes=2, accept=True) == 0
    assert lanes.asked == [(2, True)]
    assert runs.asked == []


def test_proofs_in_lanes_do_not_wait_for_another_verify(runs: Runs, lanes: Lanes) -> None:
    with paths.lock("verify"):
        assert prove(lanes=None) == 0
    assert lanes.asked == [(3, False)]


@pytest.mark.parametrize("chosen", [{"lanes": 0}, {"lanes": None, "targets": ("docs/b.md",)}])
def test_none_or_a_single_target_uses_no_lane(
    runs: Runs, lanes: Lanes, chosen: dict[str, Any]
) -> None:
    assert prove(*chosen.pop("targets", ()), **chosen) == 0
    assert lanes.asked == []
    assert "b.md" in runs.asked


def test_without_lanes_it_says_why_and_goes_on_in_turn(
    runs: Runs, lanes: Lanes, monkeypatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(verify, "explain_absence", lambda: "lanes need root")
    assert prove(lanes=None) == 0
    assert "One after the other: lanes need root.\n" in capsys.readouterr().err
    assert lanes.asked == []
    assert runs.asked == ["a.md", "b.md", "docker/one"]


def test_lanes_that_cannot_be_had_are_told_and_all_is_proven_in_turn(
    runs: Runs, lanes: Lanes, capsys: pytest.CaptureFixture[str]
) -> None:
    lanes.fails = CouldNotFindOut("No lane can be had.", found="unshare: not [permitted]")
    assert prove(lanes=4) == 0
    assert lanes.asked == [(4, False)]
    err = capsys.readouterr().err
    assert "One after the other: No lane can be had.\n  found: unshare: not [permitted]\n" in err
    assert runs.asked == ["a.md", "b.md", "docker/one"]


@pytest.mark.parametrize(
    ("targets", "wanted", "count"),
    [(9, 0, 0), (1, 0, 0), (1, None, 0), (2, None, 3), (9, None, 3), (1, 2, 2), (9, 8, 8)],
)
def test_lanes_are_chosen_by_targets_and_by_what_was_asked_for(
    lanes: Lanes, targets: int, wanted: int | None, count: int
) -> None:
    assert verify.choose_lanes(targets, wanted) == count


@pytest.mark.parametrize("wanted", [None, 4])
def test_reason_against_lanes_is_told_on_standard_error(
    lanes: Lanes, monkeypatch, capsys: pytest.CaptureFixture[str], wanted: int | None
) -> None:
    monkeypatch.setattr(verify, "explain_absence", lambda: "ip, iptables missing")
    assert verify.choose_lanes(9, wanted) == 0
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", "One after the other: ip, iptables missing.\n")


def test_nobody_is_told_about_lanes_that_were_not_wanted(
    monkeypatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verify.choose_lanes(9, 0) == 0
    assert verify.choose_lanes(1, None) == 0
    assert capsys.readouterr().err == ""


def test_a_record_says_on_what_each_was_proven(
    runs: Runs, root: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(
        "checker.devtools.prove.describe_versions", lambda engine: {"Docker": "26.1.5"}
    )
    file = tmp_path / "proofs.json"
    assert prove(record=file) == 0
    assert set(read_record(file)) == {"docs/a.md", "docs/b.md", "labs/docker/one"}
    assert read_record(file)["docs/a.md"].versions == {"Docker": "26.1.5"}
    runs.lab = ProofResult(Verdict.FAILED, "no")
    file.unlink()
    prove(record=file)
    assert set(read_record(file)) == {"docs/a.md", "docs/b.md"}


def test_a_page_without_an_engine_has_nothing_to_record(runs: Runs, tmp_path: Path) -> None:
    assert prove(record=tmp_path / "proofs.json") == 0
    assert read_record(tmp_path / "proofs.json") == {}


def test_a_file_that_is_no_record_is_refused_before_anything_runs(
    runs: Runs, tmp_path: Path
) -> None:
    (tmp_path / "proofs.json").write_text("{")
    with pytest.raises(CourseError, match="no record"):
        prove(record=tmp_path / "proofs.json")
    assert runs.asked == []
