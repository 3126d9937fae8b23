"""Who notices and who acts: watches fill the queue, workers empty it.

A watch says only which object to look at. What is true is asked anew each time, so nothing that
was missed, and no restart, can leave the controller with a wrong idea.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from cloud_controller.cloud import Cloud
from cloud_controller.cluster import Cluster, Object, short
from cloud_controller.haproxy import Backend
from cloud_controller.nodes import NodeController
from cloud_controller.routes import RouteController
from cloud_controller.services import ServiceController, backends
from cloud_controller.workqueue import Key, WorkQueue

WORKERS = 4
RECONNECT_SECONDS = 2.0
ROUTES_SECONDS = 20.0
"""Nothing tells of a route that somebody removed, or of a neighbour that is new: look again."""

ALL = Key("machines", "of all load balancers")
"""The work that is due when a machine came or went: every load balancer has it as a backend."""


class Manager:
    """All controllers of one cluster, in one process.

    There must be only one: it elects no leader, so its Deployment has one replica and the strategy
    Recreate. Two would do each other's work again, though even then names keep it from doubling.
    """

    def __init__(self, cluster: Cluster, cloud: Cloud, routes: bool) -> None:
        self._cluster, self._cloud = cluster, cloud
        self._queue = WorkQueue()
        self._stop = threading.Event()
        self._machines: tuple[Backend, ...] | None = None
        self._service = ServiceController(cluster, cloud)
        self._node = NodeController(cluster, cloud)
        self._route = RouteController(cluster, cloud) if routes else None

    def run(self) -> None:
        """Work until `stop`; load balancers whose Service is gone are found by their labels."""
        workers = [_start(self._work) for _ in range(WORKERS)]
        _start(self._cluster.watch, "service", self._on_service, self._stop)
        _start(self._cluster.watch, "node", self._on_node, self._stop)
        _start(self._watch_cloud)
        self._stop.wait()
        self._queue.close()
        for worker in workers:
            worker.join()

    def stop(self) -> None:
        """Let the workers finish what they have begun, and end."""
        self._stop.set()

    def _on_service(self, service: Object) -> None:
        key = f"{service['metadata']['namespace']}/{service['metadata']['name']}"
        self._queue.add(Key("service", key))

    def _on_node(self, node: Object) -> None:
        self._queue.add(Key("node", node["metadata"]["name"]))
        self._queue.add(ALL)

    def _watch_cloud(self) -> None:
        """When the engine was away, events were missed: look at everything."""
        while not self._stop.is_set():
            try:
                self._add_balancers()
                for node in self._cluster.nodes():
                    self._queue.add(Key("node", node["metadata"]["name"]))
                for kind, name in self._cloud.events():
                    self._queue.add(Key(kind, name))
            except Exception as error:
                print(f"cloud: {short(error)}; asking again", flush=True)
            self._stop.wait(RECONNECT_SECONDS)

    def _work(self) -> None:
        while key := self._queue.get():
            try:
                self._sync(key)
            except Exception as error:
                print(f"{key}: {short(error)}; trying again", flush=True)
                self._queue.done(key, failed=True)
            else:
                self._queue.done(key, failed=False)

    def _sync(self, key: Key) -> None:
        if key == ALL:
            self._compare_machines()
        elif key.kind == "service":
            self._service.sync(key.name)
        else:
            self._node.sync(key.name)
            if self._route and self._route.sync(key.name):
                self._queue.add(key, ROUTES_SECONDS)

    def _compare_machines(self) -> None:
        """Nodes change often, their addresses seldom; only then do load balancers change."""
        found = backends(self._cluster.nodes())
        if found != self._machines:
            self._add_balancers()
            self._machines = found

    def _add_balancers(self) -> None:
        for service in self._cloud.balancers():
            self._queue.add(Key("service", service))


def _start(work: Callable[..., None], *words: object) -> threading.Thread:
    thread = threading.Thread(target=work, args=words, daemon=True)
    thread.start()
    return thread
