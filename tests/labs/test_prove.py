"""A lab is proven when untouched work fails, the solution passes, and mistakes get their words."""

from __future__ import annotations

import pytest

from checker.base.errors import CouldNotFindOut
from checker.labs import prove as module
from checker.labs.execute import CellFailed
from checker.labs.lab import load_lab
from checker.labs.prove import prove_lab
from tests.lab_fakes import CHECKS, LAB, RIGHT, WRONG


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs solutions by a shell: what a kernel does is tested once, and takes seconds."""

    def execute(notebook, workspace) -> None:
        for cell in notebook.cells:
            if cell.cell_type == "code":
                module.stage.run_script(cell.source, workspace)

    monkeypatch.setattr(module, "execute_notebook", execute)


def test_good_lab_is_proven_with_its_notebook(make_lab) -> None:
    make_lab()
    result = prove_lab(load_lab("first"))
    assert result.problems == []
    assert result.verdict == "passed"
    report = result.as_json()
    assert report.pop("seconds") > 0
    assert report == {
        "lab": "docker/first",
        "verdict": "passed",
        "starter": "passed",
        "solution": "passed",
        "right": [{"name": name, "verdict": "passed", "message": ""} for name in sorted(RIGHT)],
        "wrong": [{"name": name, "verdict": "passed", "message": ""} for name in sorted(WRONG)],
        "problems": [],
    }


@pytest.mark.usefixtures("quick")
class TestWhatIsNotProven:
    def test_task_that_passes_untouched(self, make_lab) -> None:
        make_lab(**{"starter/word.txt": "yes"})
        result = prove_lab(load_lab("first"))
        assert result.starter.verdict == "failed"
        assert result.problems[0] == (
            "docker/first: untouched: nothing is done, but no check fails for word"
        )

    def test_solution_that_does_not_pass(self, make_lab) -> None:
        make_lab(LAB.replace("echo yes >", "echo no >"))
        result = prove_lab(load_lab("first"))
        assert result.solution.verdict == "failed"
        assert "the solution is not accepted: word.txt says yes. expected yes, found no" in (
            result.solution.message
        )

    def test_solution_files_are_laid_over_the_workspace(self, make_lab) -> None:
        text = LAB.replace("echo yes > word.txt # the secret way", "cp given.txt word.txt")
        files = {"starter/given.txt": "no", "solution/given.txt": "yes"}
        make_lab(text, wrong={}, right={}, **files)
        assert prove_lab(load_lab("first")).verdict == "passed"

    def test_solution_with_a_cell_that_fails_is_named_with_its_line(
        self, make_lab, monkeypatch
    ) -> None:
        def fail(notebook, workspace) -> None:
            raise CellFailed("Cell 1 failed: echo", "oops (1)", 20)

        make_lab()
        monkeypatch.setattr(module, "execute_notebook", fail)
        message = prove_lab(load_lab("first")).solution.message
        assert message.endswith("docker/first/lab.md:20: Cell 1 failed: echo Found: oops (1)")

    def test_wrong_answer_that_is_right(self, make_lab) -> None:
        right = "# fails: count\n# says: x\n# after: word\nprintf 3 > count.txt\n"
        make_lab(wrong={"a.sh": right})
        assert (
            prove_lab(load_lab("first"))
            .wrong["a.sh"]
            .message.startswith("should fail count, but failed: none")
        )

    def test_wrong_answer_that_fails_more_than_it_says(self, make_lab) -> None:
        make_lab(CHECKS and LAB, CHECKS.replace(', requires="word"', ""), {"a.sh": WRONG["no.sh"]})
        assert prove_lab(load_lab("first")).verdict == "passed"
        more = WRONG["no.sh"].replace("echo 3", "echo 4")
        make_lab(LAB, CHECKS.replace(', requires="word"', ""), {"a.sh": more})
        assert (
            "should fail word, but failed: count, word"
            in prove_lab(load_lab("first")).wrong["a.sh"].message
        )

    def test_wrong_answer_that_is_told_something_else(self, make_lab) -> None:
        make_lab(wrong={"a.sh": WRONG["no.sh"].replace("nothing else", "try harder")})
        message = prove_lab(load_lab("first")).wrong["a.sh"].message
        assert "should say 'try harder', but said: word.txt says yes. expected yes" in message

    def test_wrong_answer_whose_script_breaks(self, make_lab) -> None:
        make_lab(wrong={"a.sh": WRONG["no.sh"] + "no-such-command\n"})
        message = prove_lab(load_lab("first")).wrong["a.sh"].message
        assert message.startswith("the script itself failed:")
        assert "no-such-command" in message

    def test_right_answer_that_is_refused(self, make_lab) -> None:
        make_lab(right={"a.sh": RIGHT["both.sh"].replace("'yes'", "'Yes'")})
        result = prove_lab(load_lab("first"))
        assert result.right["a.sh"].verdict == "failed"
        assert result.problems[0].startswith(
            "docker/first: right/a.sh: is right, but was refused for word, count: word.txt says "
            "yes. expected yes, found Yes."
        )

    def test_right_answer_that_needs_what_is_not_done(self, make_lab) -> None:
        make_lab(right={"a.sh": "# passes: count\nprintf 3 > count.txt\n"})
        message = prove_lab(load_lab("first")).right["a.sh"].message
        assert message.startswith("is right, but was refused for count: word.txt says yes.")

    def test_right_answer_whose_script_breaks(self, make_lab) -> None:
        make_lab(right={"a.sh": RIGHT["both.sh"] + "no-such-command\n"})
        message = prove_lab(load_lab("first")).right["a.sh"].message
        assert message.startswith("the script itself failed:")

    def test_right_answer_is_judged_by_what_it_says(self, make_lab) -> None:
        make_lab(right={"a.sh": "# passes: word\necho yes > word.txt\n"})
        assert prove_lab(load_lab("first")).right["a.sh"].message == ""

    def test_setup_that_breaks(self, make_lab) -> None:
        make_lab(LAB.replace("echo made", "exit 1; echo made"))
        result = prove_lab(load_lab("first"))
        assert result.verdict == "failed"
        assert "lab.md:13: the setup failed (status 1)" in result.starter.message

    def test_check_that_finds_nothing_out_proves_nothing(self, make_lab) -> None:
        make_lab(checks=CHECKS.replace('workspace.file("word.txt")', "nowhere"), right={})
        result = prove_lab(load_lab("first"))
        assert result.verdict == "could-not-check"
        assert "NameError: name 'nowhere' is not defined" in result.starter.message

    def test_words_are_found_whatever_their_case_and_spacing(self, make_lab) -> None:
        make_lab(wrong={"a.sh": WRONG["no.sh"].replace("nothing else", "write  YES, nothing")})
        assert prove_lab(load_lab("first")).verdict == "passed"


class Engine:
    """Stands in for engine, images and recorder."""

    def __init__(self, monkeypatch, left: list[list[str]]) -> None:
        self.left = left
        self.removed = 0
        recorder = type("Recorder", (), {"__init__": lambda s, name: None, "remove": self.remove})
        recorder.__enter__ = lambda itself: itself
        recorder.__exit__ = lambda *itself: None
        monkeypatch.setattr("checker.sandbox.session.Recorder", recorder)
        monkeypatch.setattr(module.stage, "ensure_engine", lambda lab: None)

    def remove(self, *itself: object) -> list[str]:
        self.removed += 1
        return self.left.pop(0) if self.left else []


@pytest.mark.usefixtures("quick")
def test_what_was_made_is_removed_between_the_proofs(make_lab, monkeypatch) -> None:
    engine = Engine(monkeypatch, [[], ["container a: stuck"]])
    make_lab(LAB.replace("engine: none", "engine: docker"))
    result = prove_lab(load_lab("first"))
    assert result.starter.message == "could not be removed: container a: stuck"
    assert result.solution.verdict == "passed"
    assert engine.removed == 2 + 2 + len(RIGHT) + len(WRONG)


@pytest.mark.usefixtures("quick")
def test_engine_that_goes_away_leaves_the_proof_open(make_lab, monkeypatch) -> None:
    Engine(monkeypatch, [])

    def gone(*args: object, **options: object) -> dict:
        raise CouldNotFindOut("The engine went away.")

    monkeypatch.setattr(module, "check_workspace", gone)
    make_lab(LAB.replace("engine: none", "engine: docker"))
    result = prove_lab(load_lab("first"))
    assert result.verdict == "could-not-check"
    assert result.starter.message == "The engine went away."
