"""A build happens in a copy of the recipe, with what it takes from this machine; failures tell."""

from __future__ import annotations

import itertools
import platform
import shutil
import ssl
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from checker.base import paths, process
from checker.base.errors import CouldNotFindOut
from checker.base.process import CommandFailed, Completed
from checker.docker import apt
from checker.images import builder, catalogue, golang, node_image
from checker.images.catalogue import Image
from tests.images.conftest import Engine

SOURCES = "deb http://mirror.example/debian trixie main\n"


@pytest.fixture
def tool(engine: Engine) -> Image:
    return catalogue.find_image("tool")


@pytest.fixture
def debian(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A Debian machine with mmdebstrap, and what apt was asked to install."""
    machine = SimpleNamespace(programs={"mmdebstrap", "apt-get", "dpkg-deb"}, installed=[])
    which = lambda name: f"/usr/bin/{name}" if name in machine.programs else None  # noqa: E731
    monkeypatch.setattr("shutil.which", which)
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": "debian"})
    monkeypatch.setattr(apt, "list_sources", lambda release: SOURCES.replace("trixie", release))
    monkeypatch.setattr(apt, "install_packages", machine.installed.extend)
    return machine


def left_in_cache() -> list[Path]:
    return list((paths.cache() / "builds").iterdir())


def failing(output: str, errors: str = "") -> CommandFailed:
    done = Completed(("docker", "build"), 1, output, errors, 1.0)
    return CommandFailed("docker build ended with status 1.", done)


def caught(image: Image) -> CouldNotFindOut:
    with pytest.raises(CouldNotFindOut) as error:
        builder.build_image(image)
    return error.value


def test_image_gets_its_names_and_the_fingerprint_of_its_recipe(engine: Engine, tool) -> None:
    builder.build_image(tool)
    (call,) = engine.calls
    assert "--tag tool:1 --tag tool:latest" in call
    assert f"--label course.recipe={catalogue.fingerprint_recipe(tool)}" in call
    assert "--label course.rebuilt=true" in call
    assert "--pull=false" in call
    assert engine.environments == [{"DOCKER_HOST": "unix:///fake"}]


def test_build_sees_the_recipe_and_leaves_nothing(engine: Engine, tool, recipes: Path) -> None:
    (recipes / "tool/conf").mkdir()
    (recipes / "tool/conf/a.conf").touch()
    builder.build_image(tool)
    assert engine.contexts == [["Dockerfile", "conf/a.conf"]]
    assert left_in_cache() == []


def test_failed_build_leaves_nothing_and_shows_its_last_lines(engine: Engine, tool) -> None:
    engine.answers["docker build"] = failing("first\n" * 20 + "E: Unable to fetch")
    error = caught(tool)
    assert error.message == "tool:1 could not be built."
    assert error.found.endswith("first\nE: Unable to fetch")
    assert "./course doctor" in error.next_step
    assert left_in_cache() == []


def test_build_that_takes_too_long_says_so(engine: Engine, tool) -> None:
    engine.answers["docker build"] = CommandFailed("docker took longer than 1800 s.")
    assert caught(tool).found == "docker took longer than 1800 s."


def test_what_a_killed_build_left_is_removed_by_the_next(engine: Engine, tool) -> None:
    left = paths.cache() / "builds" / "tmpkilled"
    left.mkdir(parents=True)
    (left / "root.tar").touch()
    engine.during = lambda line: None if not left.exists() else pytest.fail("still there")
    builder.build_image(tool)
    assert left_in_cache() == []


def test_build_in_the_same_cache_is_waited_for(
    engine: Engine, tool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def flock(file: object, mode: int) -> None:
        if mode & paths.fcntl.LOCK_NB:
            raise BlockingIOError

    monkeypatch.setattr(paths.fcntl, "flock", flock)
    builder.build_image(tool)
    assert "another process is building images" in capsys.readouterr().err


DOCKERFILE = [f"  {number} |     RUN something" for number in range(12)]


@pytest.mark.parametrize(
    "error",
    [
        failing("E: Write error - write (28: No space left on device)"),
        failing("#5 write /var/lib/docker/tmp/x: no space left on device"),
        failing("\n".join(["dpkg: No space left on device", *DOCKERFILE, "ERROR: exit code 100"])),
        failing("", "OSError: [Errno 28] No space left on device"),
        OSError(28, "No space left on device"),
        shutil.Error([("a", "b", "[Errno 28] No space left on device: 'b'")]),
    ],
    ids=["C library", "Go", "far above the end", "standard error", "this process", "copying"],
)
def test_full_disk_is_called_so(engine: Engine, tool, error: Exception) -> None:
    engine.answers["docker build"] = error
    told = caught(tool)
    assert told.message == "The disk is full: tool:1 could not be built."
    assert "o space left on device" in told.found
    assert "\n" not in told.found
    assert not told.found.startswith("[(")
    assert told.expected == "2 GiB free for builds"
    assert "docker builder prune" in told.next_step
    assert left_in_cache() == []


def test_cache_without_room_for_a_folder_is_called_full(
    engine: Engine, tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(dir: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(builder.tempfile, "TemporaryDirectory", full)
    assert caught(tool).message.startswith("The disk is full")
    assert engine.calls == []


def test_other_trouble_with_files_is_told(engine: Engine, tool) -> None:
    engine.answers["docker build"] = PermissionError(13, "Permission denied")
    error = caught(tool)
    assert error.message == "tool:1 could not be built."
    assert "Permission denied" in error.found


@pytest.fixture
def base(engine: Engine, recipes: Path, debian: SimpleNamespace) -> Image:
    """An image that starts from nothing but Debian's packages."""
    (recipes / "base/bootstrap").write_text("trixie\n")
    return catalogue.find_image("base:1")


@pytest.fixture
def inputs(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What programs were given on their standard input."""
    given: list[str] = []

    def run(argv: list[str], **options: object) -> Completed:
        given.append(str(options.get("input")))
        return engine.run(argv, **options)

    monkeypatch.setattr(process, "run", run)
    return given


def test_root_file_system_comes_from_the_mirror_of_apt(
    engine: Engine, base: Image, inputs: list[str]
) -> None:
    builder.build_image(base)
    words = engine.calls[0].split()
    assert words[:3] == ["mmdebstrap", "--variant=minbase", "--format=tar"]
    assert "--dpkgopt=path-exclude=/usr/share/man/*" in words
    assert words[-3] == "trixie"
    assert words[-2].endswith("/root.tar")
    assert words[-1] == "-"
    assert inputs[0] == SOURCES
    assert engine.calls[1].startswith("docker build")


def test_elsewhere_than_on_debian_its_own_mirror_is_used(
    engine: Engine, base: Image, inputs: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": "ubuntu"})
    builder.build_image(base)
    assert engine.calls[0].endswith("root.tar")
    assert inputs[0] == ""


@pytest.mark.parametrize(
    ("system", "packages"),
    [("debian", ["mmdebstrap"]), ("ubuntu", ["mmdebstrap", "debian-archive-keyring"])],
)
def test_mmdebstrap_is_installed_where_it_is_missing(
    base: Image, debian: SimpleNamespace, monkeypatch, system: str, packages: list[str]
) -> None:
    debian.programs.remove("mmdebstrap")
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"ID": system})
    builder.build_image(base)
    assert debian.installed == packages


def test_mmdebstrap_that_is_there_is_not_installed(base: Image, debian: SimpleNamespace) -> None:
    builder.build_image(base)
    assert debian.installed == []


def test_without_mmdebstrap_and_apt_the_kit_is_named(
    engine: Engine, base: Image, debian: SimpleNamespace
) -> None:
    debian.programs.clear()
    error = caught(base)
    assert "mmdebstrap, which is not here" in error.message
    assert "./course images import FILE" in error.next_step
    assert engine.calls == []
    assert left_in_cache() == []


def test_mmdebstrap_that_fails_is_told(engine: Engine, base: Image) -> None:
    engine.answers["mmdebstrap"] = failing("", "E: cannot reach the mirror")
    error = caught(base)
    assert (error.message, error.found) == (
        "base:1 could not be built.",
        "E: cannot reach the mirror",
    )


def test_pinned_wheel_is_unpacked_and_only_its_files_are_left(
    engine: Engine, tool, recipes: Path
) -> None:
    def download(line: str) -> None:
        if " pip download " in line:
            with zipfile.ZipFile(Path(line.split(" -d ")[1]) / "node-1-py3.whl", "w") as wheel:
                wheel.writestr("node/bin/node", "binary")

    (recipes / "tool/requirements.txt").write_text("node==1 --hash=sha256:0\n")
    engine.during = download
    builder.build_image(tool)
    assert engine.calls[0].startswith(f"{sys.executable} -m pip download --quiet --no-deps")
    assert "--require-hashes --only-binary :all:" in engine.calls[0]
    assert engine.contexts == [["Dockerfile", "requirements.txt", "wheel/node/bin/node"]]


@pytest.mark.parametrize(
    ("processor", "named"), [("x86_64", "x86_64"), ("aarch64", "aarch64"), ("arm64", "aarch64")]
)
def test_wheels_are_those_for_the_python_that_the_recipe_names(
    engine: Engine, tool, recipes: Path, monkeypatch: pytest.MonkeyPatch, processor: str, named: str
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: processor)
    (recipes / "tool/requirements.txt").write_text("node==1 --hash=sha256:0\n")
    builder.build_image(tool)
    assert "--python-version" not in engine.calls[0]
    assert "--platform" not in engine.calls[0]
    (recipes / "tool/python-version").write_text("3.13\n")
    engine.calls.clear()
    builder.build_image(tool)
    words = engine.calls[0].split()
    assert words[words.index("--python-version") + 1] == "3.13"
    pairs = itertools.pairwise(words)
    platforms = [after for word, after in pairs if word == "--platform"]
    assert platforms == [f"manylinux{each}_{named}" for each in ("2014", "_2_17", "_2_28")]


def test_index_that_is_away_is_told(engine: Engine, tool, recipes: Path) -> None:
    (recipes / "tool/requirements.txt").write_text("node==1 --hash=sha256:0\n")
    engine.answers[f"{sys.executable} -m pip"] = failing("", "ERROR: No matching distribution")
    assert caught(tool).found == "ERROR: No matching distribution"


def test_certificates_are_brought_along_where_a_recipe_wants_them(
    engine: Engine, tool, recipes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (recipes / "tool/needs-ca-bundle").touch()
    (tmp_path / "company.crt").write_text("ours")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "company.crt"))
    builder.build_image(tool)
    assert engine.contexts == [["Dockerfile", "ca-certificates.crt", "needs-ca-bundle"]]


@pytest.fixture
def bundles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The certificate lists that are there; the two usual places are known to the machine."""
    there: list[str] = []
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    usual = SimpleNamespace(cafile="/usual.pem")
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: usual)
    monkeypatch.setattr(Path, "is_file", lambda path: str(path) in there)
    return there


def test_certificates_are_those_chosen_then_pythons_then_the_systems(
    bundles: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    bundles += ["/etc/ssl/certs/ca-certificates.crt"]
    assert str(builder.find_ca_bundle()) == "/etc/ssl/certs/ca-certificates.crt"
    bundles += ["/usual.pem"]
    assert str(builder.find_ca_bundle()) == "/usual.pem"
    bundles += ["/chosen.pem"]
    monkeypatch.setenv("SSL_CERT_FILE", "/chosen.pem")
    assert str(builder.find_ca_bundle()) == "/chosen.pem"


@pytest.mark.parametrize("chosen", ["/nowhere.pem", ""])
def test_missing_certificates_are_told(bundles: list[str], monkeypatch, chosen: str) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", chosen)
    with pytest.raises(CouldNotFindOut, match="no list of trusted") as error:
        builder.find_ca_bundle()
    assert "ca-certificates" in error.value.next_step


@pytest.fixture
def compiled(engine: Engine, recipes: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tool has a program of its own; the names of those that were compiled."""
    (recipes / "tool/programs.toml").write_text(
        '[[program]]\nname = "serve"\nmodule = "serve"\npackage = "."\nversion = "x.org/serve"\n'
    )
    (recipes / "tool/go/serve").mkdir(parents=True)
    (recipes / "tool/go/serve/go.mod").write_text("require (\n\tx.org/serve v1.0.0\n)\n")
    names: list[str] = []

    def compile_all(wanted: list[golang.Program], progress: golang.Progress) -> None:
        for program in wanted:
            names.append(program.name)
            program.folder.mkdir(parents=True)
            program.file.write_text("binary")

    monkeypatch.setattr(golang, "compile_programs", compile_all)
    return names


def test_programs_of_a_recipe_are_compiled_and_put_beside_it(
    engine: Engine, tool: Image, compiled: list[str]
) -> None:
    builder.build_image(tool)
    assert compiled == ["serve"]
    assert "programs/serve" in engine.contexts[0]
    assert left_in_cache() == []


def test_program_that_cannot_be_compiled_stops_the_build(
    engine: Engine, tool: Image, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def compile_all(wanted: list[golang.Program], progress: golang.Progress) -> None:
        raise failing("main.go:1: write /go/x: no space left on device")

    monkeypatch.setattr(golang, "compile_programs", compile_all)
    assert caught(tool).message == "The disk is full: tool:1 could not be built."
    assert engine.calls == []


def test_too_little_room_for_compiling_is_told_as_it_is(
    engine: Engine, tool: Image, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(golang, "compile_programs", lambda wanted, progress: golang.require_room())
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=0))
    assert caught(tool).message == "There is too little room to compile Kubernetes."


@pytest.fixture
def finished(
    engine: Engine, recipes: Path, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[str, tuple[str, ...], list[str]]]:
    """The tool is a cluster's node; what was asked when it was finished."""
    asked: list[tuple[str, tuple[str, ...], list[str]]] = []

    def add_parts(recipe: Path, folder: Path, progress: golang.Progress) -> None:
        (folder / "version").write_text("v1")

    def finish(bare: str, names: tuple[str, ...], labels: list[str], *rest: object) -> None:
        assert engine.held[bare]
        asked.append((bare, names, labels))

    (recipes / "tool" / builder.NODE).touch()
    monkeypatch.setattr(node_image, "add_kind_files", add_parts)
    monkeypatch.setattr(node_image, "finish_node", finish)
    return asked


def test_node_of_a_cluster_is_finished_before_it_gets_its_names(
    engine: Engine, tool: Image, finished: list[tuple[str, tuple[str, ...], list[str]]]
) -> None:
    builder.build_image(tool)
    ((bare, names, labels),) = finished
    assert bare.startswith("course-part/bare:")
    assert names == ("tool:1", "tool:latest")
    assert f"course.recipe={catalogue.fingerprint_recipe(tool)}" in labels
    assert list(engine.held) == [bare]
    assert "version" in engine.contexts[0]


def test_other_images_are_not_finished_as_nodes(
    engine: Engine, finished: list[tuple[str, tuple[str, ...], list[str]]]
) -> None:
    builder.build_image(catalogue.find_image("base:1"))
    assert finished == []
    assert engine.contexts == [["Dockerfile"]]
