"""The cloud controller as a Deployment in the cluster, with the rights of its manifest alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from checker.images import provider
from checker.orchestrators.kind import kind_cluster, node_images
from tests.live.commands import until
from tests.live.conftest import (
    HAPROXY,
    SOURCE,
    address,
    answering,
    balancers,
    kubectl,
    look,
    make,
    remove,
    run,
)

pytestmark = [pytest.mark.live, pytest.mark.kind]

IMAGE, LIBRARIES = "cloud-controller:1", "course/cloud-libraries:1"
USER = "system:serviceaccount:kube-system:cloud-controller"
POD = ("-n", "kube-system", "-l", "app=cloud-controller")
LONG = 120.0


@pytest.fixture(scope="module")
def deployed(cluster: None) -> Iterator[None]:
    provider.ensure_images([LIBRARIES, HAPROXY])
    run("docker", "build", "--tag", IMAGE, str(SOURCE), timeout=300)
    node_images.load_into_nodes(
        [IMAGE], [each for each in kind_cluster.node_names() if "control-plane" in each]
    )
    kubectl("apply", "-f", str(SOURCE / "manifests"))
    try:
        rolled_out()
        yield
    finally:
        kubectl("delete", "-f", str(SOURCE / "manifests"), "--ignore-not-found", "--timeout=100s")


def rolled_out() -> None:
    wait = f"--timeout={LONG:.0f}s"
    words = ("rollout", "status", "deployment/cloud-controller", "-n", "kube-system", wait)
    kubectl(*words, timeout=LONG + 20)


def test_killed_at_work_in_the_cluster_it_goes_on_and_doubles_nothing(
    deployed: None, namespace: str
) -> None:
    make(namespace, "first")
    answering(namespace, "first")
    names = [f"d{number}" for number in range(6)]
    make(namespace, *names)
    until(lambda: len(balancers(namespace)) > 1)
    kubectl("delete", "pod", *POD, "--force", "--grace-period=0")
    until(lambda: all(address(namespace, name) for name in names), LONG)
    for name in ("first", *names):
        answering(namespace, name)
    assert balancers(namespace) == sorted(f"course-lb.{namespace}.{n}" for n in ("first", *names))
    until(lambda: "load balancer at" in kubectl("logs", *POD, check=False))
    remove(namespace, "first", *names, seconds=LONG)
    assert balancers(namespace) == []
    assert not any(look(namespace, name) for name in names)


def review(group: str, resource: str, verb: str) -> dict[str, Any]:
    """What `kubectl auth can-i --as` asks the API server."""
    name, _, subresource = resource.partition("/")
    asked = {"group": group, "resource": name, "subresource": subresource, "verb": verb}
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": USER, "resourceAttributes": {**asked, "namespace": "kube-system"}},
    }


def allowed(*asked: tuple[str, str, str]) -> list[bool]:
    text = "\n---\n".join(json.dumps(review(*each)) for each in asked)
    found = kubectl("create", "-f", "-", "-o", "jsonpath={.status.allowed} ", input=text).split()
    assert len(found) == len(asked)
    return [each == "true" for each in found]


def test_it_may_do_what_its_manifest_lists_and_nothing_else(deployed: None) -> None:
    documents = yaml.safe_load_all((SOURCE / "manifests" / "rbac.yaml").read_text())
    (role,) = (each for each in documents if each["kind"] == "ClusterRole")
    listed = [
        (rule["apiGroups"][0], resource, verb)
        for rule in role["rules"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    ]
    assert all(allowed(*listed))
    others = [
        ("", "secrets", "get"),
        ("", "pods", "create"),
        ("", "services", "delete"),
        ("", "services", "create"),
        ("", "nodes", "create"),
        ("apps", "deployments", "patch"),
        ("rbac.authorization.k8s.io", "clusterroles", "patch"),
    ]
    assert not any(allowed(*others))
