"""The interpreter's own side of the protocol; sessions with it are tested in test_session."""

from __future__ import annotations

import os
import sys
import threading

import pytest

from checker.pages.running import interpreter


def answers(monkeypatch: pytest.MonkeyPatch, *statements: bytes) -> list[str]:
    """What the interpreter answers to statements that come in pieces."""
    commands, sender = os.pipe()
    reader, results = os.pipe()
    monkeypatch.setattr(sys, "argv", ["interpreter.py", str(commands), str(results)])
    monkeypatch.setattr(sys, "path", [*sys.path])

    def send() -> None:
        for piece in statements:
            os.write(sender, piece)
        os.close(sender)

    threading.Thread(target=send).start()
    try:
        interpreter.main()
    finally:
        os.close(results)
    with os.fdopen(reader) as source:
        return source.read().split()


def test_each_statement_is_answered_with_its_status(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = b"\0>x = 1\0" + b"\0>x + " + b"1\0\0 x\nprint(x)\0", b"\0>1 / 0\0"
    assert answers(monkeypatch, *sent) == ["0", "0", "0", "1"]
    out, err = capsys.readouterr()
    assert out == "2\n1\n"
    assert err.startswith('Traceback (most recent call last):\n  File "<page>", line 1')


def test_exit_is_not_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit):
        answers(monkeypatch, b"\0>exit(3)\0")


def test_the_statement_sees_neither_our_arguments_nor_our_folder(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answers(monkeypatch, b"\0>import sys; print(sys.argv, sys.path[0], __name__)\0")
    assert capsys.readouterr().out == "['']  __main__\n"
