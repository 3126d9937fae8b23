"""What must be true after the lab 'Zero downtime on Kubernetes'."""

import subprocess

from checker.checks import CheckFailed, task

DOOR = "http://127.0.0.1:8099"
RATE = 200
PATIENCE = 10
"""Seconds: a request that is only slow, on a machine with much to do, is not lost."""

GOOD = {"shop:1": "1", "shop:2": "2"}
NOTICE_SECONDS = 40
CALL_SECONDS = 20
TOLD_TO_END = (
    "When were they lost? Before a new copy could answer, or after an old one was told to end, "
    "when not everybody had heard of it?"
)


@task("ready", timeout=90)
def test_readiness(kube):
    """The readiness probe of shop knows a copy that works from one whose database is away."""
    rollout = kube.namespace("market").deployment("shop").rollout.expect_readiness_probe()
    rollout.expect_probe_tells(good="shop:1", bad="shop:3", within=30)


@task("no-gap", requires="ready", timeout=240)
def test_nothing_is_lost(kube, probe):
    """Two rollouts under load lose none of at least 2,000 requests."""
    shop = kube.namespace("market").deployment("shop").expect_replicas(2)
    shop.rollout.expect_unavailable(0).settle(within=60)
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


@task("bad-version", requires="no-gap", timeout=240)
def test_bad_version_goes_back(kube, probe, workspace):
    """deploy.sh deploys a good version, and takes a bad one back before any user feels it."""
    workspace.file("deploy.sh").expect_exists()
    shop = kube.namespace("market").deployment("shop")
    shop.rollout.settle(within=60)
    _forget_broken_connections(kube)
    other = _there_and_back(shop)[0]
    with probe.run(f"{DOOR}/version", rate=RATE, seconds=200, timeout=PATIENCE, within=10) as load:
        if _deploy(workspace, other) != 0:
            raise CheckFailed(
                f"bash deploy.sh {other} ends with status 0",
                "it ends with another",
                f"Try it, and look at its status: bash deploy.sh {other}; echo $?",
            )
        _expect_image(kube, other, f"after bash deploy.sh {other}").expect_ready()
        if _deploy(workspace, "shop:3") == 0:
            raise CheckFailed(
                "bash deploy.sh shop:3 ends with a status that is not 0",
                "it ends with 0, as if the bad version had been deployed",
                "Whoever deploys waits for the end: kubectl rollout status --help",
            )
        _expect_image(kube, other, "after bash deploy.sh shop:3").rollout.settle(within=60)
    load.expect_lost(0, next_step=TOLD_TO_END)
    _expect_seen(load, set(GOOD.values()))


def _image(shop):
    return next(iter(shop.images.values()))


def _there_and_back(shop):
    """The good image that does not run, and the one that does; after a bad one, both."""
    now = _image(shop)
    return ["shop:1", "shop:2"] if now not in GOOD else [*(set(GOOD) - {now}), now]


def _complete(shop, image):
    if shop.rollout.deploy(image, within=90) != "complete":
        raise CheckFailed(
            f"the rollout of {image} is completed",
            "its progress deadline has passed",
            "See its Pods: kubectl -n market describe pods",
        )


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


def _forget_broken_connections(kube):
    """A node remembers for two minutes which Pod a connection was sent to that nobody answered.

    A later one from the same port would be sent after it, to a Pod that is gone: requests lost by
    a rollout that is long over.
    """
    for node in kube.nodes():
        subprocess.run(
            ["docker", "exec", node.name, "conntrack", "-D", "-p", "tcp", "--state", "SYN_SENT"],
            capture_output=True,
            timeout=CALL_SECONDS,
            check=False,
        )
