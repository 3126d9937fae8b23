"""What must be true after the lab 'First service'."""

from checker.checks import CheckFailed, http, task

IMAGE = "shop:1"
PORT = 3000
START_SECONDS = 25
ANSWER_SECONDS = 10
BEGUN_SECONDS = 3
"""A task that fails at once never gets so far, and need not be asked."""

LASTING_SECONDS = 6
UNUSUAL_SECONDS = 25
"""A container with another command than its image's may be made to end; it is watched longer."""

LEAST_MEMORY = 32
"""MiB; with less Node does not even begin, so nobody need wait for it."""

ADDRESS = "http://127.0.0.1:8350/"
TASK = "com.amazonaws.ecs.task-arn"


@task("recipe")
def test_recipe(ecs):
    """The newest revision of counter has image, memory, greeting and ports."""
    counter = ecs.definition("counter")
    counter.expect_image(IMAGE)
    counter.expect_memory(
        least=64,
        most=256,
        next_step="Node needs some 60 MiB to begin with: with less the kernel kills it. "
        "Register another revision, with `memory`.",
    )
    counter.expect_environment("GREETING", "Fresh bread")
    counter.expect_port(PORT, host=8350)


@task("counter", requires="recipe", timeout=120)
def test_counter(ecs, docker):
    """The service counter keeps one task of the newest revision running."""
    newest = ecs.definition("counter")
    service = ecs.cluster("bakery").service("counter").expect_desired(1)
    service.expect_family("counter").expect_revision(
        newest.revision,
        next_step="A new revision changes no service by itself: aws ecs update-service --cluster "
        f"bakery --service counter --task-definition {newest.name}   Only one task can have port "
        "8350, so the old one must end first: --deployment-configuration "
        "minimumHealthyPercent=0,maximumPercent=100",
    )
    service.expect_running(1, within=START_SECONDS)
    _expect_lasting(service, docker, 1)


@task("counter", requires="recipe", timeout=60)
def test_answers():
    """Port 8350 of your machine says Fresh bread."""
    http.get(ADDRESS, within=START_SECONDS).expect_status(200).expect_json(
        {"greeting": "Fresh bread"}
    )


@task("till", timeout=120)
def test_till(ecs, docker):
    """The service till has one task of the family till, which lasts and answers."""
    till = ecs.cluster("bakery").service("till").expect_desired(1).expect_family("till")
    till.definition.expect_image(IMAGE)
    step = (
        "A revision never changes: register till again with more memory, then move the service to "
        "the new revision with update-service."
    )
    if till.definition.container().get("memory"):
        till.definition.expect_memory(least=LEAST_MEMORY, next_step=step)
    till.expect_running(1, within=START_SECONDS, lasting=BEGUN_SECONDS)
    _ask(docker, till.tasks[-1])
    _expect_lasting(till, docker, 1)


@task("window", timeout=120)
def test_window(ecs, docker):
    """Both tasks of window say open."""
    window = ecs.cluster("bakery").service("window").expect_desired(2).expect_family("window")
    window.expect_steady(within=START_SECONDS).expect_running(2, within=START_SECONDS)
    for each in window.tasks:
        _ask(docker, each).expect_json(
            {"greeting": "open"},
            next_step=f"The service points to {window.definition.name}. A new revision changes no "
            "service by itself: aws ecs list-task-definitions --family-prefix window, then "
            "aws ecs update-service",
        )
    _expect_lasting(window, docker, 2)


def _ask(docker, task):
    """Ask the shop in a task's container, at its address: it need not have a port of the machine.

    A container in host mode has no address of its own.
    """
    addresses = [each for each in _find_container(docker, task).addresses.values() if each]
    host = addresses[0] if addresses else "127.0.0.1"
    http.get(f"http://{host}:{PORT}/", within=ANSWER_SECONDS).expect_status(
        200,
        next_step=f"The shop in the container of a task listens on port {PORT}. Does its container "
        "run the shop, or another command? aws ecs describe-task-definition",
    )
    return http.get(f"http://{host}:{PORT}/")


def _expect_lasting(service, docker, count):
    """Expect tasks that have run for a while: longer where somebody gave them another command."""
    image = docker.image(IMAGE)
    usual = [*image.entrypoint, *image.cmd]
    unusual = [each for each in service.tasks if _find_container(docker, each).command != usual]
    lasting = UNUSUAL_SECONDS if unusual else LASTING_SECONDS
    service.expect_running(count, within=2 * lasting, lasting=lasting)


def _find_container(docker, task):
    """Return the container of a task."""
    for each in docker.containers(label=f"{TASK}={task.attrs['taskArn']}"):
        return each
    step = "Is the task on its way out? aws ecs describe-tasks"
    raise CheckFailed(f"a container of task {task.id}", "none", step)
