"""The vocabulary of checks against a real cluster."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from checker.base.errors import CouldNotFindOut
from checker.checks import CheckFailed
from checker.checks.kubernetes.fixture import Kube, Namespace
from checker.judging.check_run import describe_engine
from checker.orchestrators.kind import cluster_files
from checker.orchestrators.kind.kube_api import Api
from checker.orchestrators.registry import shell_environment
from checker.pages.parsing.fences import parse_page
from checker.pages.running.validate import build_command
from checker.sandbox import session
from tests.live.commands import kubectl, own_namespace

pytestmark = [pytest.mark.live, pytest.mark.kind]
IMAGES = ["nginx:1.26", "busybox:1.37"]


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    session.ensure_engines("kind", IMAGES)
    with contextlib.closing(Api(cluster_files.kubeconfig_file())) as made:
        yield made


@pytest.fixture
def namespace(api: Api) -> Iterator[str]:
    """A namespace of the test's own, removed after it."""
    with own_namespace(api) as name:
        yield name


@pytest.fixture
def there(api: Api, namespace: str) -> Namespace:
    return Kube(api).namespace(namespace)


def test_a_deployment_comes_up_and_its_service_answers(there: Namespace) -> None:
    kubectl("-n", there.name, "create", "deployment", "web", "--image=nginx:1.26", "--replicas=2")
    kubectl("-n", there.name, "expose", "deployment", "web", "--port=80")
    web = there.deployment("web").expect_replicas(2).expect_ready(within=60)
    assert all(pod.expect_owner("ReplicaSet").ip for pod in web.pods)
    door = there.service("web").expect_port(80, target=80).expect_endpoints(2, within=10)
    door.expect_answers(80, contains="nginx", within=10)


def test_a_wait_that_is_in_vain_tells_why(there: Namespace) -> None:
    kubectl("-n", there.name, "create", "deployment", "web", "--image=nginx:1.62")
    with pytest.raises(CheckFailed, match=r"Failed to pull|ErrImage|ImagePull"):
        there.deployment("web").expect_ready(within=6)


def test_a_log_line_is_seen_when_it_is_written(there: Namespace) -> None:
    script = "echo one; sleep 1; echo two; sleep 60"
    run = ("run", "box", "--image=busybox:1.37", "--command", "--")
    kubectl("-n", there.name, *run, "sh", "-c", script)
    there.pod("box").expect_log("two", within=30)
    started = time.monotonic()
    with pytest.raises(CheckFailed):
        there.pod("box").expect_log("three", within=1)
    assert time.monotonic() - started < 5


def test_the_report_names_the_version_of_the_cluster(api: Api) -> None:
    assert describe_engine("kind")["version"].startswith("v1.")


def test_a_cluster_that_is_away_is_not_a_failure(tmp_path: Path, api: Api) -> None:
    away = tmp_path / "config"
    text = cluster_files.kubeconfig_file().read_text()
    server = next(line for line in text.splitlines() if "server:" in line)
    away.write_text(text.replace(server, "    server: https://127.0.0.1:1"))
    with contextlib.closing(Api(away)) as broken, pytest.raises(CouldNotFindOut):
        Kube(broken).namespace("default")


@pytest.mark.parametrize(("more", "status"), [("", 0), (", imagePull: x", 1)])
def test_a_manifest_with_an_unknown_field_is_refused(
    tmp_path: Path, api: Api, more: str, status: int
) -> None:
    spec = f"spec: {{containers: [{{name: a, image: b{more}}}]}}"
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: t-strict}}\n{spec}"
    used = "``` console\n$ cat pod.yaml\n...\n```\n"
    page = parse_page(Path("p.md"), f'``` yaml {{ title="pod.yaml" }}\n{text}\n```\n\n{used}')
    (tmp_path / "pod.yaml").write_text(text)
    done = subprocess.run(
        ["bash", "-c", build_command(page.blocks[0], page.blocks, "kind")],
        cwd=tmp_path, env=shell_environment(), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == status, done.stderr
