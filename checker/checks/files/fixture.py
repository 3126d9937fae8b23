"""The learner's folder: files are read, never run, and never followed to the outside."""

from __future__ import annotations

import re
import stat
from pathlib import Path

from checker.checks.core.content import Content
from checker.checks.core.failure import CheckFailed, describe_value, find_similar_names, join_names

LARGEST = 16 * 1024 * 1024
"""Bytes; no task asks for a bigger file, and a check must not fill the memory."""


class Workspace:
    """The fixture `workspace`."""

    def __init__(self, folder: Path) -> None:
        self.path = folder.resolve()
        """The folder itself, to hand on to `docker.build`."""

    def file(self, name: str) -> WorkspaceFile:
        """Return the file NAME, such as "app/Dockerfile", whether or not it is there."""
        return WorkspaceFile(self.path, name)

    def folder(self, name: str = ".") -> Path:
        """Return a folder of the workspace, to hand on to `docker.build`.

        Raises:
            CheckFailed: It is not there, is a file, or lies outside.
        """
        path = resolve_inside(self.path, name)
        if not path.is_dir():
            found = describe_missing(self.path, name)
            raise CheckFailed(f"a folder {name}", found, f"Make the folder {name}.")
        return path

    def files(self, pattern: str = "*") -> list[str]:
        """Return names of the files that match, folders below included for `**/...` patterns."""
        found = (path for path in self.path.glob(pattern) if path.is_file())
        return sorted(str(path.relative_to(self.path)) for path in found)


class WorkspaceFile(Content):
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
        path = self._find_path()
        try:
            return path.read_bytes()
        except PermissionError:
            found = f"it is there, but may not be read ({stat.filemode(path.stat().st_mode)})"
            step = f"Allow reading: chmod u+r {self.name}"
            raise CheckFailed(f"a file {self.name} that can be read", found, step) from None

    def setting(self, name: str, *, next_step: str = "") -> str:
        """Return what stands behind NAME= on a line of the file, without blank space around it.

        `next_step` says what the lines should look like.

        Raises:
            CheckFailed: There is no such line, nothing stands behind it, or there are several that
                say different things: whoever guesses twice has not answered.
        """
        pattern = rf"^[ \t]*{re.escape(name)}[ \t]*=[ \t]*(\S.*?)[ \t]*$"
        found = re.findall(pattern, self.text, re.M)
        if not found:
            expected = f"a line {name}=... in {self.name}"
            step = next_step or f"Write a line {name}= with its value into {self.name}."
            raise CheckFailed(expected, self.text.strip() or "an empty file", step)
        if len(set(found)) > 1:
            step = f"Leave the one that is right: {name}= may stand in {self.name} once."
            raise CheckFailed(f"one line {name}=... in {self.name}", "; ".join(found), step)
        return str(found[0])

    @property
    def exists(self) -> bool:
        return resolve_inside(self._folder, self.name).exists()

    def expect_exists(self, *, next_step: str = "") -> None:
        """Expect that the file is there."""
        try:
            self._find_path()
        except CheckFailed as failed:
            step = next_step or failed.next_step
            raise CheckFailed(failed.expected, failed.found, step) from None

    def expect_missing(self, *, next_step: str = "") -> None:
        """Expect that no such file is there."""
        if self.exists:
            step = next_step or f"Remove {self.name}."
            raise CheckFailed(f"no file {self.name}", "it is there", step)

    def expect_executable(self, *, next_step: str = "") -> None:
        """Expect that its owner may run the file."""
        mode = self._find_path().stat().st_mode
        if not mode & stat.S_IXUSR:
            step = next_step or f"Allow it: chmod +x {self.name}"
            raise CheckFailed(f"{self.name} may be run", f"its mode is {stat.filemode(mode)}", step)

    def _find_path(self) -> Path:
        path = resolve_inside(self._folder, self.name)
        if not path.is_file():
            expected = f"a file {self.name}"
            step = f"Make the file {self.name} in this lab's folder."
            raise CheckFailed(expected, describe_missing(self._folder, self.name), step)
        if path.stat().st_size > LARGEST:
            expected = f"a small file {self.name}"
            step = f"Write {self.name} again; it holds far more than it should."
            raise CheckFailed(expected, f"{path.stat().st_size // 1024 // 1024} MiB", step)
        return path


def resolve_inside(folder: Path, name: str) -> Path:
    """Return the path of a name in a folder, links followed.

    Raises:
        CheckFailed: It leads to the outside.
        ValueError: The name itself does, which is a mistake of the check.
    """
    if Path(name).is_absolute() or ".." in Path(name).parts:
        raise ValueError(f"{name!r} is not a name inside the workspace")
    try:
        path = (folder / name).resolve()
    except (OSError, RuntimeError):
        # links in a circle lead nowhere, so not inside either
        path = Path("/")
    if not path.is_relative_to(folder):
        expected = f"{name} inside this lab's folder"
        step = f"Put the file itself here: remove the link {name} and copy the file."
        raise CheckFailed(expected, f"a link to {describe_value(read_link(folder / name))}", step)
    return path


def read_link(link: Path) -> str:
    """Return where a link points to, in words if it is none itself."""
    try:
        return str(link.readlink())
    except OSError:
        return "another place"


def describe_missing(folder: Path, name: str) -> str:
    """Describe what is there in the place of a file that is missing."""
    path = folder / name
    if path.is_dir():
        return "a folder of that name"
    if path.is_symlink():
        return f"a link to {read_link(path)}, which is not there"
    if path.exists():
        return "something that is not an ordinary file"
    if not path.parent.is_dir():
        return f"not even the folder {Path(name).parent}"
    others = [each.name for each in path.parent.iterdir() if not each.name.endswith(".ipynb")]
    alike = find_similar_names(path.name, others)
    return f"no such file, but {join_names(alike)}" if alike else "no such file"
