"""Bytes and where they came from, with what can be expected of them."""

from __future__ import annotations

import json
import re
from typing import Any

from checker.checks.core.failure import CheckFailed, shown

Bytes = bytes
"""The type, under a name that the property `bytes` does not hide."""

BOMS = {b"\xff\xfe": "UTF-16 text", b"\xfe\xff": "UTF-16 text"}


class Content:
    """What was read from `what`: a file, an answer, a program's output."""

    def __init__(self, what: str, data: bytes, where_to_look: str) -> None:
        self.what = what
        self._data = data
        self._look = where_to_look

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
            return self.bytes.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError:
            found = BOMS.get(self.bytes[:2], shown(self.bytes))
            raise CheckFailed(
                f"text (UTF-8) in {self.what}", found, f"Write {self.what} again as plain text."
            ) from None

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
                f"JSON in {self.what}", f"{shown(self.text)} ({error})", self._look
            ) from None

    def expect_text(self, expected: str, *, next_step: str = "") -> None:
        """The text is `expected`; blank space at both ends does not count."""
        if self.text.strip() != expected.strip():
            raise CheckFailed(shown(expected), shown(self.text.strip()), next_step or self._look)

    def expect_bytes(self, expected: Bytes, *, next_step: str = "") -> None:
        """The content is `expected`, byte for byte."""
        if self.bytes != expected:
            raise CheckFailed(
                f"{shown(expected)} in {self.what}", shown(self.bytes), next_step or self._look
            )

    def expect_contains(self, expected: str, *, next_step: str = "") -> None:
        """`expected` stands somewhere in the text."""
        if expected not in self.text:
            raise CheckFailed(
                f"{expected!r} in {self.what}", shown(self.text.strip()), next_step or self._look
            )

    def expect_lacks(self, unwanted: str, *, next_step: str = "") -> None:
        """`unwanted` stands nowhere in the text."""
        if unwanted in self.text:
            lines = [line.strip() for line in self.text.splitlines() if unwanted in line]
            found = shown(lines[0] if lines else unwanted)
            raise CheckFailed(f"no {unwanted!r} in {self.what}", found, next_step or self._look)

    def expect_matches(self, pattern: str, *, meaning: str = "", next_step: str = "") -> None:
        """A part of the text matches a regular expression (`^` and `$` match at each line).

        Args:
            meaning: What the pattern stands for, in words; learners are shown this instead.
        """
        if not re.search(pattern, self.text, re.M):
            raise CheckFailed(
                meaning or f"something that matches {pattern} in {self.what}",
                shown(self.text.strip()),
                next_step or self._look,
            )

    def expect_json(self, expected: Any, *, next_step: str = "") -> None:
        """The content is JSON that holds `expected`; objects may hold more than that."""
        if not _holds(self.json, expected):
            raise CheckFailed(
                f"JSON with {json.dumps(expected)}",
                shown(self.text.strip()),
                next_step or self._look,
            )


def _holds(found: Any, expected: Any) -> bool:
    if isinstance(expected, dict) and isinstance(found, dict):
        return all(key in found and _holds(found[key], value) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(found, list):
        return len(found) == len(expected) and all(map(_holds, found, expected))
    return bool(found == expected)


class Output(Content):
    """What a command wrote, standard output and standard error together, and how it ended."""

    def __init__(self, command: str, status: int, data: bytes) -> None:
        super().__init__(f"the output of {command}", data, f"Run it yourself: {command}")
        self.command = command
        self.status = status

    def expect_status(self, expected: int, *, next_step: str = "") -> Output:
        """The command ended with this status."""
        if self.status != expected:
            raise CheckFailed(
                f"{self.command} ends with status {expected}",
                f"status {self.status}: {shown(self.bytes)}",
                next_step or self._look,
            )
        return self
