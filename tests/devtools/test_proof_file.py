"""What one process proved, another one reads from a file, with every detail."""

from __future__ import annotations

from pathlib import Path

import pytest

from checker.base.verdict import Verdict
from checker.devtools.proof_file import read_result, write_result
from checker.labs.prove import LabResult, ProofResult
from checker.pages.reporting.results import BlockResult, Failure, PageResult

FAILURE = Failure(12, "echo é", "It prints something else.", 3, "a\n", "é\n", ("- a", "+ é"))
ENDLESS = Failure(20, "sleep 9", "It did not end.")
PAGE = PageResult(
    Path("/course/docs/a.md"),
    (
        BlockResult("one", 3, "console", Verdict.PASSED, 0.25),
        BlockResult("two", 12, "console", Verdict.FAILED, 1.5, FAILURE),
        BlockResult("", 20, "file", Verdict.COULD_NOT_CHECK, 0.0, ENDLESS),
        BlockResult("", 30, "console", Verdict.NOT_RUN, reason="an earlier block failed"),
    ),
    1.75,
    accepted=2,
)
LAB = LabResult(
    "docker/one",
    ProofResult(Verdict.PASSED),
    ProofResult(Verdict.FAILED, "the solution is not accepted"),
    {"other": ProofResult(Verdict.PASSED)},
    {"no": ProofResult(Verdict.PASSED), "end": ProofResult(Verdict.COULD_NOT_CHECK, "No engine.")},
    2.5,
)


@pytest.mark.parametrize(
    "result",
    [
        PAGE,
        PageResult(Path("docs/b.md"), (), 0.0, trouble="No engine."),
        LAB,
        LabResult("docker/two"),
    ],
    ids=["page", "page without a run", "lab", "lab without a run"],
)
def test_result_is_read_as_it_was_written(tmp_path: Path, result: PageResult | LabResult) -> None:
    write_result(tmp_path / "made/proof.json", result)
    read = read_result(tmp_path / "made/proof.json")
    assert read == result
    assert read.verdict == result.verdict
    assert read.as_json() == result.as_json()


def test_verdicts_are_verdicts_again(tmp_path: Path) -> None:
    write_result(tmp_path / "page", PAGE)
    write_result(tmp_path / "lab", LAB)
    page, lab = read_result(tmp_path / "page"), read_result(tmp_path / "lab")
    assert isinstance(page, PageResult)
    assert isinstance(lab, LabResult)
    assert [block.verdict.words for block in page.blocks][:2] == ["passed", "not yet"]
    assert lab.solution.verdict.exit_status == 1
    assert lab.wrong["end"].verdict.mark == "?"


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_result(tmp_path / "nobody.json")
