"""Bytes and where they came from, with what can be expected of them."""

from __future__ import annotations

import json
import re
from typing import Any

from checker.checks.core.failure import CheckFailed, describe_value

Bytes = bytes
"""The type, under a name that the property `bytes` does not hide."""

BOMS = {b"\xff\xfe": "UTF-16 text", b"\xfe\xff": "UTF-16 text"}


class Content:
    """What was read from `what`: a file, a response, a program's output.

    Args:
        next_step: What a learner is told where an expectation names no step of its own.
    """

    def __init__(self, what: str, data: bytes, next_step: str) -> None:
        self.what = what
        self._data = data
        self._next_step = next_step

    @property
    def bytes(self) -> Bytes:
        return self._data

    @property
    def text(self) -> str:
        """The content as UTF-8 text, with line ends of one kind.

        Raises:
            CheckFailed: It is not UTF-8 text.
        """
        try:
            # terminals and Windows end lines with a carriage return, too
            return re.sub(r"\r+\n", "\n", self.bytes.decode("utf-8-sig"))
        except UnicodeDecodeError:
            found = BOMS.get(self.bytes[:2], describe_value(self.bytes))
            step = f"It must be plain text. {self._next_step}"
            raise CheckFailed(f"text (UTF-8) in {self.what}", found, step) from None

    @property
    def json(self) -> Any:
        """The content read as JSON.

        Raises:
            CheckFailed: It is not JSON.
        """
        try:
            return json.loads(self.text)
        except json.JSONDecodeError as error:
            raise CheckFailed(
                f"JSON in {self.what}", f"{describe_value(self.text)} ({error})", self._next_step
            ) from None

    def expect_text(self, expected: str, *, next_step: str = "") -> None:
        """Expect this text; kinds of line ends, and blank space at both ends, do not count."""
        if self.text.strip() != re.sub(r"\r+\n", "\n", expected).strip():
            raise self._explain_failure(describe_value(expected), self.text.strip(), next_step)

    def expect_bytes(self, expected: Bytes, *, next_step: str = "") -> None:
        """Expect this content, byte for byte."""
        if self.bytes != expected:
            what = f"{describe_value(expected)} in {self.what}"
            found = describe_value(self.bytes)
            if self.bytes.split() == expected.split():
                # shown as text, the two would look the same
                found = f"{found} (only line ends or blank space differ)"
            raise self._explain_failure(what, found, next_step)

    def expect_contains(self, expected: str, *, next_step: str = "") -> None:
        """Expect that `expected` stands somewhere in the text."""
        if expected not in self.text:
            what = f"{expected!r} in {self.what}"
            raise self._explain_failure(what, self.text.strip(), next_step)

    def expect_lacks(self, unwanted: str, *, next_step: str = "") -> None:
        """Expect that `unwanted` stands nowhere in the text."""
        if unwanted in self.text:
            lines = [line.strip() for line in self.text.splitlines() if unwanted in line]
            found = lines[0] if lines else unwanted
            raise self._explain_failure(f"no {unwanted!r} in {self.what}", found, next_step)

    def expect_matches(self, pattern: str, *, meaning: str = "", next_step: str = "") -> None:
        """Expect that a part of the text matches (`^` and `$` match at each line).

        Learners are shown `meaning`, in words, instead of the regular expression.
        """
        if not re.search(pattern, self.text, re.M):
            expected = meaning or f"something that matches {pattern} in {self.what}"
            raise self._explain_failure(expected, self.text.strip(), next_step)

    def expect_json(self, expected: Any, *, next_step: str = "") -> None:
        """Expect JSON that holds `expected`; objects may hold more than that."""
        if not _has_json(self.json, expected):
            what = f"JSON with {json.dumps(expected)}"
            raise self._explain_failure(what, self.text.strip(), next_step)

    def _explain_failure(self, expected: str, found: object, next_step: str) -> CheckFailed:
        return CheckFailed(expected, describe_value(found), next_step or self._next_step)


def _has_json(found: Any, expected: Any) -> bool:
    if isinstance(expected, dict) and isinstance(found, dict):
        return all(key in found and _has_json(found[key], each) for key, each in expected.items())
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) == len(expected) and all(map(_has_json, found, expected))
    return bool(found == expected)


class Output(Content):
    """What a command wrote, standard output and standard error together, and how it ended."""

    def __init__(self, command: str, status: int, data: bytes) -> None:
        super().__init__(f"the output of {command}", data, f"Run it yourself: {command}")
        self.command = command
        self.status = status

    def expect_status(self, expected: int, *, next_step: str = "") -> Output:
        """Expect that the command ended with this status."""
        if self.status != expected:
            what = f"{self.command} ends with status {expected}"
            step = next_step or self._next_step
            raise CheckFailed(what, f"status {self.status}: {describe_value(self.bytes)}", step)
        return self
