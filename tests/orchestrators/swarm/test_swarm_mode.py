"""A Swarm is made where there is none, left only if it is ours, and never touched otherwise."""

from __future__ import annotations

from typing import Any

import pytest
from docker.errors import APIError

from checker.base.errors import CouldNotFindOut
from checker.docker import connection, container_names, docker_engine
from checker.docker.connection import EngineStatus
from checker.docker.labels import OWNER
from checker.images import provider
from checker.orchestrators.kind import cluster_nodes
from checker.orchestrators.swarm import routing_mesh, swarm_mode


class Network:
    def __init__(self, engine: Engine, name: str, labels: dict[str, str]) -> None:
        self.engine, self.id, self.name, self.labels = engine, name, name, labels
        self.busy = 0

    def remove(self) -> None:
        if self.busy:
            self.busy -= 1
            raise APIError("it has active endpoints")
        del self.engine.networks_there[self.name]
        self.engine.asked.append(f"remove {self.name}")


class Service:
    def __init__(self, state: str) -> None:
        self.state = state

    def tasks(self) -> list[dict[str, Any]]:
        return [{"Status": {"State": self.state}}] if self.state else []


class Engine:
    """The SDK's client; `swarm_labels` is None while there is no Swarm that it may ask."""

    def __init__(self) -> None:
        self.local_state = "inactive"
        self.swarm_labels: dict[str, str] | None = None
        self.networks_there: dict[str, Network] = {}
        self.asked: list[str] = []
        self.fails: Exception | None = None
        self.node = "ready"
        self.task = "running"
        self.ipvs = b"no\n"
        self.services_there: list[str] = []
        self.others: list[str] = []
        self.api = Api(self)
        self.swarm = self.networks = self.containers = self
        self.services = type("Services", (), {"create": self._service})()

    def close(self) -> None: ...

    def info(self) -> dict[str, Any]:
        return {"Swarm": {"LocalNodeState": self.local_state, "Nodes": 1}, "ServerVersion": "26"}

    def inspect_swarm(self) -> dict[str, Any]:
        if self.swarm_labels is None:
            raise APIError("This node is not a swarm manager.")
        return {"Spec": {"Labels": self.swarm_labels}}

    def init(self, advertise_addr: str, listen_addr: str, name: str, labels: Any) -> None:
        if self.fails:
            raise self.fails
        self.asked.append(f"init {advertise_addr} {listen_addr}")
        self.local_state, self.swarm_labels = "active", dict(labels)

    def leave(self, force: bool) -> None:
        if self.fails:
            raise self.fails
        self.asked.append("leave")
        self.local_state, self.swarm_labels = "inactive", None

    def reload(self) -> None: ...

    def update(self, name: str, labels: dict[str, str]) -> None:
        self.swarm_labels = labels

    def nodes(self) -> list[dict[str, Any]]:
        if not self.node:
            raise APIError("no leader")
        return [{"Status": {"State": self.node}}]

    def list(self, names: list[str], filters: dict[str, str] | None = None) -> list[Network]:
        found = [each for each in self.networks_there.values() if each.name in names]
        if filters:
            key, _, value = filters["label"].partition("=")
            found = [each for each in found if each.labels.get(key) == value]
        return found

    def create(self, name: str, labels: dict[str, str], **options: Any) -> Network:
        self.asked.append(f"create {name}")
        self.networks_there[name] = Network(self, name, labels)
        return self.networks_there[name]

    def _service(self, *words: Any, name: str, labels: dict[str, str], **options: Any) -> Service:
        self.services_there.append(name)
        return Service(self.task)

    def run(self, image: str, command: list[str], **options: Any) -> bytes:
        return self.ipvs


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    fake = Engine()

    def removed(client: Engine, entries: list[Any]) -> dict[Any, str]:
        fake.asked += [f"remove {each.kind} {each.identity}" for each in entries]
        fake.services_there.clear()
        return {}

    monkeypatch.setattr("checker.docker.removal.remove_entries", removed)
    monkeypatch.setattr(cluster_nodes, "node_names", lambda: ["course-worker"])
    monkeypatch.setattr(
        container_names, "list_named_containers", lambda client: ["course-worker", *fake.others]
    )
    monkeypatch.setattr(
        container_names, "register_names", lambda own: fake.asked.append(f"enter {own}")
    )
    monkeypatch.setattr(connection, "open_client", lambda: fake)
    monkeypatch.setattr(docker_engine, "ensure_engine", lambda: None)
    monkeypatch.setattr(connection, "engine_status", lambda: EngineStatus("docker", True, "26", ""))
    monkeypatch.setattr(provider, "ensure_images", lambda names: None)
    monkeypatch.setattr(swarm_mode, "READY_SECONDS", 0.3)
    monkeypatch.setattr(routing_mesh, "TRY_SECONDS", 0.3)
    monkeypatch.setattr(routing_mesh, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(swarm_mode, "POLL_SECONDS", 0.01)
    return fake


class Api:
    def __init__(self, engine: Engine) -> None:
        self.inspect_swarm = engine.inspect_swarm
        self.nodes = engine.nodes
        self._engine = engine

    def services(self, filters: dict[str, str]) -> list[dict[str, str]]:
        return [{"ID": each} for each in self._engine.services_there if each == filters["name"]]


def test_swarm_is_made_on_the_loopback_address_and_marked(engine: Engine) -> None:
    swarm_mode.ensure_swarm()
    assert engine.asked[:2] == ["init 127.0.0.1 127.0.0.1:2377", f"create {swarm_mode.BRIDGE}"]
    assert engine.swarm_labels == {OWNER: "swarm", swarm_mode.MESH: "no"}
    assert engine.networks_there[swarm_mode.BRIDGE].labels == {OWNER: "swarm"}


def test_second_ensure_changes_nothing(engine: Engine) -> None:
    swarm_mode.ensure_swarm()
    before = list(engine.asked)
    swarm_mode.ensure_swarm()
    assert engine.asked == before


@pytest.mark.parametrize("state", ["active", "pending", "locked", "error"])
def test_swarm_of_the_learner_is_refused_and_left_alone(engine: Engine, state: str) -> None:
    engine.local_state = state
    engine.swarm_labels = {} if state == "active" else None
    with pytest.raises(CouldNotFindOut) as caught:
        swarm_mode.ensure_swarm()
    assert "did not make" in caught.value.message
    assert state in caught.value.found
    assert "docker swarm leave --force" in caught.value.next_step
    swarm_mode.leave_swarm()
    assert engine.asked == []
    assert engine.local_state == state


def test_init_that_fails_says_why(engine: Engine) -> None:
    engine.fails = APIError("bind: address already in use")
    with pytest.raises(CouldNotFindOut, match="could not be switched on") as caught:
        swarm_mode.ensure_swarm()
    assert "address already in use" in caught.value.found
    assert "2377" in caught.value.next_step


@pytest.mark.parametrize(("node", "found"), [("down", "down"), ("", "no leader")])
def test_node_that_does_not_become_ready_is_told(engine: Engine, node: str, found: str) -> None:
    engine.node = node
    with pytest.raises(CouldNotFindOut, match="does not become ready") as caught:
        swarm_mode.ensure_swarm()
    assert found in caught.value.found


def test_mesh_is_found_out_by_trying_once(engine: Engine) -> None:
    engine.ipvs = b"yes\n"
    swarm_mode.ensure_swarm()
    assert engine.swarm_labels == {OWNER: "swarm", swarm_mode.MESH: "yes"}
    assert f"remove service {routing_mesh.TRIED}" in engine.asked
    assert swarm_mode.swarm_status().detail == "1 node, with the routing mesh"


def test_try_that_does_not_run_is_told_and_removed(engine: Engine) -> None:
    for engine.task in ("pending", ""):
        with pytest.raises(CouldNotFindOut, match="does not run"):
            swarm_mode.ensure_swarm()
        assert engine.asked[-1] == f"remove service {routing_mesh.TRIED}"
    assert engine.swarm_labels == {OWNER: "swarm"}
    assert "not tried" in swarm_mode.swarm_status().detail


def test_status_tells_of_each_state(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert swarm_mode.swarm_status().detail == "no Swarm yet; a page or lab makes it"
    swarm_mode.ensure_swarm()
    assert swarm_mode.swarm_status() == EngineStatus(
        "swarm", True, "26", "1 node, without the routing mesh (no IPVS)"
    )
    engine.swarm_labels = {}
    assert swarm_mode.swarm_status() == EngineStatus(
        "swarm", False, "", "a Swarm that is not the course's"
    )

    def away() -> None:
        raise CouldNotFindOut("away")

    monkeypatch.setattr(connection, "open_client", away)
    assert swarm_mode.swarm_status().detail == "no engine to ask"


def test_stop_leaves_and_removes_the_network_once_it_is_free(engine: Engine) -> None:
    swarm_mode.ensure_swarm()
    engine.networks_there[swarm_mode.BRIDGE].busy = 2
    swarm_mode.leave_swarm()
    assert engine.asked[-3:] == ["leave", "enter ['course-worker']", f"remove {swarm_mode.BRIDGE}"]


def test_containers_of_others_that_lost_their_names_are_told_and_not_touched(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    swarm_mode.ensure_swarm()
    swarm_mode.leave_swarm()
    assert "docker restart" not in capsys.readouterr().err
    swarm_mode.ensure_swarm()
    engine.others = ["shop-web-1", "shop-db-1"]
    swarm_mode.leave_swarm()
    assert "docker restart shop-db-1 shop-web-1" in capsys.readouterr().err.replace("\n", " ")
    assert "enter ['course-worker']" in engine.asked


def test_network_that_does_not_go_is_told(engine: Engine) -> None:
    swarm_mode.ensure_swarm()
    engine.networks_there[swarm_mode.BRIDGE].busy = 1_000_000
    with pytest.raises(CouldNotFindOut, match="does not go"):
        swarm_mode.leave_swarm()


def test_network_of_an_earlier_swarm_of_the_learner_stays(engine: Engine) -> None:
    engine.networks_there[swarm_mode.BRIDGE] = Network(engine, swarm_mode.BRIDGE, {})
    swarm_mode.ensure_swarm()
    swarm_mode.leave_swarm()
    assert swarm_mode.BRIDGE in engine.networks_there


def test_leaving_that_fails_is_told(engine: Engine) -> None:
    swarm_mode.ensure_swarm()
    engine.fails = APIError("context deadline exceeded")
    with pytest.raises(CouldNotFindOut, match="does not do what it should"):
        swarm_mode.leave_swarm()


def test_stop_without_an_engine_is_fine(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        connection, "engine_status", lambda: EngineStatus("docker", False, "", "away")
    )
    swarm_mode.leave_swarm()
    assert engine.asked == []
