"""A probe under way in a process of its own, so that nothing here can delay what it sends."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import checker
from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.loadtest.load import Counts, Load
from checker.loadtest.plan import Plan
from checker.loadtest.result import Result, unpack_samples

START_SECONDS = 30.0
POLL_SECONDS = 0.1
END_SECONDS = 60.0
"""Beyond the last time-out: what handing over the samples may take on a busy machine."""


class ProbeProcess:
    """A probe that has begun to send.

    Raises:
        CouldNotFindOut: Its process cannot be started, or does not begin.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._changed = threading.Condition()
        self.counts = Counts()
        """What is known so far; a few tenths of a second old."""
        self.is_over = False
        """Whether its process has ended."""
        self._began: float | None = None
        self._end: dict[str, Any] | None = None
        self._errors = ""
        self._process = start_process(plan)
        self._reader = threading.Thread(target=self._read_messages, daemon=True)
        self._reader.start()
        self.wait_until(lambda: self._began is not None, START_SECONDS, "The probe does not begin.")

    def wait_until(self, condition: Callable[[], bool], timeout: float, message: str) -> None:
        """Wait for something that its messages tell.

        Args:
            condition: Looked at after each message.
            timeout: Seconds.
            message: The words of the error.

        Raises:
            CouldNotFindOut: It does not come in time, or not before the probe has ended.
        """
        with self._changed:
            self._changed.wait_for(lambda: condition() or self.is_over, timeout=timeout)
            if not condition():
                silent = "its process has ended" if self.is_over else "it says nothing"
                raise CouldNotFindOut(message, found=self._errors or silent)

    def stop(self) -> None:
        """Send no more; what is under way is waited for. Idempotent."""
        assert self._process.stdin
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def collect_result(self) -> Result:
        """Wait until it has ended, at most as long as its plan takes.

        Raises:
            CouldNotFindOut: Its process does not end, or ended without a result.
        """
        patience = self.plan.seconds + self.plan.timeout + END_SECONDS
        try:
            self.wait_until(lambda: self._end is not None, patience, "The probe has no result.")
        finally:
            self.kill()
        end, began = self._end or {}, self._began or 0.0
        samples = unpack_samples(end["samples"])
        return Result(self.plan, began, samples, end["cpu_seconds"], end["complete"])

    def kill(self) -> None:
        """End its process, whatever it is doing."""
        self.stop()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(0 if self._end is None else 5)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._reader.join(5)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()

    def _read_messages(self) -> None:
        """Take what the process says until it ends; the reader's thread."""
        assert self._process.stdout
        for line in self._process.stdout:
            with contextlib.suppress(ValueError), self._changed:
                message = json.loads(line)
                if "began" in message:
                    self._began = message["began"]
                elif "counts" in message:
                    self.counts = Counts(**message["counts"])
                elif "samples" in message:
                    self._end = message
                self._changed.notify_all()
        errors = self._process.stderr.read() if self._process.stderr else ""
        with self._changed:
            self.is_over, self._errors = True, errors.strip()[-500:]
            self._changed.notify_all()


def start_process(plan: Plan) -> subprocess.Popen[str]:
    """Start the process of a probe, and hand it its plan."""
    home = str(Path(checker.__file__).parents[1])
    try:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "checker.loadtest"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": home},
        )
        assert process.stdin
        process.stdin.write(json.dumps(asdict(plan)) + "\n")
        process.stdin.flush()
    except OSError as error:
        raise CouldNotFindOut("The probe could not be started.", found=str(error)) from error
    return process


def wait_for_answer(plan: Plan, within: float) -> str:
    """Ask once, and again for `within` seconds until something answers; this is not counted.

    Returns:
        "" or what became of the last attempt.
    """
    once = replace(plan, count=1, fresh=True, expect_version="")
    became = ""

    def answered() -> bool:
        nonlocal became
        sample = Load(once, lambda _: None).run()[0]
        became = "" if sample.status else sample.outcome
        return not became

    wait_until(answered, within, POLL_SECONDS)
    return became
