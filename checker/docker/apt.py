"""Packages of the distribution: installed the usual way, or unpacked into a private folder."""

from __future__ import annotations

import platform
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from checker.base import console, paths, process
from checker.base.errors import CouldNotFindOut
from checker.docker.privilege import run_as_root

LISTS_SECONDS = 300.0
LISTS_AGE_SECONDS = 3600.0
FETCH_SECONDS = 1200.0
KEYRINGS = Path("/usr/share/keyrings")
TARGETS = "$(REPO_URI)\t$(RELEASE)\t$(COMPONENT)"
QUIET = {"DEBIAN_FRONTEND": "noninteractive"}


def read_release() -> dict[str, str]:
    """Return what /etc/os-release says of this system; empty where there is none."""
    try:
        return platform.freedesktop_os_release()
    except OSError:
        return {}


def has_apt() -> bool:
    """Tell whether this system has apt."""
    return shutil.which("apt-get") is not None and shutil.which("dpkg-deb") is not None


def install_packages(packages: Iterable[str]) -> None:
    """Install packages on this machine, as root.

    Raises:
        CommandFailed: apt failed.
        CouldNotFindOut: This user may not become root.
    """
    names = sorted(packages)
    if not names:
        return
    with console.step(f"Installing {', '.join(names)} with apt-get"):
        run_as_root(["apt-get", "update", "-qq"], timeout=LISTS_SECONDS, env=QUIET)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *names]
        run_as_root(install, timeout=FETCH_SECONDS, env=QUIET)
    installed = sorted({*list_installed_packages(), *names})
    paths.write_atomically(installed_file(), "\n".join(installed) + "\n")


def list_installed_packages() -> list[str]:
    """Return the packages that the course installed on this machine, so far."""
    return installed_file().read_text().split() if installed_file().exists() else []


def installed_file() -> Path:
    """Return the list of these packages; it need not be there."""
    return paths.state() / "installed-packages.txt"


@dataclass(frozen=True)
class Archive:
    """A second apt, with sources and lists of its own in a folder, which may go; needs no root.

    It offers the release `codename` of this system's own distribution and mirror.
    """

    folder: Path
    codename: str

    def update_lists(self) -> None:
        """Fetch the package lists, unless that was done within the hour.

        Raises:
            CouldNotFindOut: This system's apt names no mirror, or the mirror does not answer.
        """
        done = self.folder / "updated"
        if done.exists() and time.time() - done.stat().st_mtime < LISTS_AGE_SECONDS:
            return
        for part in ("lists/partial", "cache/archives/partial"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        (self.folder / "sources.list").write_text(list_sources(self.codename))
        self._run_apt("apt-get", "update", "-qq", timeout=LISTS_SECONDS)
        done.touch()

    def find_versions(self, packages: Iterable[str]) -> dict[str, str]:
        """Return the newest version of each package that the archive has."""
        done = self._run_apt("apt-cache", "madison", *packages, timeout=60)
        rows = [line.split("|") for line in done.output.splitlines()]
        found: dict[str, str] = {}
        for name, version, *_ in ((cell.strip() for cell in row) for row in rows if len(row) > 2):
            found.setdefault(name, version)
        return found

    def unpack_packages(self, packages: Iterable[str], target: Path) -> None:
        """Download packages and unpack their files below `target`."""
        downloads = self.folder / "downloads"
        shutil.rmtree(downloads, ignore_errors=True)
        downloads.mkdir(parents=True)
        self._run_apt("apt-get", "download", "-qq", *packages, timeout=FETCH_SECONDS, cwd=downloads)
        for file in sorted(downloads.glob("*.deb")):
            process.run(["dpkg-deb", "-x", file, target], timeout=300)
        shutil.rmtree(downloads)

    def _run_apt(
        self, program: str, *arguments: str, timeout: float, cwd: Path | None = None
    ) -> process.Completed:
        settings = {
            "Dir::Etc::sourcelist": self.folder / "sources.list",
            "Dir::Etc::sourceparts": "-",
            "Dir::State::lists": self.folder / "lists",
            "Dir::Cache": self.folder / "cache",
            "APT::Sandbox::User": "root",
        }
        options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
        return process.run([program, *options, *arguments], timeout=timeout, cwd=cwd)


def list_sources(codename: str) -> str:
    """Return this system's own apt sources, with its release replaced by `codename`.

    Raises:
        CouldNotFindOut: apt has no source of this system's release.
    """
    release = read_release().get("VERSION_CODENAME", "")
    file = KEYRINGS / f"{read_release().get('ID', '')}-archive-keyring.gpg"
    keys = f"[signed-by={file}] " if file.exists() else ""
    done = process.run(["apt-get", "indextargets", "--format", TARGETS], timeout=30, check=False)
    targets = [line.split("\t") for line in done.output.splitlines()]
    lines = {
        f"deb {keys}{uri} {codename}{name.removeprefix(release)} {component}\n"
        for uri, name, component in (each for each in targets if len(each) == 3)
        if release and name in (release, f"{release}-updates", f"{release}-security")
    }
    if not lines:
        raise CouldNotFindOut(
            f"apt has no source for {release or 'this system'}.",
            next_step="Set a mirror in /etc/apt/sources.list, then run it again.",
        )
    return "".join(sorted(lines))
