"""What the converter makes is taken by a real cluster, and the sample application answers there."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import pytest

from checker.base import paths, process
from checker.checks.kubernetes.fixture import Kube, Namespace
from checker.convert import read
from checker.convert.convert import convert_task
from checker.convert.write import dump_manifests
from checker.orchestrators.kind import cluster_files, kind_cluster
from checker.orchestrators.kind.kube_api import Api
from checker.orchestrators.registry import shell_environment
from checker.sandbox import session
from tests.convert.samples import NAMES, converted, inputs, sample
from tests.live.commands import kubectl, own_namespace

pytestmark = [pytest.mark.live, pytest.mark.kind]
SHOP = "shop:1"
STRICT = ("--dry-run=server", "--validate=strict")


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    session.ensure_engines("kind", ["node:24-trixie-slim", "busybox:1.37"])
    with contextlib.closing(Api(cluster_files.kubeconfig_file())) as made:
        yield made


@pytest.fixture
def there(api: Api) -> Iterator[Namespace]:
    with own_namespace(api) as name:
        yield Kube(api).namespace(name)


@pytest.fixture(scope="module")
def empty(api: Api) -> Iterator[str]:
    """A namespace in which nothing is: `apply` merges a manifest with what is there already."""
    with own_namespace(api) as name:
        yield name


@pytest.mark.parametrize("name", NAMES)
def test_the_api_server_takes_every_manifest_strictly(empty: str, name: str) -> None:
    text = dump_manifests(converted(name).manifests)
    done = kubectl("-n", empty, "apply", *STRICT, "-f", "-", input=text, check=False)
    assert done.status == 0, done.errors


def test_the_api_server_would_have_refused_a_field_that_it_does_not_know(empty: str) -> None:
    text = dump_manifests(converted("single-web").manifests).replace("replicas:", "replicaz:")
    done = kubectl("-n", empty, "apply", *STRICT, "-f", "-", input=text, check=False)
    assert "unknown field" in done.errors


def test_the_sample_application_answers_with_the_settings_of_ecs(there: Namespace) -> None:
    _build_and_load()
    made = convert_task(*inputs("sample-shop"), namespace=there.name)
    kubectl("apply", "--validate=strict", "-f", "-", input=dump_manifests(made.manifests))
    shop = there.deployment("shop").expect_replicas(2).expect_ready(within=90)
    there.service("shop").expect_endpoints(2, within=10).expect_answers(
        3000, contains='"greeting":"Hello from the shop","version":"7"', within=10
    )
    spec = shop.pods.expect_count(2)
    assert len({pod.name for pod in spec}) == 2


def test_a_sidecar_is_healthy_before_those_that_need_it_start(there: Namespace) -> None:
    """chain-of-three: a sidecar that is healthy, then a step that ends, then the main one."""
    task = read.read_task_definition(sample("chain-of-three").file)
    made = convert_task(task, {}, namespace=there.name)
    kubectl("apply", "--validate=strict", "-f", "-", input=dump_manifests(made.manifests))
    there.deployment("pipeline").expect_ready(within=90)
    items = json.loads(kubectl("-n", there.name, "get", "pods", "-o", "json").output)["items"]
    states = {each["name"]: each["state"] for each in items[0]["status"]["initContainerStatuses"]}
    assert "running" in states["proxy"]
    assert states["fetch"]["terminated"]["reason"] == "Completed"
    assert states["proxy"]["running"]["startedAt"] <= states["fetch"]["terminated"]["startedAt"]


def test_a_value_with_dollar_signs_arrives_as_it_was(there: Namespace) -> None:
    made = convert_task(*inputs("tricky-values"), namespace=there.name)
    kubectl("apply", "--validate=strict", "-f", "-", input=dump_manifests(made.manifests))
    there.deployment("tricky").expect_ready(within=60)
    show = ("sh", "-c", 'printf "%s|" "$PRICE" "$NUMBER" "$LINES"')
    shown = kubectl("-n", there.name, "exec", "deployment/tricky", "--", *show)
    assert shown.output == "$(HOME) costs $5|1e3|one\ntwo: 2\n|"


def _build_and_load() -> None:
    build = ["docker", "build", "--quiet", "--tag", SHOP, str(paths.root() / "labs" / "app")]
    process.run(build, timeout=240, env=shell_environment())
    kind_cluster.load_images([SHOP])
