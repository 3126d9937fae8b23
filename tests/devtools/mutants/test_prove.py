"""A mutant must be refused, or stand in the lab with the reason why it is right too."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from checker.base.errors import CouldNotFindOut, CourseError
from checker.devtools.mutants import command
from checker.devtools.mutants.prove import (
    Reason,
    _is_named,
    join_reports,
    prove_mutants,
    read_reasons,
)
from checker.devtools.mutants.words import find_gaps
from checker.labs.lab import load_lab
from tests.lab_fakes import CHECKS

LAX = CHECKS.replace('.expect_text("yes", next_step="Write yes, nothing else.")', ".text")


def prove(**files: str):
    return prove_mutants(load_lab("first"))


def test_checks_that_read_enough_refuse_all(make_lab) -> None:
    make_lab()
    report = prove()
    assert report.problems == ()
    assert {each.outcome for each in report.results} == {"refused"}
    assert report.verdict == "passed"
    assert report.named == 1.0


def test_check_that_reads_too_little_accepts_one(make_lab) -> None:
    make_lab(checks=LAX)
    report = prove()
    assert report.verdict == "failed"
    accepted = [each.change for each in report.results if each.outcome == "accepted"]
    assert accepted == ["yes -> yesx in `echo yes > word.txt # the secret way`"]


def test_reason_makes_an_accepted_mutant_right(make_lab) -> None:
    reasons = "- {task: word, change: 'yes -> yesx in *', reason: any word will do}\n"
    make_lab(checks=LAX, **{"mutants.yaml": reasons})
    report = prove()
    assert report.verdict == "passed"
    assert [each.reason for each in report.results if each.reason] == ["any word will do"]


def test_reason_of_no_accepted_mutant_is_a_fault(make_lab) -> None:
    reasons = "- {task: word, change: 'yes -> yesx in *', reason: any word will do}\n"
    make_lab(**{"mutants.yaml": reasons})
    report = prove()
    assert report.verdict == "failed"
    assert "'yes -> yesx in *' is no mutant that is accepted." in report.problems[0]


@pytest.mark.parametrize("text", ["- 3\n", "- {task: word}\n", "a: [\n", "word\n"])
def test_malformed_reasons_are_refused(make_lab, text: str) -> None:
    make_lab(**{"mutants.yaml": text})
    with pytest.raises(CourseError, match="it must be a list of objects"):
        read_reasons(load_lab("first"))


def test_star_stands_for_anything_and_nothing_else_does() -> None:
    reason = Reason("word", "a.c -> * in `x`", "so")
    assert reason.fits("word", "a.c -> d in `x`")
    assert not reason.fits("word", "abc -> d in `x`")
    assert not reason.fits("count", "a.c -> d in `x`")


@pytest.fixture
def leave_one_open(monkeypatch: pytest.MonkeyPatch) -> Callable[[CouldNotFindOut], None]:
    """Have a check get no answer once: that of a mutant, after those of the solutions."""
    real = command.prove_mutants.__globals__["check_surely"]
    calls = []

    def leave_open(error: CouldNotFindOut) -> None:
        def check(*args: object, **options: object) -> object:
            calls.append(args)
            if len(calls) == 5:
                raise error
            return real(*args, **options)

        monkeypatch.setattr("checker.devtools.mutants.prove.check_surely", check)

    return leave_open


def test_mutant_that_is_not_judged_leaves_it_open(make_lab, leave_one_open) -> None:
    make_lab()
    leave_one_open(CouldNotFindOut("The engine went away."))
    report = prove_mutants(load_lab("first"))
    assert report.verdict == "could-not-check"
    assert [each.said for each in report.results if each.outcome == "could-not-check"] == [
        "The engine went away."
    ]


def test_mutant_that_cannot_be_had_is_refused_if_that_is_said(make_lab, leave_one_open) -> None:
    make_lab()
    leave_one_open(CouldNotFindOut("Nobody has word.txtx.", found="yes and yesx, 3 and 4"))
    assert {each.outcome for each in prove_mutants(load_lab("first")).results} == {"refused"}


def test_number_is_named_only_by_itself() -> None:
    assert _is_named("5", "found 5 coins")
    assert not _is_named("5", "at 127.0.0.1:5002")
    assert _is_named("Menu", "no MENU here")


def test_solution_that_is_refused_is_told_before_any_mutant(make_lab) -> None:
    make_lab(checks=CHECKS.replace('"yes"', '"no"'))
    report = command.prove_surely(load_lab("first"))
    assert report.verdict == "failed"
    assert "the solution of 'word' is not accepted" in report.problems[0]


def test_report_travels_through_its_file(make_lab, tmp_path, monkeypatch, capsys) -> None:
    make_lab(checks=LAX)
    lab = load_lab("first")
    monkeypatch.setattr("sys.argv", ["command", lab.id, "word", str(tmp_path / "report.json")])
    command.main()
    assert json.loads((tmp_path / "report.json").read_text())["lab"] == lab.id
    done = command.JobResult(None, 0, "", 1.0)
    report = command._read_report(lab, done, tmp_path / "report.json")
    command.show_report(lab, report)
    said = capsys.readouterr().out
    assert "accepted: word: yes -> yesx in `echo yes > word.txt # the secret way`" in said
    assert "1 accepted." in said


def test_reports_of_tasks_make_one_of_the_lab(make_lab) -> None:
    make_lab(checks=LAX, **{"mutants.yaml": "- {task: count, change: x, reason: so}\n"})
    lab = load_lab("first")
    whole = prove_mutants(lab)
    parts = [prove_mutants(lab, task=each.id) for each in lab.tasks]
    assert len(parts) > 1
    joined = join_reports(parts)
    assert sorted(map(str, joined.results)) == sorted(map(str, whole.results))
    assert joined.problems == whole.problems != ()
    assert joined.seconds == sum(each.seconds for each in parts)


def test_lane_that_ended_leaves_the_lab_open(make_lab, tmp_path) -> None:
    make_lab()
    done = command.JobResult(None, None, "The lane's engine ended.", 1.0)
    report = command._read_report(load_lab("first"), done, tmp_path / "nothing.json")
    assert report.verdict == "could-not-check"
    assert report.results[0].said == "The lane's engine ended."


def test_mutants_are_proven_one_lab_after_the_other(make_lab, capsys) -> None:
    make_lab()
    assert command.verify_mutants(["labs/docker/first"], 0) == 0
    assert "0 accepted." in capsys.readouterr().out


def test_mutants_want_a_lab(root) -> None:
    with pytest.raises(CourseError, match="Mutants are made of labs"):
        command.verify_mutants(["docs/docker/first.md"], 0)


def test_gaps_between_text_and_checks_are_named(make_lab) -> None:
    make_lab(checks=CHECKS.replace('"3"', '"77"').replace("word.txt", "wort.txt"))
    assert find_gaps(load_lab("first")) == [
        "word: no check reads `word.txt`",
        "checks.py:9: no text says 'wort.txt'",
        "checks.py:15: no text says '77'",
    ]
