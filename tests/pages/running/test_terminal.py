"""What a terminal would show."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from checker.pages.running.terminal import PseudoTerminal, render_text


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("plain\nlines\n", "plain\nlines\n"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("\x1b[1;32mgreen\x1b[0m", "green"),
        ("\x1b]0;title\x07text", "text"),
        ("10%\r50%\r100%\n", "100%\n"),
        ("long text\rshort\x1b[K", "short"),
        ("abc\x1b[2K\rx", "x"),
        ("abc\b\bX", "aXc"),
        ("abc\x1b[2DX", "aXc"),
        ("a\x1b[3CX", "a   X"),
        ("abc\x1b[1GX", "Xbc"),
        ("\x1b[?2004hprompt", "prompt"),
        ("be\x07ll\x00", "bell"),
        ("\b\bx", "x"),
        ("\x1b(Bx", "x"),
    ],
)
def test_shown(written: str, seen: str) -> None:
    assert render_text(written) == seen


def test_what_is_typed_arrives_at_the_device() -> None:
    terminal = PseudoTerminal()
    try:
        terminal.type_line("hello")
        with Path(terminal.device).open("rb", buffering=0) as device:
            assert device.readline() == b"hello\n"
            size = os.get_terminal_size(device.fileno())
        assert (size.lines, size.columns) == (50, 240)
    finally:
        terminal.close()


def test_a_closed_terminal_is_gone() -> None:
    terminal = PseudoTerminal()
    terminal.close()
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        try:
            os.close(os.open(terminal.device, os.O_RDWR | os.O_NOCTTY))
        except OSError:
            return
    pytest.fail("the terminal is still there")
