"""`./course probe`: lines for people, one object for programs, files, and an exit status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from checker.cli.main import main
from checker.loadtest import command
from tests.loadtest.conftest import Server
from tests.loadtest.test_result import ROLLOUT, result, sample


def run(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, ["probe", "--timeout", "10", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_nothing_lost_is_status_0(server: Server) -> None:
    status, out, _ = run(server.url, "--rate", "100", "--count", "20")
    assert status == 0
    lines = out.splitlines()
    assert lines[0] == "sent      20 in 0.2 s, 100 a second, kept connections"
    assert lines[1:3] == ["lost      0", "versions  1: 20"]


def test_something_lost_is_status_1(server: Server) -> None:
    status, out, _ = run(server.url + "/error", "--rate", "100", "--seconds", "0.1", "--fresh")
    assert status == 1
    assert "fresh connections\nlost      10: 10 wrong-status\n" in out
    assert "latency" not in out


def test_bad_use_is_status_2(tmp_path: Path) -> None:
    status, _, err = run("http://10.1.2.3/")
    assert (status, "this machine only" in err) == (2, True)
    status, _, err = run("http://127.0.0.1:1/", "--csv", str(tmp_path / "no" / "a.csv"))
    assert (status, "no folder" in err) == (2, True)
    assert run("http://127.0.0.1:1/", "--rate", "much")[0] == 2


def test_nobody_at_the_start_is_status_3(free_port: int) -> None:
    status, out, err = run(f"http://127.0.0.1:{free_port}/")
    assert (status, out) == (3, "")
    assert "nobody accepts connections" in err


def test_json_is_one_object_and_nothing_else(server: Server) -> None:
    status, out, _ = run(server.url, "--rate", "100", "--count", "5", "--json")
    assert status == 0
    assert json.loads(out)["versions"] == {"1": 5}


def test_files_are_written(server: Server, tmp_path: Path) -> None:
    csv, svg = tmp_path / "a.csv", tmp_path / "a.svg"
    run(server.url, "--rate", "100", "--count", "3", "--csv", str(csv), "--svg", str(svg))
    first, *rows = csv.read_text().splitlines()
    assert first == ",".join(command.COLUMNS)
    assert [row.split(",")[4:] for row in rows] == [["ok", "200", "1", "fresh"]] * 3
    assert svg.read_text().startswith("<svg")


def test_file_that_cannot_be_written_is_told(server: Server, tmp_path: Path) -> None:
    status, _, err = run(server.url, "--rate", "100", "--count", "3", "--csv", "/proc/a.csv")
    assert (status, "cannot be written" in err) == (2, True)


def test_file_that_may_not_be_written_is_told_before_anything_is_sent(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command.os, "access", lambda *_: False)
    status, _, err = run(server.url, "--count", "3", "--csv", str(tmp_path / "a.csv"))
    assert (status, "Permission denied" in err, "Sending" in err) == (2, True, False)


def test_expected_version_is_demanded(server: Server) -> None:
    status, out, _ = run(server.url, "--rate", "100", "--count", "3", "--expect-version", "2")
    assert (status, "3 wrong-version" in out) == (1, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_ends_it_with_the_result_so_far(server: Server, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "checker", "probe", server.url, "--rate", "100", "--seconds", "200"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    server.wait_for_requests(20)
    os.kill(process.pid, number)
    out, _ = process.communicate(timeout=60)
    assert "(stopped early, 20000 were planned)" in out
    assert process.returncode == 0


def test_losses_are_summed_up_with_their_times() -> None:
    lines = command.summarize_result(result(ROLLOUT)).splitlines()
    assert lines[1] == "lost      3: 2 refused, 1 closed"
    assert lines[2] == "          first after 0.20 s, last after 0.40 s"
    assert lines[3] == "versions  1: 2, 2: 2"
    assert lines[4] == "latency   p50 10 ms, p90 200 ms, p99 200 ms, slowest 200 ms"


def test_lost_request_has_no_status_in_the_file() -> None:
    lost = sample(0.5, "", "refused")
    lost.status = 0
    line = command.format_csv(result([lost])).splitlines()[1]
    assert line == "1,0.500000,0.501000,0.510000,refused,,,kept"
