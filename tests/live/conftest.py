"""The cloud controller as a process, and what its tests ask of the cluster and the engine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from checker.base import paths
from checker.images import provider
from checker.orchestrators.kind import cluster_files, kind_cluster, node_images
from checker.orchestrators.registry import shell_environment
from tests.live import commands
from tests.live.commands import until

NGINX, HAPROXY, BUSYBOX = "nginx:1.26", "haproxy:3.0", "busybox:1.37"
SOURCE = paths.root() / "labs" / "cloud-controller"
SEARCH = {"PYTHONPATH": str(SOURCE)}
FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
WITHIN = 60.0
Object = dict[str, Any]

run = partial(commands.run, timeout=120)


def kubectl(*words: str, check: bool = True, **options: Any) -> str:
    return run("kubectl", *words, check=check, **options).output


class Controller:
    """The process, whose end and return a test decides."""

    def __init__(self, log: Path, *words: str, **variables: str) -> None:
        self._log, self._words, self._variables = log, words, variables
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-P", "-m", "cloud_controller", "--cluster", kind_cluster.NAME]
        with self._log.open("a") as file:
            self._process = subprocess.Popen(
                [*command, "--kubeconfig", str(cluster_files.kubeconfig_file()), *self._words],
                env={**os.environ, **shell_environment(), **self._variables, **SEARCH},
                stdout=file,
                stderr=file,
            )

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        self._process.terminate()
        return self._process.wait(60)

    @property
    def log(self) -> str:
        return self._log.read_text()


@pytest.fixture(scope="module")
def cluster() -> None:
    kind_cluster.ensure_cluster()
    provider.ensure_images([NGINX, HAPROXY, BUSYBOX])
    node_images.load_into_nodes([NGINX], kind_cluster.node_names())


@pytest.fixture
def controller(cluster: None, tmp_path: Path) -> Iterator[Controller]:
    made = Controller(tmp_path / "log")
    yield made
    made.kill()


@pytest.fixture(scope="module")
def namespace(cluster: None) -> Iterator[str]:
    """With `web`, two Pods that tell their names."""
    name = f"t-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    serve = "hostname > /usr/share/nginx/html/index.html; exec nginx -g 'daemon off;'"
    container = {"name": "web", "image": NGINX, "command": ["sh", "-c", serve]}
    probe = {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1}
    template = {
        "metadata": {"labels": {"app": "web"}},
        "spec": {
            "terminationGracePeriodSeconds": 1,
            "containers": [{**container, "imagePullPolicy": "Never", "readinessProbe": probe}],
        },
    }
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": name},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": template,
        },
    }
    kubectl("apply", "-f", "-", input=json.dumps(deployment))
    kubectl("rollout", "status", "deployment/web", "-n", name, "--timeout=90s")
    yield name
    sweep(name)
    kubectl("delete", "namespace", name, "--wait=false")


def sweep(namespace: str) -> None:
    """Remove all Services and load balancers, also where no controller does its part."""
    bare = '{"metadata":{"finalizers":null}}'
    if found := services(namespace):
        kubectl("delete", "services", "-n", namespace, *found, "--wait=false")
        for name in found:
            kubectl("patch", "service", name, "-n", namespace, "-p", bare, check=False)
    if left := balancers(namespace):
        run("docker", "rm", "-f", *left)


def balancers(namespace: str) -> list[str]:
    names = run("docker", "ps", "-a", "--format", "{{.Names}}").output.split()
    return sorted(each for each in names if each.startswith(f"{kind_cluster.NAME}-lb.{namespace}."))


def make(namespace: str, *names: str, **spec: Any) -> None:
    services = [
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {
                "type": "LoadBalancer",
                "selector": {"app": "web"},
                "ports": [{"name": "http", "port": 80}],
                **spec,
            },
        }
        for name in names
    ]
    kubectl(
        *("apply", "-f", "-"),
        input=json.dumps({"apiVersion": "v1", "kind": "List", "items": services}),
    )


def look(namespace: str, name: str) -> Object:
    found = kubectl("get", "service", name, "-n", namespace, "-o", "json", "--ignore-not-found")
    return dict(json.loads(found)) if found else {}


def address(namespace: str, name: str) -> str:
    """The first one in the Service's status; empty before there is one."""
    return first_address(look(namespace, name))


def first_address(service: Object) -> str:
    ingress = service.get("status", {}).get("loadBalancer", {}).get("ingress")
    return str(ingress[0]["ip"]) if ingress else ""


def services(namespace: str) -> dict[str, Object]:
    """All Services, by their names."""
    items = json.loads(kubectl("get", "services", "-n", namespace, "-o", "json"))["items"]
    return {each["metadata"]["name"]: each for each in items}


def addresses(namespace: str) -> dict[str, str]:
    """Of all load balancers, by the Service's name; empty before there is one."""
    return {name: first_address(each) for name, each in services(namespace).items()}


def node_ports(namespace: str) -> dict[str, int]:
    """The first one of each Service."""
    found = services(namespace)
    return {name: each["spec"]["ports"][0]["nodePort"] for name, each in found.items()}


def answer(namespace: str, name: str, port: int = 0) -> str:
    """Through the port on this machine: the name of the Pod that answers, or nothing."""
    return fetch(look(namespace, name)["spec"]["ports"][port]["nodePort"])


def fetch(port: int) -> str:
    """What a Pod tells at a port of this machine: its name, or nothing."""
    try:
        found = httpx.get(f"http://127.0.0.1:{port}", timeout=5, trust_env=False)
    except httpx.TransportError:
        return ""
    return found.text.strip() if found.status_code == 200 else ""


def answering(namespace: str, name: str) -> None:
    until(lambda: address(namespace, name))
    until(lambda: answer(namespace, name))


def reasons(namespace: str, name: str) -> set[str]:
    chosen = f"involvedObject.name={name}"
    template = "jsonpath={.items[*].reason}"
    get = ("get", "events", "-n", namespace, "--field-selector", chosen, "-o", template)
    return set(kubectl(*get).split())


def remove(namespace: str, *names: str, seconds: float = WITHIN) -> None:
    wait = f"--timeout={seconds:.0f}s"
    kubectl("delete", "services", "-n", namespace, *names, wait, timeout=seconds + 20)


def configuration(namespace: str, name: str) -> str:
    container = f"{kind_cluster.NAME}-lb.{namespace}.{name}"
    command = ("docker", "exec", container, "cat", "/usr/local/etc/haproxy/haproxy.cfg")
    return run(*command, check=False).output
