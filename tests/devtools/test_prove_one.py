"""One proof in a process of its own: what it is told in words, and what it leaves in a file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from checker.devtools import prove_one
from checker.devtools.proof_file import read_result
from checker.labs import prove as lab_proofs
from checker.labs.prove import LabResult
from checker.pages.reporting.results import PageResult
from tests.lab_fakes import WRONG

PAGE = "---\ntitle: A page\nengine: none\n---\n\n``` console\n$ echo one\none\n$ echo two\n2\n```\n"


@pytest.fixture
def prove(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def run(kind: str, target: str, *words: str) -> PageResult | LabResult:
        file = tmp_path / "proof.json"
        monkeypatch.setattr(sys, "argv", ["prove_one", kind, target, str(file), *words])
        prove_one.main()
        return read_result(file)

    return run


@pytest.fixture
def page(root: Path) -> Path:
    file = root / "docs/a.md"
    file.write_text(PAGE)
    return file


def test_page_is_proven_and_its_failure_is_in_the_file(prove, page: Path) -> None:
    result = prove("page", str(page))
    assert isinstance(result, PageResult)
    assert (result.path, result.verdict) == (page, "failed")
    [block] = result.blocks
    assert block.failure is not None
    assert block.failure.command == "echo two"
    assert (block.failure.expected.strip(), block.failure.found.strip()) == ("2", "two")
    assert page.read_text() == PAGE


def test_accept_writes_the_page(prove, page: Path) -> None:
    result = prove("page", str(page), "accept")
    assert isinstance(result, PageResult)
    assert result.accepted == 1
    assert page.read_text() == PAGE.replace("\n2\n", "\ntwo\n")
    assert prove("page", str(page)).verdict == "passed"


def test_page_whose_engine_is_away_could_not_be_checked(prove, page: Path) -> None:
    page.write_text(PAGE.replace("engine: none", "engine: docker"))
    result = prove("page", str(page))
    assert isinstance(result, PageResult)
    assert result.verdict == "could-not-check"
    assert "DOCKER_HOST names an engine that does not answer" in result.trouble


def test_lab_is_proven_with_its_wrong_answers(prove, make_lab, monkeypatch) -> None:
    def execute(notebook, workspace) -> None:
        for cell in notebook.cells:
            if cell.cell_type == "code":
                lab_proofs.stage.run_script(cell.source, workspace)

    # a kernel takes seconds
    monkeypatch.setattr(lab_proofs, "execute_notebook", execute)
    make_lab()
    result = prove("lab", "docker/first")
    assert isinstance(result, LabResult)
    assert result.problems == []
    assert (result.lab, result.verdict) == ("docker/first", "passed")
    assert sorted(result.wrong) == sorted(WRONG)
