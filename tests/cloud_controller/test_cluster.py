"""What the controller asks of the API server, against a server that answers and remembers."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from cloud_controller.cluster import Cluster
from kubernetes import client

RBAC = Path(__file__).parents[2] / "labs" / "cloud-controller" / "manifests" / "rbac.yaml"
NODE = {"metadata": {"name": "worker", "uid": "1"}}
Object = dict[str, Any]


class Handler(BaseHTTPRequestHandler):
    """Every object is there, but those called `missing`; a list has one, a watch another."""

    server: Server

    def do_GET(self) -> None:
        self.answer()

    def do_PATCH(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def do_DELETE(self) -> None:
        self.answer()

    def answer(self) -> None:
        given = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        url = urlsplit(self.path)
        path, watched = url.path, "watch" in parse_qs(url.query)
        self.server.calls.add(call(self.command, path, watched))
        created = given if self.command == "POST" else b""
        body = created or json.dumps(self.body(path, watched)).encode() + b"\n"
        self.send_response(404 if path.endswith("/missing") else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self, path: str, watched: bool) -> Object:
        if watched:
            meta = {"name": "changed", "resourceVersion": "2"}
            return {"type": "MODIFIED", "object": {"metadata": meta}}
        if path in ("/api/v1/nodes", "/api/v1/services"):
            return {"metadata": {"resourceVersion": "1"}, "items": [NODE]}
        return NODE

    def log_message(self, *words: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """With all that was asked for, as a pair of resource and verb."""

    calls: set[tuple[str, str]]


def call(method: str, path: str, watched: bool) -> tuple[str, str]:
    """The resource and the verb by which a rule allows a request."""
    parts = path.removeprefix("/api/v1/").split("/")
    kind, *more = parts[2:] if parts[0] == "namespaces" else parts
    resource = "/".join([kind, *more[1:]])
    reading = "watch" if watched else "get" if more else "list"
    verb = {"GET": reading, "PATCH": "patch", "POST": "create", "DELETE": "delete"}[method]
    return resource, verb


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(("127.0.0.1", 0), Handler)
    made.calls = set()
    thread = threading.Thread(target=made.serve_forever, args=(0.05,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def cluster(server: Server) -> Cluster:
    settings = client.Configuration(host=f"http://127.0.0.1:{server.server_port}")
    settings.proxy = None
    return Cluster(client.CoreV1Api(client.ApiClient(settings)))


def watch(cluster: Cluster, kind: str) -> list[str]:
    """The names that a watch tells of, until it tells of a change."""
    stop, told = threading.Event(), list[str]()

    def on_change(found: Object) -> None:
        told.append(found["metadata"]["name"])
        if told[-1] == "changed":
            stop.set()

    cluster.watch(kind, on_change, stop)
    return told


def test_what_is_missing_is_none_and_deleting_it_is_fine(cluster: Cluster) -> None:
    assert cluster.node("missing") is None
    assert cluster.service("shop/missing") is None
    cluster.delete_node("missing")
    found = cluster.node("worker")
    assert found
    assert found["metadata"] == NODE["metadata"]


@pytest.mark.parametrize("kind", ["node", "service"])
def test_watch_tells_of_all_that_is_there_and_then_of_changes(cluster: Cluster, kind: str) -> None:
    assert watch(cluster, kind) == ["worker", "changed"]


def test_manifest_allows_each_thing_that_it_does_and_no_other(
    server: Server, cluster: Cluster
) -> None:
    change: Object = {"metadata": {}}
    done: dict[str, Callable[[], object]] = {
        "nodes": cluster.nodes,
        "node": lambda: cluster.node("worker"),
        "service": lambda: cluster.service("shop/web"),
        "patch_node": lambda: cluster.patch_node("worker", change),
        "patch_node_status": lambda: cluster.patch_node_status("worker", change),
        "delete_node": lambda: cluster.delete_node("worker"),
        "patch_service": lambda: cluster.patch_service("shop/web", change),
        "patch_service_status": lambda: cluster.patch_service_status("shop/web", change),
        "record": lambda: cluster.record(NODE, "Normal", "Synced", "Node synced"),
        "watch": lambda: [watch(cluster, kind) for kind in ("node", "service")],
    }
    assert set(done) == {name for name in vars(Cluster) if not name.startswith("_")}
    for act in done.values():
        act()
    assert server.calls == rules()


def rules() -> set[tuple[str, str]]:
    (role,) = (x for x in yaml.safe_load_all(RBAC.read_text()) if x["kind"] == "ClusterRole")
    assert all(rule["apiGroups"] == [""] for rule in role["rules"])
    return {
        (resource, verb)
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }
