"""What must be true after the lab 'Take it apart'."""

from checker.checks import CheckFailed, task

CONTROL_PLANE = "course-control-plane"
BACKUP = "/root/backup.db"
KEY = "/registry/configmaps/workshop/recipe"
START_SECONDS = 20


@task("backup")
def test_backup(docker):
    """/root/backup.db is a backup of etcd with the ConfigMap recipe in it."""
    machine = docker.container(CONTROL_PLANE)
    status = machine.exec(["etcdutl", "snapshot", "status", BACKUP])
    if status.status != 0:
        raise CheckFailed(
            f"a backup of etcd in {BACKUP} on {CONTROL_PLANE}",
            "no file that etcdutl can read as a snapshot",
            "Only etcd can make one: etcdctl snapshot save",
        )
    if machine.exec(["grep", "-aq", KEY, BACKUP]).status != 0:
        raise CheckFailed(
            f"the key {KEY} in the backup", "it is not there", "Make the backup anew."
        )


@task("parcel", timeout=60)
def test_parcel(kube):
    """parcel, as it was in the beginning, runs on course-worker2."""
    workshop = kube.namespace("workshop")
    parcel = workshop.pod("parcel")
    if _made(parcel) >= _made(workshop.deployment("shelf")):
        raise CheckFailed(
            "the Pod parcel as it was",
            "one that was made anew",
            "Reset the lab, and give the Pod that is there a node: send a Binding.",
        )
    parcel.expect_on_node("course-worker2").expect_running(within=START_SECONDS)


@task("shelf", timeout=60)
def test_shelf(kube):
    """Controllers keep two ready Pods of shelf."""
    workshop = kube.namespace("workshop")
    if not kube.namespace("kube-system").pods("component=kube-controller-manager").names:
        raise CheckFailed(
            "a kube-controller-manager in the cluster",
            "none",
            "Pods that you make by hand heal nothing. Look at the control plane's static Pods.",
        )
    workshop.deployment("shelf").expect_replicas(2).expect_ready(within=START_SECONDS)


@task("lamp", timeout=60)
def test_lamp(kube):
    """lamp is a static Pod of course-worker2."""
    lamp = kube.namespace("workshop").pod("lamp-course-worker2")
    lamp.expect_owner("Node", next_step="A kubelet runs what is in /etc/kubernetes/manifests.")
    lamp.expect_image("busybox:1.37").expect_on_node("course-worker2")
    lamp.expect_running(within=START_SECONDS)


@task("broom", timeout=60)
def test_broom(kube, docker):
    """broom runs on course-worker, whose kubelet works."""
    broom = kube.namespace("workshop").pod("broom")
    broom.expect_on_node("course-worker")
    if docker.container("course-worker").exec(["systemctl", "is-active", "kubelet"]).status != 0:
        raise CheckFailed(
            "a kubelet that runs on course-worker",
            "it has stopped",
            "It is a service of the machine. Start it there.",
        )
    kube.node("course-worker").expect_ready(within=START_SECONDS)
    broom.expect_running(within=START_SECONDS)


def _made(thing):
    """When it was made, in whole seconds; setup makes parcel at least one before shelf."""
    return thing.attrs["metadata"]["creationTimestamp"]
