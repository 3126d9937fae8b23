"""What a file says is compared with what the cluster has, whatever the file looks like."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from checker.checks import CheckFailed
from checker.checks.core.content import Content
from checker.checks.kubernetes.fixture import Kube, Namespace
from checker.orchestrators.kind.kube_api import ApiError
from tests.checks.cluster import DEPLOYMENTS, Cluster, deployment

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n"


class Completing(Cluster):
    """A cluster that gives back what is only tried."""

    refusal: ApiError | None = None

    def create(self, path: str, body: dict[str, Any], **query: object) -> dict[str, Any]:
        assert query["dryRun"] == "All"
        if self.refusal:
            raise self.refusal
        return copy.deepcopy(body)


@pytest.fixture
def cluster() -> Completing:
    made = Completing()
    made.add(DEPLOYMENTS, deployment("web"))
    return made


@pytest.fixture
def bakery(cluster: Completing) -> Namespace:
    return Kube(cluster).namespace("bakery")  # type: ignore[arg-type]


def document(**changes: Any) -> dict[str, Any]:
    spec = {**deployment("web")["spec"], **changes}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}} | {
        "spec": spec
    }


def file(text: str) -> Content:
    return Content("web.yaml", text.encode(), "Look into it.")


FORMS = {
    "alone": json.dumps(document()),
    "with-tabs": json.dumps(document(), indent="\t"),
    "two-documents": f"{SERVICE}---\n{json.dumps(document())}\n---\n",
    "a-list": json.dumps({"kind": "List", "items": [document()]}),
    "the-last-counts": f"{json.dumps(document(replicas=1))}\n---\n{json.dumps(document())}",
    "windows": f"{SERVICE}---\n{json.dumps(document())}\n".replace("\n", "\r\n"),
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_manifest_in_whatever_form(bakery: Namespace, text: str) -> None:
    written = bakery.manifest(file(text), "web").expect_replicas(3).expect_image("nginx:1.26")
    bakery.deployment("web").expect_same_spec(written, where="web.yaml")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("kind: [", "YAML in web.yaml"),
        (SERVICE, "found Service web"),
        ("just words", "found none"),
        (
            json.dumps(document() | {"metadata": {"name": "web", "namespace": "shop"}}),
            "found for shop",
        ),
    ],
)
def test_manifest_that_is_not_there_fails(bakery: Namespace, text: str, words: str) -> None:
    with pytest.raises(CheckFailed, match=words.replace("[", r"\[")):
        bakery.manifest(file(text), "web")


def test_manifest_that_the_cluster_refuses_fails(cluster: Completing, bakery: Namespace) -> None:
    cluster.refusal = ApiError(422, "spec.replicas: Invalid value")
    with pytest.raises(CheckFailed, match="Invalid value"):
        bakery.manifest(file(json.dumps(document())), "web")
    cluster.refusal = ApiError(500, "etcd is away")
    with pytest.raises(ApiError):
        bakery.manifest(file(json.dumps(document())), "web")


def test_difference_is_told_with_its_place(bakery: Namespace) -> None:
    written = bakery.manifest(file(json.dumps(document(replicas=1, paused=True))), "web")
    with pytest.raises(CheckFailed) as failed:
        bakery.deployment("web").expect_same_spec(written, where="web.yaml")
    assert "spec.paused: True" in failed.value.expected
    assert failed.value.found == "nothing in the cluster"


def test_time_of_a_restart_is_no_difference(cluster: Completing, bakery: Namespace) -> None:
    template = cluster.objects[f"{DEPLOYMENTS}/web"]["spec"]["template"]
    template["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": "now"}
    written = bakery.manifest(file(json.dumps(document())), "web")
    bakery.deployment("web").expect_same_spec(written, where="web.yaml")
