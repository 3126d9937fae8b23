"""The cluster is left alone when it is ready, started when it is stopped, else made anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import NotFound

from checker.base import paths, process
from checker.base.errors import CouldNotFindOut
from checker.base.process import Completed
from checker.base.run import Run
from checker.docker import connection, docker_engine, endpoint
from checker.images import provider, store
from checker.orchestrators.kind import (
    cluster_files,
    cluster_nodes,
    cluster_tools,
    control_plane_backup,
    host_limits,
    kind_cluster,
    node_images,
)
from tests.engine_fakes import Programs
from tests.orchestrators.kind import cluster_objects

NODES = ["course-control-plane", "course-worker", "course-worker2"]
KUBECONFIG = "apiVersion: v1\n"


class Cluster(Programs):
    """A cluster as kind, docker and kubectl see it."""

    def __init__(self) -> None:
        super().__init__()
        self.nodes: dict[str, bool] = {}
        self.addresses: dict[str, str] = {}
        self.taken: set[str] = set()
        self.memory = 8 * 1024**3
        self.starts_well = True
        self.comes_up = True
        self.restores = False
        self.tools = 0
        self.images: list[str] = []
        self.loaded: list[str] = []
        self.kept: list[list[str]] = []
        self.freed: list[str] = []
        self.image = SimpleNamespace(source="rebuilt", id="sha256:now")
        self.made_from = "sha256:now"
        self.balancers: list[str] = []
        self.mounted_at = kind_cluster.SOCKET
        self.forgotten = False
        self.in_swarm = False
        self.slow = 0

    @property
    def names(self) -> list[str]:
        return NODES if self.memory >= host_limits.LEAST_MEMORY else NODES[:1]

    @property
    def makings(self) -> list[str]:
        return [call for call in self.calls if call.startswith("kind") and " create " in call]

    def run(self, argv: list[str], **options: Any) -> Completed:
        line = " ".join(map(str, argv))
        known = {start: self.answers[start] for start in self.answers if "kubectl" not in start}
        self.answers = {**known, "kubectl": (1, "connection refused")}
        if all(self.nodes.values()) and self.nodes:
            self._answer()
        if " delete cluster " in line or argv[:2] == ["docker", "rm"]:
            self.nodes = {}
        if " create cluster " in line:
            self.nodes = dict.fromkeys(self.names, self.comes_up)
            self.addresses = {}
            self._join(reversed(self.names))
            self.made_from = self.image.id
            cluster_files.kubeconfig_file().write_text(KUBECONFIG)
        if argv[:2] == ["docker", "stop"]:
            self.taken -= set(argv[2:])
            self.forgotten = False
            stopped(self)
        if argv[:2] == ["docker", "rename"]:
            self.forgotten = self.forgotten and self.in_swarm
        if "getent" in argv:
            self.answers[line] = (2 if self.forgotten or self.slow > 0 else 0, "")
            self.slow -= 1
        if argv[:2] == ["docker", "start"]:
            self._join(argv[2:])
            if self.starts_well:
                self.nodes = dict.fromkeys(self.nodes, True)
        return super().run(argv, **options)

    def _join(self, names: Iterable[str]) -> None:
        """Each that has none gets the lowest address that nobody has, as the engine does it."""
        for name in names:
            has = set(self.addresses.values())
            free = (f"10.0.0.{n}" for n in range(2 + len(self.taken), 20))
            self.addresses.setdefault(name, next(each for each in free if each not in has))

    def _answer(self) -> None:
        version = json.dumps({"serverVersion": {"gitVersion": "v1.37.2"}})
        self.answers["kubectl"] = (0, json.dumps({"items": self.objects()}))
        start = f"kubectl --kubeconfig {cluster_files.kubeconfig_file()}"
        self.answers[f"{start} version"] = (0, version)

    def objects(self) -> list[dict[str, Any]]:
        return cluster_objects.working(list(self.nodes))

    def client(self, timeout: int = 60) -> SimpleNamespace:
        containers = SimpleNamespace(list=self._list, get=self._get)
        info = {"CgroupVersion": "2", "MemTotal": self.memory}
        return SimpleNamespace(containers=containers, info=lambda: info, close=lambda: None)

    def _get(self, name: str) -> SimpleNamespace:
        if not self.nodes:
            raise NotFound("no such container")
        mounts = [{"Destination": self.mounted_at}]
        return SimpleNamespace(attrs={"Image": self.made_from, "Mounts": mounts})

    def _list(self, all: bool, filters: dict[str, str]) -> list[SimpleNamespace]:
        assert all
        if filters == {"label": "course.cloud.cluster=course"}:
            return [SimpleNamespace(name=name) for name in self.balancers]
        assert filters == {"label": "io.x-k8s.kind.cluster=course"}
        return [SimpleNamespace(name=name, attrs=self._attrs(name)) for name in self.nodes]

    def _attrs(self, name: str) -> dict[str, Any]:
        network = {"IPAddress": self.addresses.get(name, "")}
        return {
            "State": {"StartedAt": cluster_objects.STARTED.isoformat()},
            "NetworkSettings": {"Networks": {"kind": network}},
        }

    def restore(self, nodes: list[str]) -> bool:
        if self.restores:
            self.nodes = dict.fromkeys(self.nodes, True)
        return self.restores

    def get_tools(self, progress: object) -> None:
        self.tools += 1


@pytest.fixture
def cluster(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """No cluster yet, on an engine that answers."""
    fake = Cluster()
    monkeypatch.setattr(store, "inspect_image", lambda client, image: fake.image)
    fake.answers["docker run"] = (0, "000001ffffffffff\n1024\n524288\n")
    monkeypatch.setattr(process, "run", fake.run)
    monkeypatch.setattr(connection, "open_client", fake.client)
    monkeypatch.setattr(docker_engine, "ensure_engine", lambda: None)
    elsewhere = endpoint.Answer("unix:///fake", "running")
    monkeypatch.setattr(endpoint, "find_engine", lambda: elsewhere)
    monkeypatch.setattr(connection, "cli_environment", lambda: {"DOCKER_HOST": "unix:///fake"})
    monkeypatch.setattr(cluster_tools, "ensure_tools", fake.get_tools)
    monkeypatch.setattr(provider, "ensure_images", fake.images.extend)
    monkeypatch.setattr(
        node_images, "load_into_nodes", lambda names, nodes: fake.loaded.extend(names)
    )
    monkeypatch.setattr(control_plane_backup, "save_backup", fake.kept.append)
    monkeypatch.setattr(control_plane_backup, "restore_backup", fake.restore)
    monkeypatch.setattr(control_plane_backup, "delete_leader_leases", fake.freed.append)
    for name in ("READY_SECONDS", "AGAIN_SECONDS", "POLL_SECONDS"):
        monkeypatch.setattr(kind_cluster, name, 0.01)
    for name in ("KNOWN_SECONDS", "POLL_SECONDS"):
        monkeypatch.setattr(cluster_nodes, name, 0.01)
    paths.ensure_folder(paths.cache() / "engines")
    learners = Path.home() / ".kube"
    learners.mkdir()
    (learners / "config").write_text("the learner's")
    host_limits.find_limits.cache_clear()
    yield fake
    host_limits.find_limits.cache_clear()
    assert (learners / "config").read_text() == "the learner's"
    assert not [call for call in fake.calls if str(learners) in call]


@pytest.fixture
def ready(cluster: Cluster) -> Cluster:
    """The cluster is made, and nothing that was done for it counts any more."""
    kind_cluster.ensure_cluster()
    for record in (cluster.calls, cluster.images, cluster.loaded, cluster.kept):
        record.clear()
    cluster.tools = 0
    return cluster


def stopped(cluster: Cluster) -> None:
    cluster.nodes = dict.fromkeys(cluster.nodes, False)
    cluster.addresses = {}


def test_cluster_is_made_where_there_is_none(cluster: Cluster) -> None:
    kind_cluster.ensure_cluster()
    (making,) = cluster.makings
    assert "--name course" in making
    assert kind_cluster.node_names() == NODES
    assert kind_cluster.is_ready()
    assert cluster.images == [kind_cluster.IMAGE, kind_cluster.METRICS]
    assert cluster.loaded == [kind_cluster.METRICS]
    assert cluster.kept == [NODES]
    assert cluster.tools == 1


def test_configuration_is_the_one_for_this_machine(cluster: Cluster) -> None:
    kind_cluster.ensure_cluster()
    (making,) = cluster.makings
    words = making.split()
    config = Path(words[words.index("--config") + 1])
    assert config.read_text() == host_limits.kind_configuration(
        kind_cluster.IMAGE, kind_cluster.engine_socket_mount()
    )


def test_ready_cluster_is_left_alone(ready: Cluster) -> None:
    kind_cluster.ensure_cluster()
    looks = [call.split()[0] for call in ready.calls]
    assert looks == ["docker", "kubectl"]
    assert (ready.makings, ready.tools, ready.images) == ([], 0, [])


def test_stopped_cluster_is_started(ready: Cluster) -> None:
    stopped(ready)
    kind_cluster.ensure_cluster()
    assert ready.freed == ["course-control-plane"]
    assert ready.makings == []
    assert kind_cluster.is_ready()


def test_nodes_get_the_addresses_back_that_they_were_made_with(ready: Cluster) -> None:
    before = dict(ready.addresses)
    stopped(ready)
    ready.run(["docker", "start", *NODES])
    assert ready.addresses != before
    kind_cluster.ensure_cluster()
    assert ready.addresses == before
    assert ready.makings == []
    assert kind_cluster.is_ready()


def test_load_balancer_that_took_the_address_of_a_node_comes_after_it(ready: Cluster) -> None:
    before = dict(ready.addresses)
    stopped(ready)
    ready.balancers, ready.taken = ["course-lb.bakery.web"], {"course-lb.bakery.web"}
    kind_cluster.ensure_cluster()
    assert {name: ready.addresses[name] for name in NODES} == before
    assert ready.makings == []
    assert "course-lb.bakery.web" in ready.addresses


def test_cluster_whose_addresses_others_have_taken_is_made_anew(ready: Cluster) -> None:
    stopped(ready)
    ready.taken = {"another-control-plane"}
    kind_cluster.ensure_cluster()
    assert len(ready.makings) == 1
    assert kind_cluster.is_ready()


def test_cluster_that_does_not_start_well_is_mended(ready: Cluster) -> None:
    stopped(ready)
    ready.starts_well, ready.restores = False, True
    kind_cluster.ensure_cluster()
    assert ready.makings == []
    assert kind_cluster.is_ready()


def test_broken_cluster_is_made_anew(ready: Cluster) -> None:
    stopped(ready)
    ready.starts_well = False
    kind_cluster.ensure_cluster()
    assert len(ready.makings) == 1
    assert kind_cluster.is_ready()


def test_cluster_that_lost_a_node_is_made_anew(ready: Cluster) -> None:
    del ready.nodes["course-worker"]
    kind_cluster.ensure_cluster()
    assert len(ready.makings) == 1
    assert kind_cluster.node_names() == NODES


def test_lost_kubeconfig_does_not_count_as_ready(ready: Cluster) -> None:
    cluster_files.kubeconfig_file().unlink()
    assert not kind_cluster.is_ready()


@pytest.mark.parametrize("step", ["create", "wait", "metrics"])
def test_cluster_that_was_not_finished_is_made_anew(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def killed(*words: object, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        if step == "create":
            during.setattr(kind_cluster, "_run_kind", killed)
        elif step == "wait":
            cluster.comes_up = False
            during.setattr(kind_cluster, "_wait_until_ready", killed)
        else:
            during.setattr(control_plane_backup, "save_backup", killed)
        with pytest.raises(KeyboardInterrupt):
            kind_cluster.ensure_cluster()
    cluster.comes_up = True
    cluster.calls.clear()
    kind_cluster.ensure_cluster()
    assert len(cluster.makings) == 1
    assert kind_cluster.is_ready()


def test_what_is_left_of_the_old_cluster_is_removed_before(ready: Cluster) -> None:
    stopped(ready)
    ready.starts_well = False
    kind_cluster.ensure_cluster()
    removing = [
        number
        for number, call in enumerate(ready.calls)
        if call.startswith("docker rm") or " delete cluster " in call
    ]
    assert removing
    assert removing[0] < ready.calls.index(ready.makings[0])


def test_cluster_that_is_not_ready_in_time_is_told_with_what_to_do(cluster: Cluster) -> None:
    cluster.comes_up = False
    with pytest.raises(CouldNotFindOut, match="does not become ready") as told:
        kind_cluster.ensure_cluster()
    assert told.value.found == "not there: the API server"
    assert "./course doctor" in told.value.next_step
    assert not kind_cluster.is_ready()


def test_another_process_that_makes_it_is_waited_for(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def flock(file: object, mode: int) -> None:
        if mode & paths.fcntl.LOCK_NB:
            raise BlockingIOError
        cluster.nodes = dict.fromkeys(NODES, True)
        cluster._join(reversed(NODES))
        paths.write_atomically(cluster_files.kubeconfig_file(), KUBECONFIG)
        cluster_files.start_mark().touch()
        cluster_nodes.record_addresses()

    monkeypatch.setattr(paths.fcntl, "flock", flock)
    kind_cluster.ensure_cluster()
    assert "waiting for it" in capsys.readouterr().err
    assert cluster.makings == []


def test_one_node_only_under_4_gib_is_said_plainly(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    cluster.memory = 4 * 1024**3 - 1
    kind_cluster.ensure_cluster()
    assert kind_cluster.node_names() == NODES[:1]
    assert kind_cluster.is_ready()
    said = capsys.readouterr().err
    assert "one node only: there are less than 4 GiB of memory" in said


def test_workers_are_said_where_there_are_some(
    cluster: Cluster, capsys: pytest.CaptureFixture[str]
) -> None:
    kind_cluster.ensure_cluster()
    assert "a control plane and 2 workers" in capsys.readouterr().err


def test_node_that_is_not_ready_means_that_the_cluster_is_not(ready: Cluster) -> None:
    objects = [*ready.objects()[1:], cluster_objects.node(NODES[0], "Unknown")]
    ready.objects = lambda: objects  # type: ignore[method-assign]
    assert not kind_cluster.is_ready()


def test_status_without_a_cluster_says_who_makes_it(cluster: Cluster) -> None:
    found = kind_cluster.cluster_status()
    assert (found.name, found.running) == ("kind", False)
    assert "no cluster yet" in found.detail


def test_status_of_a_stopped_cluster_says_what_does_not_answer(ready: Cluster) -> None:
    stopped(ready)
    assert not kind_cluster.cluster_status().running
    assert "API server" in kind_cluster.cluster_status().detail


def test_status_of_a_ready_cluster_tells_version_and_nodes(ready: Cluster) -> None:
    found = kind_cluster.cluster_status()
    assert (found.running, found.version, found.detail) == (True, "v1.37.2", "3 nodes")


def test_nodes_without_an_engine_are_none(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(timeout: int = 60) -> None:
        raise CouldNotFindOut("No Docker Engine answers.")

    monkeypatch.setattr(connection, "open_client", away)
    assert kind_cluster.node_names() == []


def test_reset_mends_where_that_helps(ready: Cluster) -> None:
    stopped(ready)
    ready.restores = True
    kind_cluster.reset_cluster()
    assert ready.makings == []
    assert kind_cluster.is_ready()


def test_reset_makes_anew_where_nothing_helps(ready: Cluster) -> None:
    stopped(ready)
    kind_cluster.reset_cluster()
    assert len(ready.makings) == 1


@pytest.mark.parametrize("does", [kind_cluster.ensure_cluster, kind_cluster.mend_cluster])
def test_nodes_whose_names_the_engine_has_forgotten_are_entered_again(
    ready: Cluster, does: Callable[[], None]
) -> None:
    ready.restores = ready.forgotten = True
    does()
    assert "docker rename course-worker-again course-worker" in ready.calls
    assert cluster_nodes.can_find_each_other()
    assert not any(call.startswith("docker stop") for call in ready.calls)
    assert ready.makings == []


@pytest.mark.parametrize("does", [kind_cluster.ensure_cluster, kind_cluster.mend_cluster])
def test_nodes_start_anew_where_an_engine_in_a_swarm_enters_no_names(
    ready: Cluster, does: Callable[[], None]
) -> None:
    ready.restores = ready.forgotten = ready.in_swarm = True
    ready.balancers = ["course-lb.default.web"]
    does()
    assert cluster_nodes.can_find_each_other()
    [stop] = [call for call in ready.calls if call.startswith("docker stop")]
    assert set(stop.split()[2:]) == {*NODES, "course-lb.default.web"}
    assert cluster_nodes.have_their_addresses()
    assert ready.makings == []


def test_nodes_that_were_just_started_get_time_to_find_each_other(
    ready: Cluster, monkeypatch
) -> None:
    monkeypatch.setattr(cluster_nodes, "KNOWN_SECONDS", 5.0)
    stopped(ready)
    ready.slow = 5
    kind_cluster.ensure_cluster()
    assert kind_cluster.is_ready()
    assert not any(call.startswith("docker stop") for call in ready.calls)
    assert ready.makings == []


def test_cluster_made_anew_has_the_images_again_and_knows_of_no_run(ready: Cluster) -> None:
    kind_cluster.load_images(["nginx:1.26", "of-a-learner:1"])
    cluster_files.snapshot_file(Run("lab")).write_text("[]")
    ready.loaded.clear()
    kind_cluster.reset_cluster()
    assert ready.loaded == ["nginx:1.26", kind_cluster.METRICS]
    assert not cluster_files.snapshot_file(Run("lab")).exists()


def test_what_the_nodes_lacked_is_kept_for_later(ready: Cluster) -> None:
    stopped(ready)
    ready.starts_well = False
    kind_cluster.ensure_cluster()
    assert "not there: the API server" in cluster_files.troubles_file().read_text()


def test_load_balancers_of_the_cluster_go_with_it(ready: Cluster) -> None:
    ready.balancers = ["course-lb.bakery.web"]
    kind_cluster.delete_cluster()
    (removing,) = [call for call in ready.calls if call.startswith("docker rm")]
    assert removing.endswith(f"{' '.join(NODES)} course-lb.bakery.web")


@pytest.mark.parametrize("mounted_at", ["", kind_cluster.SOCKET])
def test_cluster_without_the_socket_of_its_cloud_is_made_anew(
    cluster: Cluster, mounted_at: str
) -> None:
    kind_cluster.ensure_cluster()
    cluster.mounted_at = mounted_at
    kind_cluster.ensure_cluster()
    assert len(cluster.makings) == (1 if mounted_at else 2)


@pytest.mark.parametrize("does", [kind_cluster.ensure_cluster, kind_cluster.reset_cluster])
def test_cluster_of_the_same_name_that_is_anothers_is_left_alone(
    cluster: Cluster, does: Callable[[], None]
) -> None:
    cluster.nodes = dict.fromkeys(NODES, True)
    with pytest.raises(CouldNotFindOut, match="the course did not make") as told:
        does()
    assert "course-worker" in told.value.found
    assert kind_cluster.node_names() == []
    kind_cluster.delete_cluster()
    assert cluster.calls == []


def test_cluster_in_the_engine_of_the_course_is_its_own(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster.nodes = dict.fromkeys(NODES, True)
    monkeypatch.setattr(
        endpoint, "find_engine", lambda: endpoint.Answer(endpoint.daemon_host(), "running")
    )
    assert kind_cluster.node_names() == NODES


def test_reset_makes_a_cluster_where_there_is_none(cluster: Cluster) -> None:
    kind_cluster.reset_cluster()
    assert len(cluster.makings) == 1


def test_intact_cluster_is_not_mended(ready: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control_plane_backup, "is_intact", lambda nodes: True)
    monkeypatch.setattr(control_plane_backup, "restore_backup", lambda nodes: pytest.fail("mended"))
    kind_cluster.mend_cluster()
    assert ready.makings == []


def test_cluster_that_was_taken_apart_is_mended(
    ready: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control_plane_backup, "is_intact", lambda nodes: False)
    mended: list[list[str]] = []
    monkeypatch.setattr(
        control_plane_backup, "restore_backup", lambda nodes: not mended.append(nodes)
    )
    kind_cluster.mend_cluster()
    assert mended == [NODES]
    assert ready.makings == []


def test_network_that_was_there_before_the_cluster_is_left(ready: Cluster) -> None:
    kind_cluster.delete_cluster()
    assert not [call for call in ready.calls if call.startswith("docker network rm")]


def test_network_that_was_made_for_the_cluster_goes_with_it(cluster: Cluster) -> None:
    cluster.answers["docker network inspect"] = (1, "no such network")
    kind_cluster.ensure_cluster()
    kind_cluster.delete_cluster()
    assert "docker network rm kind" in cluster.calls


def test_stop_removes_the_cluster_and_its_kubeconfigs(ready: Cluster) -> None:
    kind_cluster.delete_cluster()
    assert not (paths.state() / "kubernetes").exists()
    assert kind_cluster.node_names() == []


def test_stop_without_a_cluster_removes_nothing(cluster: Cluster) -> None:
    kind_cluster.delete_cluster()
    assert not [call for call in cluster.calls if " rm " in call or " delete " in call]


def test_images_are_loaded_into_all_nodes(ready: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[list[str], list[str]]] = []
    monkeypatch.setattr(node_images, "load_into_nodes", lambda *words: asked.append(words))
    kind_cluster.load_images(iter(["web:1"]))
    assert asked == [(["web:1"], NODES)]


def test_every_command_names_the_courses_own_kubeconfig(ready: Cluster) -> None:
    stopped(ready)
    ready.starts_well = False
    kind_cluster.ensure_cluster()
    kind_cluster.cluster_status()
    kind_cluster.delete_cluster()
    own = str(paths.state() / "kubernetes" / "config")
    for call, env in zip(ready.calls, ready.environments[-len(ready.calls) :], strict=True):
        if call.startswith("kubectl"):
            assert f"--kubeconfig {own}" in call
        if call.startswith("kind"):
            assert env["KUBECONFIG"] == own


@pytest.mark.parametrize("runs", [True, False])
def test_cluster_of_an_earlier_recipe_is_made_anew(cluster: Cluster, runs: bool) -> None:
    kind_cluster.ensure_cluster()
    cluster.nodes = dict.fromkeys(cluster.nodes, runs)
    cluster.made_from = "sha256:before"
    kind_cluster.ensure_cluster()
    assert len(cluster.makings) == 2


def test_cluster_whose_image_was_removed_goes_on(cluster: Cluster) -> None:
    kind_cluster.ensure_cluster()
    cluster.image = SimpleNamespace(source="missing", id="")
    kind_cluster.ensure_cluster()
    assert len(cluster.makings) == 1


def test_kind_and_kubectl_are_those_that_the_course_got(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = cluster_files.programs_folder()
    folder.mkdir(parents=True)
    for name in ("kind", "kubectl"):
        (folder / name).write_text('#!/bin/sh\necho "$0 $KUBECONFIG" >> "$SEEN"\n')
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    kind_cluster._run_kind("version")
    kind_cluster._run_kubectl("version", timeout=10)
    own = cluster_files.kubeconfig_file()
    seen = (tmp_path / "seen").read_text().splitlines()
    assert seen == [f"{folder}/kind {own}", f"{folder}/kubectl {own}"]
