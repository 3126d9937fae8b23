"""The cluster's API. Objects are plain dictionaries, with the names that YAML has.

All calls go through the official client's CoreV1Api, and each has a time-out.
"""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Callable
from typing import Any

from kubernetes import client, config, watch
from kubernetes.client.exceptions import ApiException

Object = dict[str, Any]

TIMEOUT = (5, 30)
"""Seconds to connect, and to wait for an answer."""

WATCH_SECONDS = 60
RELIST_SECONDS = 300
PAUSE_SECONDS = 1.0
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


def connect(kubeconfig: str | None) -> client.CoreV1Api:
    """The API by a kubeconfig; without one, by the ServiceAccount of the Pod this runs in."""
    settings = client.Configuration()
    settings.proxy = None  # the API server is near; an address of this machine needs no proxy
    if kubeconfig:
        config.load_kube_config(kubeconfig, client_configuration=settings)  # type: ignore[no-untyped-call]
    else:
        config.load_incluster_config(client_configuration=settings)  # type: ignore[no-untyped-call]
    return client.CoreV1Api(client.ApiClient(settings))


class Cluster:
    """What the controllers ask the API server for, and tell it."""

    def __init__(self, api: client.CoreV1Api) -> None:
        self._api = api

    def nodes(self) -> list[Object]:
        """All Nodes."""
        return list(self._call(self._api.list_node)["items"])

    def node(self, name: str) -> Object | None:
        """A Node; None if there is none."""
        return self._found(self._api.read_node, name)

    def service(self, key: str) -> Object | None:
        """The Service NAMESPACE/NAME; None if there is none."""
        return self._found(self._api.read_namespaced_service, *_place(key))

    def patch_node(self, name: str, change: Object) -> None:
        """Change a Node, but not its status."""
        self._call(self._api.patch_node, name, change, _content_type=MERGE)

    def patch_node_status(self, name: str, change: Object) -> None:
        """Change a Node's status; addresses and conditions of other types stay."""
        self._call(self._api.patch_node_status, name, change, _content_type=STRATEGIC)

    def delete_node(self, name: str) -> None:
        """Delete a Node; fine if it is gone."""
        self._found(self._api.delete_node, name)

    def patch_service(self, key: str, change: Object) -> None:
        """Change a Service, but not its status."""
        self._call(self._api.patch_namespaced_service, *_place(key), change, _content_type=MERGE)

    def patch_service_status(self, key: str, change: Object) -> None:
        """Change a Service's status."""
        patch = self._api.patch_namespaced_service_status
        self._call(patch, *_place(key), change, _content_type=MERGE)

    def record(self, about: Object, kind: str, reason: str, message: str) -> None:
        """Record an Event; kind is Normal or Warning."""
        meta = about["metadata"]
        namespace = meta.get("namespace", "default")
        now = datetime.datetime.now(datetime.UTC).isoformat()
        event = {
            "metadata": {"name": f"{meta['name']}.{uuid.uuid4().hex[:16]}", "namespace": namespace},
            "involvedObject": {
                "apiVersion": "v1",
                "kind": "Service" if "namespace" in meta else "Node",
                **{key: meta[key] for key in ("name", "namespace", "uid") if key in meta},
            },
            "type": kind,
            "reason": reason,
            "message": message[:1000],
            "source": {"component": "cloud-controller"},
            "reportingComponent": "cloud-controller",
            "count": 1,
            "firstTimestamp": now,
            "lastTimestamp": now,
        }
        self._call(self._api.create_namespaced_event, namespace, event)

    def watch(self, kind: str, on_change: Callable[[Object], None], stop: threading.Event) -> None:
        """Tell of every object of a kind, `service` or `node`, and then of each that changes.

        A watch that ends goes on from the last version seen. Where the server no longer knows that
        version (410), after any other error, and every five minutes, all are listed again.
        """
        services, nodes = self._api.list_service_for_all_namespaces, self._api.list_node
        listing = services if kind == "service" else nodes
        while not stop.is_set():
            try:
                self._list_and_watch(listing, on_change, stop)
            except Exception as error:  # whatever it was, the answer is to list again
                if getattr(error, "status", 0) != 410:
                    print(f"watch of {kind}s: {short(error)}; listing them again", flush=True)
                stop.wait(PAUSE_SECONDS)

    def _list_and_watch(
        self,
        listing: Callable[..., Any],
        on_change: Callable[[Object], None],
        stop: threading.Event,
    ) -> None:
        found = self._call(listing)
        for each in found["items"]:
            on_change(each)
        stream = watch.Watch()  # type: ignore[no-untyped-call]
        version = found["metadata"]["resourceVersion"]
        for _ in range(RELIST_SECONDS // WATCH_SECONDS):
            for event in stream.stream(  # type: ignore[no-untyped-call]
                listing,
                resource_version=version,
                timeout_seconds=WATCH_SECONDS,
                allow_watch_bookmarks=True,
                _request_timeout=(TIMEOUT[0], WATCH_SECONDS + 10),
            ):
                if event["type"] != "BOOKMARK":
                    on_change(event["raw_object"])
                if stop.is_set():
                    return
            version = stream.resource_version

    def _call(self, method: Callable[..., Any], *words: Any, **options: Any) -> Any:
        answer = method(*words, _request_timeout=TIMEOUT, **options)
        return self._api.api_client.sanitize_for_serialization(answer)

    def _found(self, method: Callable[..., Any], *words: Any) -> Object | None:
        try:
            return dict(self._call(method, *words))
        except ApiException as error:
            if error.status == 404:
                return None
            raise


def _place(key: str) -> tuple[str, str]:
    """Name and namespace of NAMESPACE/NAME, in the order in which the client takes them."""
    namespace, name = key.split("/")
    return name, namespace


def short(error: Exception) -> str:
    """What an error says, in one line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
