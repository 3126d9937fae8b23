"""What must be true after the lab 'First deployment'."""

from checker.checks import CheckFailed, task

NGINX = "nginx:1.26"
BUSYBOX = "busybox:1.37"
START_SECONDS = 20
LASTING_SECONDS = 2


@task("counter", timeout=60)
def test_counter(kube):
    """The Deployment counter in bakery has three ready Pods of nginx:1.26."""
    counter = kube.namespace("bakery").deployment("counter")
    counter.expect_image(NGINX).expect_replicas(3)
    counter.expect_ready(within=START_SECONDS, lasting=LASTING_SECONDS)


@task("door", requires="counter")
def test_door(kube):
    """The Service door answers on port 80, by the three Pods of counter."""
    bakery = kube.namespace("bakery")
    door = bakery.service("door").expect_port(80, target=80)
    counter = bakery.deployment("counter").expect_replicas(3)
    door.expect_pods_of(counter, within=5).expect_answers(80, contains="nginx", within=5)


@task("oven", timeout=60)
def test_oven(kube):
    """oven runs nginx:1.26, and answers."""
    oven = kube.namespace("bakery").deployment("oven")
    oven.expect_image(
        NGINX,
        next_step="The events of its Pod say what could not be had: "
        "kubectl -n bakery describe pod -l app=oven",
    ).expect_ready(within=START_SECONDS, lasting=LASTING_SECONDS)
    for pod in oven.pods:
        pod.expect_answers(80, contains="nginx", within=5)


@task("heal", requires="counter")
def test_gone(kube, workspace):
    """gone= is the name of a Pod that is no more."""
    bakery = kube.namespace("bakery")
    name = _read_name(workspace, "gone")
    bakery.expect_no("Pod", name, next_step=f"Delete it: kubectl -n bakery delete pod {name}")


@task("heal", requires="counter")
def test_successor(kube, workspace):
    """gone= was a Pod of counter that you deleted, and successor= was made in its place."""
    counter = kube.namespace("bakery").deployment("counter")
    gone, successor = _read_name(workspace, "gone"), _read_name(workspace, "successor")
    counter.expect_replacement(
        gone,
        successor,
        next_step="Delete one Pod with kubectl -n bakery delete pod, write its name and that of "
        "the Pod that comes up: kubectl -n bakery get pods -l app=counter "
        "--sort-by=.metadata.creationTimestamp",
    )


@task("bread")
def test_file(kube, workspace):
    """bread.yaml says 3 replicas of busybox:1.37."""
    written = kube.namespace("bakery").manifest(workspace.file("bread.yaml"), "bread")
    images = ", ".join(written.images.values())
    step = "The file is what is wanted: change it there, then kubectl apply -f bread.yaml"
    if written.replicas != 3:
        found = f"{written.replicas} of {images}"
        raise CheckFailed(f"3 replicas of {BUSYBOX} in bread.yaml", found, step)
    written.expect_image(BUSYBOX, next_step=step)


@task("bread", timeout=60)
def test_bread(kube, workspace):
    """The cluster runs what bread.yaml says."""
    bakery = kube.namespace("bakery")
    written = bakery.manifest(workspace.file("bread.yaml"), "bread")
    bread = bakery.deployment("bread").expect_image(BUSYBOX).expect_replicas(3)
    bread.expect_same_spec(written, where="bread.yaml")
    bread.expect_ready(within=START_SECONDS, lasting=LASTING_SECONDS)


def _read_name(workspace, key):
    """The Pod that stands behind KEY= in heal.txt, with `pod/` before it or without."""
    step = "Two lines, each a name, '=' and the name of a Pod."
    found = workspace.file("heal.txt").setting(key, next_step=step)
    return found.removeprefix("pod/") or found
