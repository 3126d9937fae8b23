"""What was taken apart is mended with the least that helps."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from checker.base import process
from checker.docker import connection
from checker.orchestrators.kind import control_plane_backup

NODES = ["course-control-plane", "course-worker"]


class Nodes:
    """Runs scripts in nodes by pretending; `fails` names those that end with status 1."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, str]] = []
        self.fails: set[str] = set()
        self.strangers = ""

    def run(self, argv: list[str], **options: Any) -> SimpleNamespace:
        name = next(
            (each for each in SCRIPTS if getattr(control_plane_backup, each) == argv[-1]), argv[-1]
        )
        self.ran.append((argv[2], name))
        if name in self.fails and options["check"]:
            raise process.CommandFailed("no")
        said = self.strangers if name == "DISOWN" else ""
        return SimpleNamespace(status=int(name in self.fails), output=said)

    @property
    def names(self) -> list[str]:
        return [name for _, name in self.ran]


SCRIPTS = (
    *("SAVE", "SAVE_KUBELET", "FILES", "SERVICES", "ANSWERS", "DISOWN", "SAME_SPECS"),
    *("ETCD", "INTACT", "RUNS", "FREE"),
)


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Nodes:
    fake = Nodes()
    monkeypatch.setattr(process, "run", fake.run)
    monkeypatch.setattr(connection, "cli_environment", dict)
    monkeypatch.setattr(control_plane_backup, "READY_SECONDS", 0.05)
    monkeypatch.setattr(control_plane_backup, "AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(control_plane_backup, "POLL_SECONDS", 0.01)
    return fake


def test_files_and_services_are_put_right_on_every_node_and_etcd_is_left_alone(nodes) -> None:
    assert control_plane_backup.restore_backup(NODES)
    services = ["SERVICES", "SERVICES"]
    assert nodes.names == ["FILES", *services, "ANSWERS", "DISOWN", "SAME_SPECS"]
    assert [node for node, name in nodes.ran if name == "SERVICES"] == NODES


def test_kubelet_whose_node_was_deleted_is_restarted_and_a_node_without_machine_is_not(
    nodes: Nodes,
) -> None:
    nodes.strangers = "course-worker ghost\n"
    assert control_plane_backup.restore_backup(NODES)
    restarted = [node for node, script in nodes.ran if script == "systemctl restart kubelet"]
    assert restarted == ["course-worker"]


def test_system_parts_that_differ_come_from_the_backup(nodes: Nodes) -> None:
    nodes.fails = {"SAME_SPECS"}
    assert control_plane_backup.restore_backup(NODES)
    assert nodes.names[-3:-1] == ["ETCD", "ANSWERS"]
    assert nodes.ran[-1] == (NODES[1], control_plane_backup.KUBELET)


def test_api_that_never_answers_is_tried_with_the_backup_and_then_given_up(nodes: Nodes) -> None:
    nodes.fails = {"ANSWERS"}
    assert not control_plane_backup.restore_backup(NODES)
    assert "ETCD" in nodes.names
    assert "SAME_SPECS" not in nodes.names


def test_leases_are_freed_once_the_api_answers(nodes: Nodes) -> None:
    control_plane_backup.delete_leader_leases(NODES[0])
    assert nodes.ran == [(NODES[0], "ANSWERS"), (NODES[0], "FREE")]


def test_leases_of_an_api_that_never_answers_are_left(nodes: Nodes) -> None:
    nodes.fails = {"ANSWERS"}
    control_plane_backup.delete_leader_leases(NODES[0])
    assert "FREE" not in nodes.names


def test_without_what_was_kept_nothing_can_be_mended(nodes: Nodes) -> None:
    nodes.fails = {"FILES"}
    assert not control_plane_backup.restore_backup(NODES)
    assert nodes.names == ["FILES"]


@pytest.mark.parametrize(("fails", "intact"), [("", True), ("INTACT", False), ("RUNS", False)])
def test_cluster_is_intact_if_control_plane_and_services_are(
    nodes: Nodes, fails: str, intact: bool
) -> None:
    nodes.fails = {fails}
    assert control_plane_backup.is_intact(NODES) is intact


def test_keeping_that_fails_is_an_error(nodes: Nodes) -> None:
    control_plane_backup.save_backup(NODES)
    assert [node for node, name in nodes.ran if name == "SAVE_KUBELET"] == NODES
    assert [node for node, name in nodes.ran if name == "SAVE"] == NODES[:1]
    nodes.fails = {"SAVE"}
    with pytest.raises(process.CommandFailed):
        control_plane_backup.save_backup(NODES)
