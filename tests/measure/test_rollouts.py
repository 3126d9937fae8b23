"""A series of rollouts: what is asked for when, and what is concluded from what was followed."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from checker.base.errors import CouldNotFindOut
from checker.base.process import CommandFailed
from checker.labs import prove, stage
from checker.loadtest import plan as plans
from checker.loadtest.result import Result
from checker.measure import rollouts
from checker.measure.stages import STAGES, Stage
from checker.measure.timeline import Event
from tests.loadtest.test_result import sample

LAB = SimpleNamespace(
    folder=Path("/nowhere"),
    tasks=[
        SimpleNamespace(solution=[SimpleNamespace(text="cure 1")]),
        SimpleNamespace(solution=[]),
    ],
)


class Field:
    """Stands in for engine, lab and probe; a script that deploys has its events happen."""

    def __init__(self) -> None:
        self.scripts: list[str] = []
        self.happens: list[str] = ["begin", "done"]
        self.fails = ""
        self.moments: list[tuple[float, Event]] = []
        self.counts = SimpleNamespace(sent=0)
        self.stopped = 0
        self.killed = 0

    def shell(self, script: str, workspace: Path) -> str:
        self.scripts.append(script)
        if self.fails and self.fails in script:
            raise CommandFailed("no")
        if script.startswith("set -- 3"):
            self._happen(["begin", "back", "done"] if "done" in self.happens else self.happens)
        elif script.startswith("set -- "):
            self._happen(self.happens)
        return "said"

    def _happen(self, kinds: list[str]) -> None:
        self.moments += [(1000.5 + at, Event(0.0, kind)) for at, kind in enumerate(kinds)]

    @contextlib.contextmanager
    def follow(self) -> Iterator[Field]:
        self.moments = []
        yield self

    def running(self, load: plans.Plan) -> SimpleNamespace:
        samples = [sample(at / 10) for at in range(40)]
        result = Result(load, 1000.0, samples, 0.1, complete=True)
        return SimpleNamespace(
            counts=self.counts,
            wait_until=self._sent,
            stop=lambda: setattr(self, "stopped", self.stopped + 1),
            kill=lambda: setattr(self, "killed", self.killed + 1),
            collect_result=lambda: result,
        )

    def _sent(self, true: Any, seconds: float, otherwise: str) -> None:
        self.counts.sent += 1000
        assert true()


@pytest.fixture
def field(monkeypatch: pytest.MonkeyPatch) -> Field:
    fake = Field()
    monkeypatch.setattr(rollouts, "load_lab", lambda name: LAB)
    monkeypatch.setattr(prove, "open_session", lambda lab, purpose: contextlib.nullcontext())
    monkeypatch.setattr(stage, "copy_missing_files", lambda folder, workspace: None)
    monkeypatch.setattr(stage, "run_setup", lambda lab, workspace: None)
    monkeypatch.setattr(stage, "run_script", fake.shell)
    monkeypatch.setattr(rollouts, "wait_for_answer", lambda load, within: "")
    monkeypatch.setattr(rollouts, "ProbeProcess", fake.running)
    monkeypatch.setattr(rollouts, "END_SECONDS", 0.01)
    return fake


def at(field: Field) -> Stage:
    return Stage(
        name="Test",
        lab="deploy/x",
        url=lambda: "http://127.0.0.1:1/version",
        follow=field.follow,
        deploy="deploy",
        settle="settled",
        cause="why",
        scale="two",
    )


def test_good_versions_take_turns_and_the_bad_one_comes_after_the_cure(field: Field) -> None:
    kinds = [measured.kind for measured, _ in rollouts.measure_series(at(field), 3)]
    assert kinds == ["careless"] * 3 + ["careful"] * 3 + ["bad"] * 3
    versions = [each.split()[2] for each in field.scripts if each.startswith("set --")]
    assert versions == ["2", "1", "2", "1", "2", "1", "3", "3", "3"]
    assert field.scripts[0] == "two"
    assert field.scripts.index("cure 1") == field.scripts.index("set -- 2\ndeploy", 6) + 1
    assert field.scripts.count("settled") == 9
    assert (field.stopped, field.killed) == (9, 9)


def test_what_a_rollout_took_and_when_it_went_back_is_told(field: Field) -> None:
    careless, careful, bad = (measured for measured, _ in rollouts.measure_series(at(field), 1))
    assert (careless.orchestrator, careless.sent, careless.finished) == ("Test", 40, 1.0)
    assert (careful.noticed, bad.noticed, bad.finished) == (None, 1.0, 2.0)


def test_rollout_that_does_not_end_is_told_with_the_reason_of_the_orchestrator(
    field: Field,
) -> None:
    field.happens = ["begin"]
    with pytest.raises(CouldNotFindOut, match="version 2 does not end") as told:
        list(rollouts.measure_series(at(field), 1))
    assert told.value.found == "said"
    assert field.scripts[-1] == "why"
    assert field.killed == 1


def test_good_version_that_went_back_is_no_measurement(field: Field) -> None:
    field.happens = ["begin", "back", "done"]
    with pytest.raises(CouldNotFindOut, match="rollout to the end was not seen") as told:
        list(rollouts.measure_series(at(field), 1))
    assert told.value.found == "begin, back, done"


def test_door_that_nobody_answers_at_is_told(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rollouts, "wait_for_answer", lambda load, within: "refused")
    with pytest.raises(CouldNotFindOut, match="Nothing answers at") as told:
        list(rollouts.measure_series(at(field), 1))
    assert told.value.found == "refused"


def test_command_that_fails_is_told_with_the_lab_to_look_at(field: Field) -> None:
    field.fails = "cure"
    with pytest.raises(CouldNotFindOut, match="a command of the measurement failed") as told:
        list(rollouts.measure_series(at(field), 1))
    assert "verify labs/deploy/x" in told.value.next_step


def copy(*kinds: str) -> Any:
    events = [(1.0, Event(0.0, kind, "a")) for kind in kinds]
    return SimpleNamespace(moments=[(1.0, Event(0.0, "done")), *events])


@pytest.mark.parametrize(
    ("kinds", "over"),
    [((), True), (("left",), False), (("left", "ended"), True), (("stopping", "failed"), True)],
)
def test_copy_that_was_taken_out_is_waited_for(kinds: tuple[str, ...], over: bool) -> None:
    assert rollouts.is_rollout_over(copy(*kinds)) is over


@pytest.mark.parametrize("each", STAGES, ids=lambda each: each.name)
def test_stage_uses_a_lab_whose_door_it_knows(each: Stage, monkeypatch) -> None:
    monkeypatch.setattr(
        "checker.orchestrators.ecs.aws_settings.endpoint_url", lambda: "http://127.0.0.1:4566"
    )
    lab = rollouts.load_lab(each.lab)
    assert all(task.solution for task in lab.tasks)
    setup = "".join(code.text for code in lab.setup)
    port = each.url().partition("127.0.0.1:")[2].partition("/")[0]
    assert port in setup or "AWS_ENDPOINT_URL" in setup
    assert "shop:3" in setup or "register 3" in setup
