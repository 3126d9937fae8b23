"""What must be true after the lab 'Autoscale'."""

from checker.checks import CheckFailed, task

NUMBER_SECONDS = 60
"""An autoscaler looks every 15 seconds, and a new Pod has no value for its first half minute."""


@task("number", timeout=120)
def test_number(kube):
    """The autoscaler dough has a number to work with: CPU in percent of what dough requests."""
    bakery = kube.namespace("bakery")
    deployment = bakery.deployment("dough").expect_ready(within=20)
    dough = bakery.autoscaler("dough").expect_target("Deployment dough")
    dough.expect_bounds(1, 3).expect_use("cpu", 50, _get_pod(deployment))
    for pod in deployment.pods:
        for container in pod.spec["containers"]:
            if not pod.request("cpu") or not pod.request("cpu", container=container["name"]):
                raise CheckFailed(
                    f"a CPU request of the container {container['name']}",
                    str(container.get("resources") or "no resources"),
                    "Of what should the autoscaler take 50 %? See resources.requests in "
                    "dough.yaml.",
                )
    dough.expect_number(within=NUMBER_SECONDS)


@task("range", timeout=120)
def test_range(kube):
    """oven has an autoscaler of 1 to 4 Pods at 50 % CPU, and four Pods under its load."""
    bakery = kube.namespace("bakery")
    oven = bakery.autoscaler("oven").expect_target("Deployment oven").expect_bounds(1, 4)
    deployment = bakery.deployment("oven")
    oven.expect_use("cpu", 50, _get_pod(deployment)).expect_free()
    oven.expect_number(within=NUMBER_SECONDS).expect_desired(4, within=30)
    deployment.refresh().expect_replicas(
        4, next_step="Wait for the autoscaler: kubectl -n bakery get hpa oven --watch"
    )
    deployment.expect_ready(within=20)


@task("shrink", timeout=120)
def test_shrink(kube):
    """till waits 30 seconds before it shrinks, and then goes by one Pod every 15 seconds."""
    bakery = kube.namespace("bakery")
    till = bakery.autoscaler("till").expect_target("Deployment till").expect_bounds(1, 5)
    deployment = bakery.deployment("till")
    till.expect_use("cpu", 50, _get_pod(deployment))
    till.expect_window(30).expect_shrinking(pods=1, seconds=15)
    deployment.expect_ready(within=20)
    till.expect_number(within=NUMBER_SECONDS)


def _get_pod(deployment):
    """One Pod of a Deployment: what it requests is known once it is there."""
    return next(iter(deployment.pods), None)
