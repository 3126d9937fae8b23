"""What must be true after the lab 'Zero downtime on Kubernetes'."""

import contextlib
import secrets
import subprocess
from pathlib import Path

from checker.base.errors import CouldNotFindOut
from checker.checks import CheckFailed, task
from checker.checks.kubernetes.trial_copies import TrialCopy
from checker.images.reference import expand_reference, is_same_image

DOOR = "http://127.0.0.1:8099"
RATE = 200
PATIENCE = 10
"""Seconds: a request that is only slow, on a machine with much to do, is not lost."""

GOOD = {"shop:1": "1", "shop:2": "2"}
BAD_COPIES = (
    "shop:3",
    TrialCopy("shop:1", env={"REDIS_URL": "redis://127.0.0.1:1"}, title="a copy without its Redis"),
    TrialCopy("shop:1", command=("sleep", "3600"), title="a copy in which no shop answers"),
)
DOOR_CONFIG = Path("/usr/local/etc/haproxy/haproxy.cfg")
SERVICE = {
    "type": "NodePort",
    "selector": {"app": "shop"},
    "ports": [{"port": 80, "targetPort": 3000, "nodePort": 30099, "protocol": "TCP"}],
    "externalTrafficPolicy": "Cluster",
    "sessionAffinity": "None",
    "publishNotReadyAddresses": None,
}
NOTICE_SECONDS = 40
CALL_SECONDS = 20
TOLD_TO_END = (
    "When were they lost? Before a new copy could answer, or after an old one was told to end, "
    "when not everybody had heard of it?"
)


@task("ready", timeout=90)
def test_readiness(kube):
    """The readiness probe of shop knows a copy that works from one that lacks something."""
    rollout = kube.namespace("market").deployment("shop").rollout.expect_readiness_probe()
    rollout.expect_probe_tells(good="shop:1", bad=BAD_COPIES, within=30)


@task("no-gap", requires="ready", timeout=240)
def test_nothing_is_lost(kube, docker, probe):
    """Two rollouts under load lose none of at least 2,000 requests."""
    shop = kube.namespace("market").deployment("shop")
    _expect_two_at_work(shop)
    _expect_same_way(kube, docker)
    shop.rollout.settle(within=60)
    _forget_broken_connections(kube)
    before, images = GOOD.get(_image(shop)), _there_and_back(shop)
    with probe.load_rollout(DOOR, rate=RATE, seconds=200, timeout=PATIENCE, at_least=2000) as loads:
        load, slow = loads
        for image in images:
            _complete(shop, image)
            load.wait_for_version(GOOD[image])
        shop.rollout.settle(within=60)
    slow.expect_lost(
        0,
        next_step="These take three seconds. An old copy must be allowed to finish what it has "
        "begun: how much time does it get, from when it is told to end?",
    )
    load.expect_lost(0, of_at_least=2000, next_step=TOLD_TO_END)
    _expect_seen(load, {before, *map(GOOD.get, images)} - {None})


@task("bad-version", requires="ready", timeout=240)
def test_bad_version_goes_back(kube, probe, workspace):
    """deploy.sh deploys a good version, and takes a bad one back before any user feels it."""
    workspace.file("deploy.sh").expect_exists()
    shop = kube.namespace("market").deployment("shop")
    shop.rollout.settle(within=60)
    _forget_broken_connections(kube)
    other, now = _there_and_back(shop)
    with _name_anew(kube, other) as good, _name_anew(kube, "shop:3") as bad:
        try:
            _expect_deployed_and_taken_back(kube, probe, workspace, good, bad)
        finally:
            _set_image(shop, now)


def _expect_deployed_and_taken_back(kube, probe, workspace, good, bad):
    """The script knows neither name: it can only find out which of them works."""
    with probe.run(f"{DOOR}/version", rate=RATE, seconds=200, timeout=PATIENCE, within=10) as load:
        if _deploy(workspace, good) != 0:
            raise CheckFailed(
                f"bash deploy.sh {good}, a good version by another name, ends with status 0",
                "it ends with another",
                "Try it, and look at its status: bash deploy.sh shop:2; echo $?",
            )
        _expect_image(kube, good, f"after bash deploy.sh {good}").expect_ready()
        if _deploy(workspace, bad) == 0:
            raise CheckFailed(
                f"bash deploy.sh {bad}, which is shop:3 by another name, ends with a status that "
                "is not 0",
                "it ends with 0, as if the bad version had been deployed",
                "Whoever deploys waits for the end: kubectl rollout status --help",
            )
        _expect_image(kube, good, f"after bash deploy.sh {bad}").rollout.settle(within=60)
    load.expect_lost(0, next_step=TOLD_TO_END)
    _expect_seen(load, set(GOOD.values()))


def _image(shop):
    """The image of the shop by the name that the lab gives it, if it is one of the good ones."""
    found = next(iter(shop.images.values()))
    return next((each for each in GOOD if is_same_image(each, found)), found)


def _there_and_back(shop):
    """The good image that does not run, and the one that does; after a bad one, both."""
    now = _image(shop)
    return ["shop:1", "shop:2"] if now not in GOOD else [*(set(GOOD) - {now}), now]


def _expect_two_at_work(shop):
    """However many copies there are, a rollout leaves two of them at work."""
    missing = shop.rollout.max_unavailable
    if shop.replicas - missing < 2:
        raise CheckFailed(
            "a rollout of shop during which never fewer than two copies are at work",
            f"of {shop.replicas}, {missing} may be missing: {shop.spec.get('strategy')}",
            "kubectl explain deployment.spec.strategy.rollingUpdate",
        )


def _expect_same_way(kube, docker):
    """Requests take the way that they took in the beginning: the door and the Service are as then.

    A door that tries again would hide what a rollout loses.
    """
    starter = Path(__file__).parent / "starter" / DOOR_CONFIG.name
    door = docker.container("door").expect_running()
    if door.file(str(DOOR_CONFIG)).text.split() != starter.read_text().split():
        raise CheckFailed(
            "the door as it was in the beginning",
            f"another {DOOR_CONFIG.name}",
            "Leave the door as it is: ./course reset deploy/zero-downtime-kubernetes",
        )
    spec = kube.namespace("market").service("shop").spec
    for key, wanted in SERVICE.items():
        if spec.get(key) != wanted:
            raise CheckFailed(
                f"the Service shop as it was in the beginning, {key}: {wanted}",
                f"{key}: {spec.get(key)}",
                "Leave the Service as it is, and apply the one in shop.yaml again.",
            )


def _complete(shop, image):
    """Roll an image out to the end; on a busy machine that may take longer than its deadline."""
    if shop.rollout.deploy(image, within=90) != "complete":
        shop.rollout.settle(within=60)


def _expect_image(kube, image, when):
    step = "kubectl rollout undo brings the version before back."
    return kube.namespace("market").deployment("shop").expect_image(image, next_step=step)


def _expect_seen(load, versions):
    """Only these versions answered, and each of them did."""
    seen = set(load.result.versions)
    if seen - {""} != versions:
        raise CheckFailed(
            f"answers of the versions {', '.join(sorted(versions))}",
            f"answers of {', '.join(sorted(seen))}",
            "Was the new version really rolled out, and the bad one kept out?",
        )


def _deploy(workspace, image):
    """The status of the learner's script, as a pipeline would see it."""
    try:
        done = subprocess.run(
            ["bash", "deploy.sh", image],
            cwd=workspace.folder("."),
            capture_output=True,
            timeout=NOTICE_SECONDS + CALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CheckFailed(
            f"bash deploy.sh {image} ends within {NOTICE_SECONDS} seconds",
            "it does not end",
            "How long does a Deployment wait before it says so? See progressDeadlineSeconds.",
        ) from None
    return done.returncode


@contextlib.contextmanager
def _name_anew(kube, image):
    """Give an image in the nodes a second name that tells nothing, while the block runs."""
    name = f"shop:{secrets.token_hex(4)}"
    known, new = expand_reference(image), expand_reference(name)
    nodes = [each.name for each in kube.nodes()]
    try:
        if not all(_run_in_node(each, f"ctr -n k8s.io images tag {known} {new}") for each in nodes):
            raise CouldNotFindOut(f"A node does not have the image {image}.")
        yield name
    finally:
        for node in nodes:
            _run_in_node(node, f"ctr -n k8s.io images rm {new}")


def _set_image(shop, image):
    """Bring back the image that ran before the check; that rollout ends by itself."""
    words = f"kubectl -n market set image deployment/shop {next(iter(shop.images))}={image}"
    subprocess.run(words.split(), capture_output=True, timeout=CALL_SECONDS, check=False)


def _run_in_node(node, command):
    """Say whether a command in a node ended well."""
    words = ["docker", "exec", node, *command.split()]
    ran = subprocess.run(words, capture_output=True, timeout=CALL_SECONDS, check=False)
    return ran.returncode == 0


def _forget_broken_connections(kube):
    """A node remembers for two minutes which Pod a connection was sent to that nobody answered.

    A later one from the same port would be sent after it, to a Pod that is gone: requests lost by
    a rollout that is long over.
    """
    for node in kube.nodes():
        _run_in_node(node.name, "conntrack -D -p tcp --state SYN_SENT")
