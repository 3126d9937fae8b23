"""What must be true after the lab 'Scale and heal'."""

import re

from checker.checks import CheckFailed, task

START_SECONDS = 30
TARGET_SECONDS = 15
THREE = 3
PORT = 80
LEAST, MOST, CPU = 2, 4, 60


@task("door", timeout=60)
def test_door(ecs):
    """The service bread keeps tasks of bread:1 running behind the load balancer."""
    bread = ecs.cluster("bakery").service("bread")
    bread.expect_revision(
        1, next_step="bread:2 was never tried, and fails: move the service back to bread:1."
    )
    if not _is_scaled(bread):
        bread.expect_desired(THREE)
    ports = {int(each["containerPort"]) for each in bread.attrs.get("loadBalancers", [])}
    if ports - {PORT}:
        raise CheckFailed(
            f"targets on port {PORT}, where the web server listens",
            f"the load balancer asks port {', '.join(map(str, sorted(ports)))}",
            "containerPort of a load balancer is the port of the program in the container.",
        )
    bread.expect_steady(within=START_SECONDS).expect_targets(within=TARGET_SECONDS)


@task("heal", requires="door", timeout=60)
def test_heal(ecs, workspace):
    """A task of bread is gone, and the service is complete again."""
    name = workspace.file("gone.txt").text.strip().rpartition("/")[2]
    bread = ecs.cluster("bakery").service("bread")
    every = {each.id: each for each in bread.all_tasks}
    if not re.fullmatch(r"[0-9a-f-]{32,36}", name) or name not in every:
        raise CheckFailed(
            "the id of a task of bread in gone.txt",
            name or "nothing",
            "aws ecs list-tasks --cluster bakery --service-name bread --desired-status STOPPED "
            "lists those that are gone.",
        )
    if every[name].attrs["desiredStatus"] != "STOPPED":
        raise CheckFailed(
            f"task {name} is gone",
            every[name].story,
            f"Stop it: aws ecs stop-task --cluster bakery --task {name}",
        )
    bread.expect_steady(within=START_SECONDS)


@task("track", requires="door", timeout=60)
def test_track(ecs):
    """bread is scaled between 2 and 4 tasks, for 60 percent of CPU."""
    ecs.cluster("bakery").service("bread").expect_scaling(LEAST, MOST, CPU)


def _is_scaled(bread):
    try:
        bread.expect_scaling(LEAST, MOST, CPU)
    except CheckFailed:
        return False
    return True
