"""What must be true after the lab 'The cloud controller'."""

import contextlib
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

from checker.checks import CheckFailed, task

MARKET = "market"
CONTROLLER = Path(__file__).parents[2] / "cloud-controller"
CONFIG = "/usr/local/etc/haproxy/haproxy.cfg"
FINALIZER = "service.kubernetes.io/load-balancer-cleanup"
START_SECONDS = 20
ASK_SECONDS = 12
LOG_SECONDS = 5
ACT_SECONDS = 20
CALL_SECONDS = 15
POLL_SECONDS = 0.2
START_IT = 'Does it run? sh run.sh "$COURSE_ROOT/labs/cloud-controller"'
LEAVE_IT = "Remove what you made by hand, and leave load balancers to the controller."

OURS = f"course-check-{secrets.token_hex(3)}"
KEEP, TURN, DELETE = SERVICES = [f"{OURS}-{each}" for each in ("keeps", "turned", "deleted")]
MACHINES = ("course-control-plane", "course-worker", "course-worker2")
PROVIDER_ID = "docker://course/depot"
ZONE = "topology.kubernetes.io/zone"
TYPE = "node.kubernetes.io/instance-type"
UNINITIALIZED = "node.cloudprovider.kubernetes.io/uninitialized"
SHUTDOWN = "node.cloudprovider.kubernetes.io/shutdown"
METRIC = 4000

LOOP = """
import sys, time
from cloud_controller.cloud import Cloud
from cloud_controller.cluster import Cluster, connect
from cloud_controller.services import ServiceController
controller = ServiceController(Cluster(connect(sys.argv[1])), Cloud("course", "kind"))
while True:
    for key in sys.argv[2:]:
        try:
            controller.sync(key)
        except Exception as error:
            print(f"{key}: {error}", flush=True)
    time.sleep(0.2)
"""
"""The learner's controller of Services, for the Services of the check alone: a whole controller
would also finish what is still to be done for shop and cellar."""


@task("open", timeout=90)
def test_open(kube, docker, http):
    """The controller's load balancer for the Service shop leads from 127.0.0.1 to Pods of shop."""
    market = kube.namespace(MARKET)
    service = market.service("shop").expect_type("LoadBalancer").expect_port(80)
    _expect_address(service)
    balancer = docker.container(_name(service.name)).expect_running()
    port = service.node_ports.get(80)
    balancer.expect_published(80, on="127.0.0.1", as_port=port)
    _expect_controllers_work(kube, balancer, service)
    path = f"/course-check-{secrets.token_hex(8)}"
    http.get(f"http://127.0.0.1:{port}{path}", within=START_SECONDS).expect_contains("nginx")
    _expect_request(market.deployment("shop"), path)


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
    balancer = docker.container(_name(service.name)).expect_running()
    _expect_controllers_work(kube, balancer, service)
    _expect_asked(kube, docker, balancer, service.spec["healthCheckNodePort"])


@task("machine")
def test_introduced(kube):
    """The controller has said on the Node depot what its machine is."""
    node = kube.node("depot")
    if found := node.spec.get("providerID"):
        expected = f"a Node depot with the provider id {PROVIDER_ID}"
        if found != PROVIDER_ID:
            step = "It can be given only once. Reset the lab, and leave it to the controller."
            raise CheckFailed(expected, found, step)
        for label in (ZONE, TYPE):
            node.expect_label(
                label, next_step=f"The controller knows it, and writes it. {START_IT}"
            )
    else:
        raise CheckFailed(
            "a Node depot of which the controller has said what its machine is",
            "it has no provider id",
            f"Nobody has introduced it. {START_IT}",
        )
    step = f"It goes when the controller has said what the machine is. {START_IT}"
    node.expect_no_taint(UNINITIALIZED, next_step=step)


@task("machine")
def test_switched_off(kube, docker):
    """The machine depot is switched off, and its Node says so."""
    docker.container("depot").expect_stopped(
        next_step="A machine of this cloud is a container: stop it as one."
    )
    kube.node("depot").expect_taint(
        f"{SHUTDOWN}:NoSchedule",
        next_step="The controller must run when the machine stops, or be started afterwards: "
        "it looks what is so.",
    )


@task("routes")
def test_routes(kube, docker):
    """Each machine has the cloud's route to the Pods of each other machine."""
    nodes = [kube.node(name) for name in MACHINES]
    for machine in MACHINES:
        command = ["ip", "route", "show", "metric", f"{METRIC}"]
        there = docker.container(machine).exec(command).text.splitlines()
        found = {" ".join(line.split()[:3]) for line in there}
        for other in nodes:
            route = f"{other.spec['podCIDR']} via {_find_address(other)}"
            if other.name != machine and route not in found:
                raise CheckFailed(
                    f"on {machine} the route {route}, with the metric {METRIC}: "
                    f"the way to the Pods of {other.name}",
                    "; ".join(sorted(found)) or f"no route with the metric {METRIC}",
                    "The controller writes routes only if it is asked to. Which option is it? "
                    'sh run.sh "$COURSE_ROOT/labs/cloud-controller" --help',
                )


@task("leak", timeout=150)
def test_leak(kube, docker, workspace):
    """Your controller removes the load balancer of a Service that wants none any more."""
    workspace.file("mine/cloud_controller/services.py").expect_exists()
    market = kube.namespace(MARKET)
    running = None
    try:
        for name in SERVICES:
            _kubectl("create", "service", "loadbalancer", name, "--tcp=80")
        _expect_no_other(market)
        running = _start(workspace.folder("mine"))
        _wait_for_balancers(market, docker, running)
        kept = docker.container(_name(KEEP)).id
        _kubectl("patch", "service", TURN, "-p", '{"spec": {"type": "ClusterIP"}}')
        _kubectl("delete", "service", DELETE, "--wait=false")
        for name, what in ((TURN, "turned into ClusterIP"), (DELETE, "deleted")):
            _wait_for(
                lambda name=name: not docker.containers(name=_name(name)).names,
                running,
                f"no load balancer for a Service that was {what}",
                "it is still there: a leak",
            )
            # The address needs no look: the API server clears it when the type changes.
            _wait_for(
                lambda name=name: not _has_finalizer(market, name),
                running,
                "no finalizer when the load balancer is gone",
                "it is still there, and the Service could never be deleted",
            )
        if [each.id for each in docker.containers(name=_name(KEEP), running=True)] != [kept]:
            raise CheckFailed(
                "the load balancer of a Service that still wants one is left alone",
                "it is gone, or another one",
                "Only a Service that wants none any more loses it. Watch it: sh run.sh mine",
            )
    finally:
        if running:
            running.kill()
            running.wait(CALL_SECONDS)
        _remove_services()


def _name(service):
    return f"course-lb.{MARKET}.{service}"


def _expect_address(service):
    if not service.status.get("loadBalancer", {}).get("ingress"):
        raise CheckFailed(
            f"an address of the Service {service.name} outside of the cluster",
            "none: it is pending",
            f"No controller has fetched a load balancer. {START_IT}",
        )


def _expect_controllers_work(kube, balancer, service):
    """Service and load balancer are as the controller leaves them: it would have nothing to do.

    Labels and a status are quickly written by hand; a configuration that is the controller's to
    the last character, and its finalizer, are not.
    """
    what = f"a load balancer that the controller made for the Service {service.name}"
    if not _has_finalizer(kube.namespace(MARKET), service.name):
        raise CheckFailed(
            what,
            "the Service lacks the finalizer that the controller sets first",
            f"{LEAVE_IT} {START_IT}",
        )
    balancer.expect_label(
        "course.cloud.uid",
        service.uid,
        next_step=f"It belongs to another Service, or to none. {LEAVE_IT} {START_IT}",
    )
    config = balancer.file(CONFIG).text if balancer.has_file(CONFIG) else "none"
    if config != _make_config(kube, service):
        raise CheckFailed(
            f"{what}, configured for the Service as it is now",
            "another configuration than the controller writes",
            "The controller has not told the load balancer yet, or somebody else wrote to it. "
            f"{START_IT}",
        )


def _find_address(node):
    """Where a machine is reached from the others."""
    found = [each["address"] for each in node.status["addresses"] if each["type"] == "InternalIP"]
    return next(each for each in found if ":" not in each)


def _make_config(kube, service):
    """What the controller would write, made by its own code."""
    sys.path.insert(0, str(CONTROLLER))
    try:
        from cloud_controller import haproxy, services
    finally:
        sys.path.remove(str(CONTROLLER))
    nodes = [each.attrs for each in kube.nodes()]
    try:
        return haproxy.render(services.plan(service.attrs, services.backends(nodes)))
    except services.Refused as error:
        raise CheckFailed(
            f"a Service {service.name} that the controller can serve",
            f"it refuses: {error}",
            f"kubectl -n {MARKET} describe service {service.name} shows its events.",
        ) from None


def _expect_request(deployment, path):
    """The request for this path came to a Pod of the Deployment: its access log has it."""
    if not _wait(lambda: any(path in pod.logs for pod in deployment.pods), LOG_SECONDS):
        raise CheckFailed(
            f"an answer of a Pod of the Deployment {deployment.name}",
            "an answer, but none of its Pods was asked",
            f"Which Pods does the Service select? kubectl -n {MARKET} describe service shop",
        )


def _expect_asked(kube, docker, balancer, port):
    """Each worker has had a connection from the load balancer to its health check port.

    What HAProxy does counts, and not its file: it may not have read it again.
    """
    addresses = balancer.addresses.values()
    workers = [each.name for each in kube.nodes() if "worker" in each.name]

    def is_asked(worker):
        listed = docker.container(worker).exec(
            ["conntrack", "-L", "-p", "tcp", "--dport", f"{port}"]
        )
        return any(f"src={address} " in listed.text for address in addresses)

    if not _wait(lambda: all(map(is_asked, workers)), ASK_SECONDS):
        raise CheckFailed(
            f"a load balancer that asks each node at port {port} whether it has a Pod of cellar",
            "it does not ask",
            f"Has it read its configuration since it was changed? {START_IT}",
        )


def _has_finalizer(market, name):
    """Whether the controller has marked a Service as one with a load balancer."""
    try:
        return FINALIZER in market.service(name).attrs["metadata"].get("finalizers", [])
    except CheckFailed:
        return False


def _expect_no_other(market):
    """A controller that is right would do the work of one that is not.

    It is known by what it does: it may run in the cluster, or in a container.
    """
    if _wait(lambda: any(_has_finalizer(market, each) for each in SERVICES), 2.5):
        raise CheckFailed(
            "no cloud controller but the one that the check starts",
            "another one runs",
            "End it with Ctrl-C, then check again.",
        )


def _wait_for_balancers(market, docker, running):
    """Each Service gets a load balancer, and the finalizer that keeps it from going before."""

    def are_made():
        made = docker.containers(name=_name(OURS), running=True).names
        return made == sorted(map(_name, SERVICES)) and all(
            _has_finalizer(market, each) for each in SERVICES
        )

    _wait_for(
        are_made,
        running,
        "a load balancer for a Service that wants one, and the finalizer on the Service",
        "not both of them",
    )


def _start(folder):
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(folder)}
    keys = [f"{MARKET}/{each}" for each in SERVICES]
    command = [sys.executable, "-c", LOOP, os.environ["KUBECONFIG"], *keys]
    return subprocess.Popen(
        command, cwd=folder, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def _remove_services():
    """Remove all that the check made, whatever the controller left of it."""
    for name in SERVICES:
        with contextlib.suppress(subprocess.SubprocessError):
            _kubectl("patch", "service", name, "-p", '{"metadata": {"finalizers": null}}')
    with contextlib.suppress(subprocess.SubprocessError):
        _kubectl("delete", "service", "--ignore-not-found", *SERVICES)
    subprocess.run(
        ["docker", "rm", "--force", "--volumes", *map(_name, SERVICES)],
        capture_output=True,
        timeout=CALL_SECONDS,
        check=False,
    )


def _kubectl(*words):
    command = ["kubectl", "--namespace", MARKET, *words]
    subprocess.run(command, capture_output=True, timeout=CALL_SECONDS, check=True)


def _wait(holds, seconds):
    """Say whether it holds, at the latest after these seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True


def _wait_for(holds, running, expected, found):
    """Wait until the controller has done something.

    Raises:
        CheckFailed: It has not, or it has ended.
    """
    if not _wait(lambda: running.poll() is not None or holds(), ACT_SECONDS):
        raise CheckFailed(expected, found, "Watch it: sh run.sh mine")
    if running.poll() is not None:
        raise CheckFailed(
            "a controller that runs",
            f"it ended with status {running.returncode}",
            "See why: sh run.sh mine",
        )
