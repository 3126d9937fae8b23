"""Tells an emulator that runs the code of now from one that was started before an update."""

from __future__ import annotations

import hashlib
from pathlib import Path

HERE = Path(__file__).parent
BESIDE = ("aws.py", "awsconfig.py", "ecsprocess.py")
"""What else the process runs, or is started with."""


def fingerprint() -> str:
    """Of the sources that are on the disk now, and of the installed MiniStack."""
    from importlib.metadata import version

    made = hashlib.sha256(version("ministack").encode())
    for file in (*sorted(HERE.glob("*.py")), *(HERE.parent / name for name in BESIDE)):
        made.update(file.read_bytes())
    return made.hexdigest()
