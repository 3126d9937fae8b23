"""A probe runs in a process of its own, can be watched and stopped, and never outlives its user."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from checker.base.errors import CouldNotFindOut
from checker.loadtest import __main__ as child
from checker.loadtest import plan, running
from checker.loadtest.running import ProbeProcess, wait_for_answer
from tests.loadtest.conftest import Server


def test_load_is_run_and_its_result_handed_over(server: Server) -> None:
    result = ProbeProcess(
        plan.make_plan(server.url, rate=200, count=40, timeout=10)
    ).collect_result()
    assert (result.sent, result.lost, result.complete) == (40, 0, True)
    assert result.versions == {"1": 40}
    assert 0 < result.cpu_seconds < 5
    assert result.started_at > 1_700_000_000


def test_it_is_watched_while_it_runs_and_stopped(server: Server) -> None:
    made = ProbeProcess(plan.make_plan(server.url, rate=100, count=3000))
    made.wait_until(lambda: made.counts.sent > 10, 20, "not sent")
    made.stop()
    result = made.collect_result()
    assert 10 < result.sent < 3000
    assert not result.complete
    assert made.is_over


def test_waiting_for_what_does_not_come_ends_with_the_probe(server: Server) -> None:
    made = ProbeProcess(plan.make_plan(server.url, rate=100, count=5))
    with pytest.raises(CouldNotFindOut, match="No such thing"):
        made.wait_until(lambda: False, 20, "No such thing.")
    made.kill()


def test_killed_probe_has_no_result(server: Server) -> None:
    made = ProbeProcess(plan.make_plan(server.url, rate=100, count=3000))
    made.kill()
    with pytest.raises(CouldNotFindOut, match="no result"):
        made.wait_until(lambda: made._end is not None, 5, "The probe has no result.")


def test_it_ends_when_its_user_is_killed(server: Server) -> None:
    """The user here is a process that starts a probe, tells its process id, and dies."""
    code = (
        "import os, sys\n"
        "from checker.loadtest import plan, running\n"
        f"made = running.ProbeProcess(plan.make_plan({server.url!r}, rate=50, seconds=300))\n"
        "print(made._process.pid, flush=True)\n"
        "os._exit(1)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    pid = int(done.stdout)
    deadline = time.monotonic() + 20
    while _runs(pid):
        assert time.monotonic() < deadline, "it still runs"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    """Whether it is there, and not only waiting for somebody to ask how it ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_process_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(CouldNotFindOut, match="could not be started"):
        ProbeProcess(plan.make_plan("http://127.0.0.1:1/", count=1))


def test_process_that_says_nothing_is_told_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(_: plan.Plan) -> subprocess.Popen[str]:
        code = "import sys; sys.exit('out of order')"
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [sys.executable, "-c", code], stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )

    monkeypatch.setattr(running, "start_process", broken)
    with pytest.raises(CouldNotFindOut, match="does not begin") as caught:
        ProbeProcess(plan.make_plan("http://127.0.0.1:1/", count=1))
    assert caught.value.found == "out of order"


def test_first_answer_is_waited_for(server: Server, free_port: int) -> None:
    assert wait_for_answer(plan.make_plan(server.url), 0) == ""
    assert wait_for_answer(plan.make_plan(server.url + "/error"), 0) == ""
    assert wait_for_answer(plan.make_plan(f"http://127.0.0.1:{free_port}/"), 0.3) == "refused"
    assert server.requests == 2


def test_process_tells_its_beginning_its_counts_and_its_samples(
    server: Server, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    reader, writer = os.pipe()
    os.write(
        writer,
        json.dumps(asdict(plan.make_plan(server.url, rate=100, count=5, timeout=10))).encode()
        + b"\n",
    )
    zero = os.dup(0)
    os.dup2(reader, 0)
    monkeypatch.setattr(child.gc, "disable", lambda: None)
    monkeypatch.setattr(child.signal, "signal", lambda *_: None)
    try:
        child.main()
    finally:
        os.dup2(zero, 0)
        for each in (reader, writer, zero):
            os.close(each)
    lines = capsys.readouterr().out.splitlines()
    first, *_, last_counts, end = [json.loads(each) for each in lines]
    assert first["began"] > 0
    assert last_counts == {"counts": {"sent": 5, "lost": 0, "versions": {"1": 5}}}
    assert len(end["samples"]) == 5
    assert end["complete"] is True


def test_process_without_a_plan_ends() -> None:
    reader, writer = os.pipe()
    os.close(writer)
    with pytest.raises(SystemExit, match="no plan"):
        child.read_line(reader)
    os.close(reader)


def test_process_that_nobody_listens_to_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    def ended(status: int) -> None:
        raise SystemExit(status)

    monkeypatch.setattr(sys, "stdout", Gone())
    monkeypatch.setattr(os, "_exit", ended)
    with pytest.raises(SystemExit):
        child.send_message({})
