"""The learner's folder: files are read, never run, and never followed to the outside."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from checker.checks.core.content import Content
from checker.checks.core.failure import CheckFailed, listed, near, shown

LARGEST = 16 * 1024 * 1024
"""Bytes; no task asks for a bigger file, and a check must not fill the memory."""


class Workspace:
    """The fixture `workspace`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    @property
    def path(self) -> Path:
        """The folder itself, to hand on to `docker.build`."""
        return self._folder

    def file(self, name: str) -> File:
        """The file NAME, such as "status.txt" or "app/Dockerfile", whether or not it is there."""
        return File(self._folder, name)

    def folder(self, name: str = ".") -> Path:
        """A folder of the workspace, to hand on to `docker.build`.

        Raises:
            CheckFailed: It is not there, is a file, or lies outside.
        """
        path = _inside(self._folder, name)
        if not path.is_dir():
            raise CheckFailed(
                f"a folder {name}", _instead(self._folder, name), f"Make the folder {name}."
            )
        return path

    def files(self, pattern: str = "*") -> list[str]:
        """Names of the files that match, folders below included for `**/...` patterns."""
        found = (path for path in self._folder.glob(pattern) if path.is_file())
        return sorted(str(path.relative_to(self._folder)) for path in found)


class File(Content):
    """A file of the workspace; reading it, which every `expect_` does, needs it to be there."""

    def __init__(self, folder: Path, name: str) -> None:
        super().__init__(name, b"", f"Look into {name} and write it again.")
        self._folder = folder
        self.name = name

    @property
    def bytes(self) -> bytes:
        """What the file holds.

        Raises:
            CheckFailed: It is missing, unreadable, no ordinary file, too big, or outside.
        """
        path = self._existing()
        try:
            return path.read_bytes()
        except PermissionError:
            raise CheckFailed(
                f"a file {self.name} that can be read",
                f"it is there, but may not be read ({stat.filemode(path.stat().st_mode)})",
                f"Allow reading: chmod u+r {self.name}",
            ) from None

    def setting(self, name: str, *, next_step: str = "") -> str:
        """What stands behind NAME= on a line of the file, without blank space around it.

        Args:
            next_step: What the lines should look like.

        Raises:
            CheckFailed: There is no such line, or nothing stands behind it.
        """
        found = re.search(rf"^{re.escape(name)}[ \t]*=[ \t]*(\S.*?)[ \t]*$", self.text, re.M)
        if found is None:
            raise CheckFailed(
                f"a line {name}=... in {self.name}",
                self.text.strip() or "an empty file",
                next_step or f"Write a line {name}= with its value into {self.name}.",
            )
        return found[1]

    @property
    def exists(self) -> bool:
        return _inside(self._folder, self.name).exists()

    def expect_exists(self, *, next_step: str = "") -> None:
        """The file is there."""
        try:
            self._existing()
        except CheckFailed as failed:
            raise CheckFailed(
                failed.expected, failed.found, next_step or failed.next_step
            ) from None

    def expect_missing(self, *, next_step: str = "") -> None:
        """No such file is there."""
        if self.exists:
            raise CheckFailed(
                f"no file {self.name}", "it is there", next_step or f"Remove {self.name}."
            )

    def expect_executable(self, *, next_step: str = "") -> None:
        """The file may be run by its owner."""
        mode = self._existing().stat().st_mode
        if not mode & stat.S_IXUSR:
            raise CheckFailed(
                f"{self.name} may be run",
                f"its mode is {stat.filemode(mode)}",
                next_step or f"Allow it: chmod +x {self.name}",
            )

    def _existing(self) -> Path:
        path = _inside(self._folder, self.name)
        if not path.is_file():
            raise CheckFailed(
                f"a file {self.name}",
                _instead(self._folder, self.name),
                f"Make the file {self.name} in this lab's folder.",
            )
        if path.stat().st_size > LARGEST:
            raise CheckFailed(
                f"a small file {self.name}",
                f"{path.stat().st_size // 1024 // 1024} MiB",
                f"Write {self.name} again; it holds far more than it should.",
            )
        return path


def _inside(folder: Path, name: str) -> Path:
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise ValueError(f"{name!r} is not a name inside the workspace")
    try:
        path = (folder / name).resolve()
    except (OSError, RuntimeError):
        path = Path("/")
    if not path.is_relative_to(folder):
        raise CheckFailed(
            f"{name} inside this lab's folder",
            f"a link to {shown(_target(folder / name))}",
            f"Put the file itself here: remove the link {name} and copy the file.",
        )
    return path


def _target(link: Path) -> str:
    try:
        return str(link.readlink())
    except OSError:
        return "another place"


def _instead(folder: Path, name: str) -> str:
    """What is there in the place of a file that is missing."""
    path = folder / name
    if path.is_dir():
        return "a folder of that name"
    if path.is_symlink():
        return f"a link to {_target(path)}, which is not there"
    if path.exists():
        return "something that is no ordinary file"
    if not path.parent.is_dir():
        return f"not even the folder {Path(name).parent}"
    there = [each.name for each in path.parent.iterdir() if not each.name.endswith(".ipynb")]
    alike = near(path.name, there)
    return f"no such file, but {listed(alike)}" if alike else "no such file"
