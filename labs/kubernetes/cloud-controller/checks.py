"""What must be true after the lab 'The cloud controller'."""

import contextlib
import os
import subprocess
import sys
import time

from checker.checks import CheckFailed, task

MARKET = "market"
CONFIG = "/usr/local/etc/haproxy/haproxy.cfg"
FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
START_SECONDS = 20
ACT_SECONDS = 25
GONE_SECONDS = 10
CALL_SECONDS = 15
POLL_SECONDS = 0.2
START_IT = 'Does it run? sh run.sh "$COURSE_ROOT/labs/cloud-controller"'


@task("open", timeout=60)
def test_open(kube, docker, http):
    """A load balancer of the Service shop answers on 127.0.0.1."""
    service = kube.namespace(MARKET).service("shop").expect_type("LoadBalancer").expect_port(80)
    _expect_address(service)
    port = _expect_balancer(docker, service)
    http.get(f"http://127.0.0.1:{port}/", within=START_SECONDS).expect_contains("nginx")


@task("local", timeout=60)
def test_local(kube, docker):
    """Requests to cellar go only to nodes with a Pod of it."""
    service = kube.namespace(MARKET).service("cellar").expect_type("LoadBalancer")
    policy = service.spec.get("externalTrafficPolicy")
    if policy != "Local":
        raise CheckFailed(
            "a Service that uses the Pods of the asked node alone",
            f"externalTrafficPolicy: {policy}",
            "kubectl explain service.spec.externalTrafficPolicy",
        )
    _expect_balancer(docker, service)
    asked = f"check port {service.spec['healthCheckNodePort']} "
    docker.container(_name(service)).file(CONFIG).expect_contains(
        asked, next_step=f"The controller has not told the load balancer yet. {START_IT}"
    )


@task("leak", timeout=110)
def test_leak(kube, docker, workspace):
    """Your controller removes the load balancer of a Service that wants none any more."""
    _expect_no_other()
    workspace.file("mine/cloud_controller/services.py").expect_exists()
    name, balancer = "course-check-leak", f"course-lb.{MARKET}.course-check-leak"
    kube.namespace(MARKET)
    running = _start(workspace.folder("mine"))
    try:
        _kubectl("create", "service", "loadbalancer", name, "--tcp=80:80")
        _wait(
            lambda: docker.containers(name=balancer).names,
            running,
            "a load balancer for a Service that wants one",
            "none",
            ACT_SECONDS,
        )
        _kubectl("patch", "service", name, "-p", '{"spec": {"type": "ClusterIP"}}')
        _wait(
            lambda: not docker.containers(name=balancer).names,
            running,
            "no load balancer for a Service that was turned into ClusterIP",
            "it is still there: a leak",
            GONE_SECONDS,
        )
        _wait(
            lambda: FINALIZER not in _finalizers(kube, name),
            running,
            "no finalizer when the load balancer is gone",
            "it is still there, and the Service could never be deleted",
            GONE_SECONDS,
        )
    finally:
        running.kill()
        running.wait(CALL_SECONDS)
        with contextlib.suppress(subprocess.SubprocessError):
            _kubectl("patch", "service", name, "-p", '{"metadata": {"finalizers": null}}')
            _kubectl("delete", "service", name)
        subprocess.run(
            ["docker", "rm", "--force", "--volumes", balancer],
            capture_output=True,
            timeout=CALL_SECONDS,
            check=False,
        )


def _name(service):
    return f"course-lb.{MARKET}.{service.name}"


def _expect_address(service):
    if not service.attrs["status"].get("loadBalancer", {}).get("ingress"):
        raise CheckFailed(
            f"an address of the Service {service.name} outside of the cluster",
            "none: it is pending",
            f"No controller has fetched a load balancer. {START_IT}",
        )


def _expect_balancer(docker, service):
    """The port on 127.0.0.1 of the load balancer that was made for this very Service."""
    container = docker.container(_name(service)).expect_running()
    container.expect_label("course.cloud.service", f"{MARKET}/{service.name}")
    container.expect_label("course.cloud.uid", service.uid)
    port = service.spec["ports"][0]
    container.expect_published(port["port"], on="127.0.0.1", as_port=port["nodePort"])
    return port["nodePort"]


def _finalizers(kube, name):
    return kube.namespace(MARKET).service(name).attrs["metadata"].get("finalizers", [])


def _expect_no_other():
    """A controller that is right would do the work of one that is not."""
    listed = subprocess.run(
        ["ps", "-axo", "args"], capture_output=True, text=True, timeout=CALL_SECONDS, check=True
    )
    if any(" -m cloud_controller" in line for line in listed.stdout.splitlines()):
        raise CheckFailed(
            "no cloud controller but the one that the check starts",
            "another one runs",
            "End it with Ctrl-C, then check again.",
        )


def _start(folder):
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "cloud_controller", "--kubeconfig", os.environ["KUBECONFIG"]]
    return subprocess.Popen(
        command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _kubectl(*words):
    command = ["kubectl", "--namespace", MARKET, *words]
    subprocess.run(command, capture_output=True, timeout=CALL_SECONDS, check=True)


def _wait(holds, running, expected, found, seconds):
    deadline = time.monotonic() + seconds
    while not holds():
        if running.poll() is not None:
            raise CheckFailed(
                "a controller that runs",
                f"it ended with status {running.returncode}",
                "See why: sh run.sh mine",
            )
        if time.monotonic() > deadline:
            raise CheckFailed(expected, found, "Watch it: sh run.sh mine")
        time.sleep(POLL_SECONDS)
