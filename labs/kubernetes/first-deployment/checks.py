"""What must be true after the lab 'First deployment'."""

import json
import re

import yaml

from checker.checks import CheckFailed, task

NGINX = "nginx:1.26"
BUSYBOX = "busybox:1.37"
APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
START_SECONDS = 20


@task("counter", timeout=60)
def test_counter(kube):
    """The Deployment counter in bakery has three ready Pods of nginx:1.26."""
    counter = kube.namespace("bakery").deployment("counter")
    counter.expect_image(NGINX).expect_replicas(3).expect_ready(within=START_SECONDS)


@task("door", requires="counter")
def test_door(kube):
    """The Service door answers on port 80, by the three Pods of counter."""
    bakery = kube.namespace("bakery")
    door = bakery.service("door").expect_port(80, target=80)
    door.expect_endpoints(3, within=2)
    strangers = set(door.endpoints) - {pod.ip for pod in bakery.deployment("counter").pods}
    if strangers:
        raise CheckFailed(
            "only Pods of counter behind door",
            f"also {', '.join(sorted(strangers))}",
            "Its selector matches more than it should: kubectl -n bakery get pods --show-labels",
        )
    door.expect_answers(80, contains="nginx", within=2)


@task("oven", timeout=60)
def test_oven(kube):
    """oven runs nginx:1.26."""
    oven = kube.namespace("bakery").deployment("oven")
    oven.expect_image(
        NGINX,
        next_step="The events of its Pod say what could not be had: "
        "kubectl -n bakery describe pod -l app=oven",
    ).expect_ready(within=START_SECONDS)


@task("heal", requires="counter")
def test_gone(kube, workspace):
    """gone= was a Pod of counter, and is no more."""
    bakery = kube.namespace("bakery")
    name = _line(workspace, "gone")
    bakery.expect_no("Pod", name, next_step=f"Delete it: kubectl -n bakery delete pod {name}")
    if not re.fullmatch(r"counter-[a-z0-9]+-[a-z0-9]{5}", name):
        raise CheckFailed(
            "the name of a Pod of counter",
            name,
            "kubectl -n bakery get pods -l app=counter lists them. If you have forgotten the "
            "name, delete another.",
        )


@task("heal", requires="counter")
def test_successor(kube, workspace):
    """successor= is the Pod that was made in its place."""
    pods = kube.namespace("bakery").deployment("counter").pods
    name = _line(workspace, "successor")
    pod = kube.namespace("bakery").pod(name).expect_owner("ReplicaSet")
    made = {each.name: each.attrs["metadata"]["creationTimestamp"] for each in pods}
    newest, oldest = max(made.values(), default=""), min(made.values(), default="")
    if made.get(pod.name) != newest or newest == oldest:
        raise CheckFailed(
            "the newest Pod of counter, which is younger than the others",
            f"{name}, made at {made.get(name, 'no time that is known')}",
            "See their age: kubectl -n bakery get pods --sort-by=.metadata.creationTimestamp",
        )


@task("bread")
def test_file(workspace):
    """bread.yaml says 3 replicas of busybox:1.37."""
    text = workspace.file("bread.yaml").text
    try:
        spec = yaml.safe_load(text)["spec"]
        found = (spec["replicas"], spec["template"]["spec"]["containers"][0]["image"])
    except (yaml.YAMLError, KeyError, TypeError, IndexError):
        raise CheckFailed(
            "the manifest of a Deployment in bread.yaml", text, "Mind how deep each line is."
        ) from None
    if found != (3, BUSYBOX):
        raise CheckFailed(
            f"3 replicas of {BUSYBOX} in bread.yaml",
            f"{found[0]} of {found[1]}",
            "The file is what is wanted: change it there, then kubectl apply -f bread.yaml",
        )


@task("bread", timeout=60)
def test_bread(kube):
    """The cluster runs what bread.yaml says."""
    bread = kube.namespace("bakery").deployment("bread")
    bread.expect_image(BUSYBOX).expect_replicas(3)
    wanted = json.loads(bread.annotations.get(APPLIED, "{}")).get("spec", {})
    if wanted.get("replicas") != 3:
        raise CheckFailed(
            "3 replicas in what was applied last",
            str(wanted.get("replicas", "nothing was applied")),
            "The cluster was changed past the file: kubectl apply -f bread.yaml",
        )
    bread.expect_ready(within=START_SECONDS)


def _line(workspace, name):
    """The Pod that stands behind NAME= in heal.txt, with `pod/` before it or without."""
    step = "Two lines, each a name, '=' and the name of a Pod."
    found = workspace.file("heal.txt").setting(name, next_step=step)
    return found.removeprefix("pod/") or found
