"""What must be true after the lab 'Scale and heal'."""

import os
import re

from checker.base.polling import wait_until
from checker.checks import CheckFailed, http, task

START_SECONDS = 30
TARGET_SECONDS = 15
THREE = 3
LEAST, MOST, CPU = 2, 4, 60
DOOR = f"{os.environ['AWS_ENDPOINT_URL']}/_alb/door/"
ID = re.compile(r"\b(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b")
WORKS_SECONDS = 5
"""A revision works if one of its tasks has run for so long; those of bread:2 end at once."""


@task("door", timeout=90)
def test_door(ecs):
    """The service bread keeps its tasks running behind the load balancer door, which answers."""
    bread = ecs.cluster("bakery").service("bread").expect_family("bread")
    if not bread.scaling_bounds:
        bread.expect_desired(THREE)
    if bread.definition.revision == 2:
        raise CheckFailed(
            "the service bread runs a revision that works",
            "it points to bread:2",
            "bread:2 was never tried, and fails: move the service back to bread:1.",
        )
    bread.expect_steady(within=START_SECONDS).expect_behind("door", within=TARGET_SECONDS)
    http.get(DOOR, within=TARGET_SECONDS).expect_status(200).expect_contains("Welcome to nginx")


@task("heal", timeout=60)
def test_heal(ecs, workspace):
    """A task of bread is gone, and the service has started another."""
    bread = ecs.cluster("bakery").service("bread")
    every = {each.id: each for each in bread.all_tasks}
    text = workspace.file("gone.txt").text
    names = list(dict.fromkeys(ID.findall(text)))
    if len(names) != 1 or names[0] not in every:
        raise CheckFailed(
            "the id of one task of bread in gone.txt",
            text.strip()[:200] or "nothing",
            "aws ecs list-tasks --cluster bakery --service-name bread --desired-status STOPPED "
            "lists those that are gone.",
        )
    gone = every[names[0]]
    _expect_taken_away(gone, bread)
    successors = [each for each in every.values() if each.created >= gone.ended]
    if not successors:
        raise CheckFailed(
            f"another task of bread that was started after {gone.id[:8]} had gone",
            "none was",
            "Did the service want fewer tasks by then? aws ecs describe-services tells its events.",
        )
    bread.expect_steady(within=START_SECONDS)


def _expect_taken_away(gone, bread):
    """Expect a task that worked, and that neither failed by itself nor was given up."""
    if gone.attrs["desiredStatus"] != "STOPPED":
        step = f"Stop it: aws ecs stop-task --cluster bakery --task {gone.id}"
        raise CheckFailed(f"task {gone.id} is gone", gone.story, step)

    def works():
        same = [each for each in bread.all_tasks if each.definition == gone.definition]
        return any(each.ran_seconds >= WORKS_SECONDS for each in same)

    # its successors may have been started a moment ago; times are exact to a second
    if not wait_until(works, WORKS_SECONDS + 2, 0.5):
        raise CheckFailed(
            "a task that worked until you took it away",
            gone.story,
            f"{gone.definition} never worked, so its tasks ended by themselves. Take one away "
            "that runs: aws ecs list-tasks, aws ecs stop-task",
        )
    if gone.ended_by == "ServiceSchedulerInitiated":
        raise CheckFailed(
            "a task that you took away while the service wanted it",
            gone.story,
            "The service stopped this one itself, since it wanted fewer tasks or another "
            "revision. Take one away that it wants: aws ecs stop-task",
        )


@task("track", requires="door", timeout=60)
def test_track(ecs):
    """bread is scaled between 2 and 4 tasks, out and in, for 60 percent of CPU."""
    ecs.cluster("bakery").service("bread").expect_scaling(LEAST, MOST, CPU)
