"""What is raised in a check is told apart: a verdict, the world outside, or the lab's fault."""

from __future__ import annotations

from pathlib import Path

import docker.errors
import httpx
import pytest
import requests

from checker.base.errors import CouldNotFindOut
from checker.checks import CheckFailed
from checker.checks.core.explain import explain_error

CHECKS = Path("/labs/docker/a/checks.py")


def test_failed_check_is_a_verdict() -> None:
    found = explain_error(CheckFailed("a", "b", "Do c."), CHECKS)
    assert (found.verdict, found.expected, found.found, found.next_step) == (
        *("failed", "a", "b", "Do c."),
    )


def test_error_of_the_course_keeps_its_words() -> None:
    error = CouldNotFindOut("No engine.", expected="one", found="none", next_step="Start it.")
    found = explain_error(error, CHECKS)
    assert (found.verdict, found.found) == ("could-not-check", "No engine. none")
    assert (found.expected, found.next_step) == ("one", "Start it.")


@pytest.mark.parametrize(
    "error",
    [
        docker.errors.APIError("the engine said no\nand more"),
        requests.exceptions.ReadTimeout("slow"),
        httpx.ReadTimeout("slow"),
        ConnectionResetError("gone"),
        TimeoutError(),
    ],
)
def test_trouble_outside_is_no_fault_of_the_lab(error: Exception) -> None:
    found = explain_error(error, CHECKS)
    assert found.verdict == "could-not-check"
    assert found.found.startswith(f"{type(error).__name__}: ")
    assert "\n" not in found.found
    assert "fault" not in found.next_step


def test_mistake_in_a_check_is_a_fault_of_the_lab() -> None:
    found = explain_error(KeyError("x"), CHECKS)
    assert (found.verdict, found.found) == ("could-not-check", f"{CHECKS}: KeyError: 'x'")
    assert "fault of the lab" in found.next_step
