"""What must be true after the lab 'Take it apart'."""

import json
import re
import secrets
import subprocess
import time
from datetime import UTC, datetime

from checker.base.errors import CouldNotFindOut
from checker.checks import CheckFailed, task

CONTROL_PLANE = "course-control-plane"
BACKUP = "/root/backup.db"
KEY = "/registry/configmaps/workshop/recipe"
MARK = "course/parcel-uid"
"""On the namespace: which Pod the setup made."""

OWN_SERVICE = f"course-check-{secrets.token_hex(3)}"
START_SECONDS = 20
RETRY_SECONDS = 40
"""A kubelet that did not find an image looks again less and less often."""

HEAL_SECONDS = 30
CALL_SECONDS = 15
LONG_SECONDS = 3600
"""A process that sleeps for so long counts as one that does not end."""

LASTING_SECONDS = 40
"""Any other process must have run for so long, since it may end at any moment."""

RESTORE = f"""\
set -e
rm -rf /var/lib/course-check
trap 'test -z "$etcd" || kill -9 $etcd; rm -rf /var/lib/course-check' EXIT
etcdutl snapshot restore {BACKUP} --data-dir /var/lib/course-check >/dev/null 2>&1 || exit 10
client=http://127.0.0.1:23790 peer=http://127.0.0.1:23800
/proc/$(pgrep -xo etcd)/root/usr/local/bin/etcd --data-dir /var/lib/course-check \\
  --force-new-cluster --listen-client-urls $client --advertise-client-urls $client \\
  --listen-peer-urls $peer >/dev/null 2>&1 &
etcd=$!
for _ in $(seq 100); do
  etcdctl --endpoints $client endpoint health >/dev/null 2>&1 && break
  sleep 0.1
done
etcdctl --endpoints $client get --print-value-only {KEY}
"""
"""What is in a backup shows when it is restored: into a folder of its own, for an etcd of its own,
whose program comes from the image of the one that runs."""


@task("backup", timeout=60)
def test_backup(docker):
    """What is restored from /root/backup.db has the ConfigMap recipe."""
    restored = docker.container(CONTROL_PLANE).exec(["bash", "-c", RESTORE])
    if restored.status == 10:
        raise CheckFailed(
            f"a backup of etcd in {BACKUP} on {CONTROL_PLANE}",
            "no file that etcdutl can restore",
            "Only etcd makes one that is whole, and with its checksum: etcdctl snapshot save",
        )
    if restored.status != 0:
        raise CouldNotFindOut("An etcd with the restored backup does not answer.")
    if b"500g" not in restored.bytes:
        raise CheckFailed(
            "the ConfigMap recipe of workshop in what is restored from the backup",
            "it is not in it",
            f"Is it there now? kubectl -n workshop get configmap recipe. Then make {BACKUP} again.",
        )


@task("parcel", timeout=60)
def test_parcel(kube):
    """parcel, as it was in the beginning, runs on course-worker2."""
    workshop = kube.namespace("workshop")
    parcel = workshop.pod("parcel")
    if parcel.uid != kube.get("Namespace", "workshop").annotations.get(MARK):
        raise CheckFailed(
            "the Pod parcel as it was",
            "another Pod of that name",
            "Reset the lab, and give the Pod that is there a node: send a Binding.",
        )
    parcel.expect_image("busybox:1.37").expect_on_node("course-worker2")
    parcel.expect_running(within=START_SECONDS)


@task("shelf", timeout=90)
def test_shelf(kube):
    """Controllers keep two ready Pods of shelf: one that is deleted gets a successor."""
    shelf = kube.namespace("workshop").deployment("shelf").expect_replicas(2)
    controllers = kube.namespace("kube-system").pods("component=kube-controller-manager")
    if not shelf.rolled_out and not controllers.names:
        raise CheckFailed(
            "a kube-controller-manager in the cluster",
            "none",
            "Pods that you make by hand heal nothing. Look at the control plane's static Pods.",
        )
    shelf.expect_ready(within=START_SECONDS)
    _expect_healing(kube, shelf)


@task("lamp", timeout=90)
def test_lamp(kube):
    """lamp is a static Pod of course-worker2, and stays on."""
    lamp = kube.namespace("workshop").pod("lamp-course-worker2")
    lamp.expect_image("busybox:1.37").expect_on_node("course-worker2")
    if not _is_static(kube, lamp):
        raise CheckFailed(
            "a Pod lamp that the kubelet of course-worker2 has from a file",
            "one that it has from the API server, or none",
            "A kubelet runs what is in /etc/kubernetes/manifests, on its own machine.",
        )
    lamp.expect_running(within=START_SECONDS)
    _expect_lasting(lamp)


@task("counter", timeout=90)
def test_counter(kube, docker):
    """On course-worker2 a Service is found at its cluster IP: counter, and one that is new."""
    workshop = kube.namespace("workshop")
    machine = docker.container("course-worker2")
    if machine.exec(["pgrep", "-x", "kube-proxy"]).status != 0:
        raise CheckFailed(
            "a kube-proxy on course-worker2",
            "none: nobody writes rules for Services there",
            "A DaemonSet makes it, where its node selector fits: "
            "kubectl -n kube-system describe daemonset kube-proxy",
        )
    _expect_answer(machine, "counter", workshop.service("counter").spec["clusterIP"])
    pod = workshop.pod("counter").expect_ready(within=START_SECONDS)
    try:
        _expect_answer(machine, "a new Service", _make_service(pod.status["podIP"]))
    finally:
        _kubectl("delete", "service,endpointslice", OWN_SERVICE, "--ignore-not-found")


@task("oven", timeout=90)
def test_oven(kube):
    """oven runs on course-worker2 from the image bread:1, which its container runtime has."""
    oven = kube.namespace("workshop").pod("oven")
    oven.expect_image("bread:1").expect_on_node("course-worker2")
    step = (
        "Which images has the container runtime of that machine? "
        "docker exec course-worker2 crictl images"
    )
    oven.expect_running(within=RETRY_SECONDS, next_step=step)


@task("broom", timeout=90)
def test_broom(kube, docker):
    """broom runs on course-worker, whose kubelet works."""
    broom = kube.namespace("workshop").pod("broom").expect_on_node("course-worker")
    if docker.container("course-worker").exec(["pgrep", "-x", "kubelet"]).status != 0:
        raise CheckFailed(
            "a kubelet that runs on course-worker",
            "it has stopped",
            "It is a service of the machine. Start it there.",
        )
    kube.node("course-worker").expect_ready(within=START_SECONDS)
    broom.expect_running(within=START_SECONDS)


def _expect_healing(kube, shelf):
    """Take one Pod away, and see another one come."""
    taken = shelf.pods.names[0]
    _kubectl("delete", "pod", taken, "--now", "--wait=false")
    deadline = time.monotonic() + HEAL_SECONDS
    while len(ready := [each.name for each in shelf.pods.ready if each.name != taken]) < 2:
        if time.monotonic() > deadline:
            raise CheckFailed(
                f"another Pod of shelf in the place of {taken}, which the check deleted",
                f"{len(ready)} ready Pods",
                "Do the controllers still run? kubectl -n kube-system get pods",
            )
        time.sleep(0.3)


def _make_service(address):
    """Make a Service of the check's own for a Pod, and return its cluster IP.

    It has no selector, and so asks for no controller.
    """
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": OWN_SERVICE},
        "spec": {"ports": [{"port": 80}]},
    }
    endpoints = {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": OWN_SERVICE,
            "labels": {"kubernetes.io/service-name": OWN_SERVICE},
        },
        "addressType": "IPv4",
        "ports": [{"name": "", "port": 80, "protocol": "TCP"}],
        "endpoints": [{"addresses": [address], "conditions": {"ready": True}}],
    }
    both = {"apiVersion": "v1", "kind": "List", "items": [service, endpoints]}
    _kubectl("create", "-f", "-", given=json.dumps(both))
    return _kubectl("get", "service", OWN_SERVICE, "-o", "jsonpath={.spec.clusterIP}")


def _expect_answer(machine, name, address):
    """A request from a machine to a cluster IP is answered, as soon as rules are written."""
    deadline = time.monotonic() + START_SECONDS
    ask = ["curl", "--silent", "--max-time", "2", f"http://{address}"]
    while "nginx" not in machine.exec(ask).text:
        if time.monotonic() > deadline:
            raise CheckFailed(
                f"an answer of {name}, asked for at its cluster IP from {machine.name}",
                f"none from {address}",
                f"Does kube-proxy work on {machine.name}? "
                "kubectl -n kube-system get pods -l k8s-app=kube-proxy -o wide",
            )
        time.sleep(0.3)


def _kubectl(*words, given=""):
    command = ["kubectl", "--namespace", "workshop", *words]
    done = subprocess.run(
        command, input=given, capture_output=True, text=True, timeout=CALL_SECONDS, check=True
    )
    return done.stdout


def _is_static(kube, pod):
    """Whether the kubelet has a Pod from elsewhere than the API server: it says so itself."""
    known = kube.raw(f"/api/v1/nodes/{pod.node}/proxy/pods").json["items"]
    sources = [
        each["metadata"].get("annotations", {}).get("kubernetes.io/config.source", "api")
        for each in known
        if (each["metadata"]["namespace"], each["metadata"]["name"]) == (pod.namespace, pod.name)
    ]
    return bool(sources) and "api" not in sources


def _expect_lasting(lamp):
    """The lamp does not go out: not since it was lit, nor by what it runs."""
    policy = lamp.spec.get("restartPolicy", "Always")
    if policy == "Never":
        raise CheckFailed(
            "a lamp that the kubelet lights again if its process ends",
            f"restartPolicy: {policy}",
            "Leave restartPolicy out: Always is the default.",
        )
    if (seconds := _find_end(lamp)) is not None and seconds < LONG_SECONDS:
        raise _went_out(f"its process ends after {seconds} seconds")
    while seconds is None and _seconds_on(lamp) < LASTING_SECONDS:
        time.sleep(0.5)
        lamp.refresh()
    status = lamp.status["containerStatuses"][0]
    ended = (status.get("lastState") or {}).get("terminated") or {}
    # 137, 143 and 255: it was killed, as by a restart of its machine, and did not end by itself.
    if ended and (status["restartCount"] > 2 or ended["exitCode"] not in (137, 143, 255)):
        raise _went_out(f"{status['restartCount']} restarts; it ended with {ended['exitCode']}")


def _went_out(found):
    return CheckFailed(
        "a lamp that is always on: its process does not end",
        found,
        "Give it a command that goes on for ever, such as sleep infinity.",
    )


def _find_end(lamp):
    """After how many seconds its process ends; None if its command does not tell."""
    container = lamp.spec["containers"][0]
    words = " ".join([*(container.get("command") or []), *(container.get("args") or [])])
    if ended := re.search(r"\btimeout (?:-\S+ )*(\d+)", words):
        return int(ended[1])
    if re.search(r"(tail -f \S+|sleep inf(inity)?)$", words):
        return float("inf")
    slept = re.findall(r"\bsleep (\d+)([smhd]?)\b", words)
    if not slept or re.search(r"\b(while|until|for)\b", words):
        return None
    unit = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
    return sum(int(count) * unit[each] for count, each in slept)


def _seconds_on(lamp):
    running = lamp.status["containerStatuses"][0].get("state", {}).get("running")
    if not running:
        raise _went_out(f"it is {lamp.state}")
    started = datetime.fromisoformat(running["startedAt"])
    return (datetime.now(UTC) - started).total_seconds()
