"""A node image gets its images by a container that is always removed, and nothing else is left."""

from __future__ import annotations

import io
import tarfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from checker.base import polling, process
from checker.base.errors import CouldNotFindOut
from checker.base.process import CommandFailed, Completed
from checker.docker import connection
from checker.images import golang, node_image
from tests.engine_fakes import Programs

RECIPE = Path(node_image.__file__).parent / "recipes" / "kindest-node"
ID = "0123456789ab"
CONTAINER = f"course-node-{ID}"
KUBEADM = """\
registry.example/kube-apiserver:v1.37.2
registry.example/kube-proxy:v1.37.2
registry.example/coredns/coredns:v1.13.1
registry.k8s.io/pause:3.10
registry.example/etcd:3.6.5-0
"""


class Docker(Programs):
    """A docker command that writes what it saves, and keeps the names in what it is given."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[str] = []
        self.answers[f"docker exec {CONTAINER} cat /kind/version"] = (0, "v1.37.2\n")
        self.answers[f"docker exec {CONTAINER} kubeadm"] = (0, KUBEADM)

    def run(self, argv: list[str], **options: Any) -> Completed:
        done = super().run(argv, **options)
        if argv[1] == "save":
            with tarfile.open(argv[3], "w") as archive:
                for name in ("blobs/", "blobs/a", "index.json", "manifest.json", "oci-layout"):
                    member = tarfile.TarInfo(name)
                    member.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
                    archive.addfile(member, io.BytesIO())
        if argv[1] == "cp":
            with tarfile.open(argv[2]) as archive:
                self.given = archive.getnames()
        return done

    def position(self, part: str) -> int:
        return next(number for number, call in enumerate(self.calls) if part in call)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Docker:
    fake = Docker()
    monkeypatch.setattr(process, "run", fake.run)
    monkeypatch.setattr(connection, "cli_environment", lambda: {"DOCKER_HOST": "unix:///fake"})
    monkeypatch.setattr(node_image.uuid, "uuid4", lambda: SimpleNamespace(hex=ID * 3))
    return fake


def finish(folder: Path) -> None:
    names = ("kindest/node:v1", "kindest/node:latest")
    node_image.finish_node("bare:1", names, ["course.recipe=abc"], folder, lambda detail: None)


def test_finished_node_gets_its_names_labels_and_the_entrypoint_of_kind(
    engine: Docker, tmp_path: Path
) -> None:
    finish(tmp_path)
    commit = engine.calls[engine.position("docker commit")]
    assert "--change LABEL course.recipe=abc" in commit
    assert '--change ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]' in commit
    assert commit.endswith(f" {CONTAINER} kindest/node:v1")
    assert "docker tag kindest/node:v1 kindest/node:latest" in engine.calls


def test_all_of_the_engine_is_the_courses(engine: Docker, tmp_path: Path) -> None:
    finish(tmp_path)
    assert {env.get("DOCKER_HOST") for env in engine.environments} == {"unix:///fake"}
    assert "--label course.owner=images" in engine.calls[engine.position("docker run")]


def test_images_bear_the_names_that_kubeadm_asks_for(engine: Docker, tmp_path: Path) -> None:
    finish(tmp_path)
    assert f"docker exec {CONTAINER} kubeadm config images list --kubernetes-version v1.37.2" in (
        engine.calls
    )
    tagged = dict(
        reversed(call.split()[2:]) for call in engine.calls if call.startswith("docker tag course-")
    )
    parts = {name: tag.split("/")[1].split(":")[0] for name, tag in tagged.items()}
    assert parts == {
        "docker.io/course/system:1": "system",
        "registry.example/kube-apiserver:v1.37.2": "system",
        "registry.example/kube-proxy:v1.37.2": "system",
        "registry.example/etcd:3.6.5-0": "system",
        "registry.example/coredns/coredns:v1.13.1": "coredns",
        "docker.io/rancher/local-path-provisioner:v0.0.30": "provisioner",
        "registry.k8s.io/pause:3.10": "pause",
    }


def test_node_is_given_an_archive_of_dockers(engine: Docker, tmp_path: Path) -> None:
    finish(tmp_path)
    assert engine.given == ["blobs", "blobs/a", "manifest.json"]
    load = engine.calls[engine.position("images import")]
    assert load.endswith("--no-unpack --compress-blobs /images.tar")
    assert not (tmp_path / "saved.tar").exists()


def test_nothing_but_the_node_image_is_left(engine: Docker, tmp_path: Path) -> None:
    finish(tmp_path)
    parts = " ".join(f"course-part/{target}:{ID}" for target in node_image.TARGETS)
    assert f"docker exec {CONTAINER} rm /images.tar" in engine.calls
    assert f"docker image rm {parts}" in engine.calls
    assert engine.calls[-2:] == [f"docker rm -f -v {CONTAINER}", "docker image rm bare:1"]
    (names,) = [call for call in engine.calls if call.startswith("docker image rm docker.io")]
    assert "registry.example/etcd:3.6.5-0" in names


def test_container_is_committed_before_it_is_removed(engine: Docker, tmp_path: Path) -> None:
    finish(tmp_path)
    order = ["docker run", "images import", "docker commit", "docker rm -f"]
    found = [engine.position(part) for part in order]
    assert found == sorted(found)


@pytest.mark.parametrize(
    "step", ["run", "build", f"exec {CONTAINER} kubeadm", "save", "cp", "commit"]
)
def test_whatever_fails_container_and_bare_image_are_removed(
    engine: Docker, tmp_path: Path, step: str
) -> None:
    engine.answers[f"docker {step}"] = (1, "it failed")
    with pytest.raises(CommandFailed):
        finish(tmp_path)
    assert engine.calls[-2:] == [f"docker rm -f -v {CONTAINER}", "docker image rm bare:1"]


@pytest.mark.parametrize("step", ["build", "save", "commit"])
def test_whatever_fails_built_parts_are_removed(engine: Docker, tmp_path: Path, step: str) -> None:
    engine.answers[f"docker {step}"] = (1, "it failed")
    with pytest.raises(CommandFailed):
        finish(tmp_path)
    assert engine.position("docker image rm course-part/")


def test_containerd_that_does_not_start_is_told(
    engine: Docker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_image, "START_SECONDS", -1)
    engine.answers[f"docker exec {CONTAINER} ctr version"] = (1, "connection refused")
    with pytest.raises(CouldNotFindOut, match="containerd does not start"):
        finish(tmp_path)
    assert f"docker rm -f -v {CONTAINER}" in engine.calls


def test_slow_containerd_is_waited_for(
    engine: Docker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctr = f"docker exec {CONTAINER} ctr version"
    engine.answers[ctr] = (1, "connection refused")
    clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _: engine.answers.pop(ctr))
    monkeypatch.setattr(polling, "time", clock)
    finish(tmp_path)
    assert engine.calls.count(ctr) == 2


def test_files_of_kind_and_the_version_are_put_into_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = tmp_path / "module" / node_image.KIND_FILES
    files.mkdir(parents=True)
    (files / "entrypoint").touch()
    monkeypatch.setattr(golang, "ensure_toolchain", lambda progress: "go")
    monkeypatch.setattr(golang, "find_sources", lambda go, module, package: tmp_path / "module")
    folder = tmp_path / "build"
    folder.mkdir()
    node_image.add_kind_files(RECIPE, folder, lambda detail: None)
    assert (folder / "kind" / "entrypoint").exists()
    assert (folder / "version").read_text() == golang.find_program(RECIPE, "kubernetes").version


def test_provisioner_uses_a_service_account_that_is_there() -> None:
    objects = list(yaml.safe_load_all((RECIPE / "default-storage.yaml").read_text()))
    accounts = [each["metadata"]["name"] for each in objects if each["kind"] == "ServiceAccount"]
    (deployment,) = [each for each in objects if each["kind"] == "Deployment"]
    pod = deployment["spec"]["template"]["spec"]
    command = pod["containers"][0]["command"]
    assert accounts == [command[command.index("--service-account-name") + 1]]
    assert accounts == [pod["serviceAccountName"]]
