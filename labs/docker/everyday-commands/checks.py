"""What must be true after the lab 'Everyday commands'."""

import time

from checker.checks import CheckFailed, task

DEBIAN = "debian:trixie-slim"
TAKINGS = "takings of the night: 1284.50"
MARK = "inventory"
"""The label that the setup gives to what it makes: it stays when a name changes."""
PATIENCE = 10.0
"""Seconds; the program that is asked for ends in a fraction of one, three times."""
MACHINES = ("mixer", "oven", "slicer")
RESET = "Begin again: ./course reset docker/everyday-commands"


@task("broken")
def test_container(docker, workspace):
    """container= names the one that failed by itself."""
    broken = _broken(docker)
    found = _line(workspace, "container").removeprefix("/")
    if found == broken.name:
        return
    step = "docker container ls -a shows how each of them ended; 0 means success."
    if found == "till":
        step = "137 is 128 + 9: somebody killed till. It did not fail by itself."
    raise CheckFailed("the name of the container that failed by itself", found, step)


@task("broken")
def test_status(docker, workspace):
    """status= is the status with which it ended."""
    found = _line(workspace, "status")
    if found != str(_broken(docker).exit_status):
        raise CheckFailed(
            "the exit status of the container that failed by itself",
            found,
            "docker container ls -a shows it in brackets; docker inspect knows the bare number.",
        )


@task("broken")
def test_reason(docker, workspace):
    """reason= is the last line that it wrote."""
    broken = _broken(docker)
    found = _line(workspace, "reason")
    lines = broken.logs.strip().splitlines()
    if found == lines[-1]:
        return
    step = "docker logs with the container's name shows what it wrote."
    if found in lines:
        step = "It wrote that, but something else after it. " + step
    raise CheckFailed("the last line in the logs of the broken container", found, step)


@task("till")
def test_till_runs(docker):
    """till is running."""
    docker.container("till").expect_running(next_step="Start it again: docker start till")


@task("till")
def test_it_is_the_same_till(docker):
    """till is the container that was switched off, with its file."""
    till = docker.container("till")
    if not till.has_file("/var/takings"):
        raise CheckFailed(
            "the till of the night, which holds /var/takings",
            "a container of that name, without the file",
            f"A new container begins with the image's files alone. {RESET}",
        )
    _expect_from_the_night(till)
    till.file("/var/takings").expect_text(
        TAKINGS, next_step=f"Somebody has changed what is in the till. {RESET}"
    )


@task("till")
def test_takings(docker, workspace):
    """takings.txt is what the till holds."""
    docker.container("till")
    workspace.file("takings.txt").expect_text(
        TAKINGS, next_step="See what the till holds: docker exec till cat /var/takings"
    )


@task("desk")
def test_desk_runs(docker):
    """desk is running."""
    docker.container("desk").expect_running(
        next_step="bash ends at once when it has nothing to read from: which options give it an "
        "input and a terminal? Remove desk and make it again."
    )


@task("desk")
def test_own_program(docker):
    """desk runs the program of its image."""
    desk = docker.container("desk").expect_image(DEBIAN)
    image = docker.image(DEBIAN)
    if desk.command != [*image.entrypoint, *image.cmd]:
        raise CheckFailed(
            f"desk runs the image's own program ({' '.join(image.cmd)})",
            f"it was started with {' '.join(desk.command)}",
            "Name no program behind the image: its settings do.",
        )


@task("desk")
def test_terminal_and_input(docker):
    """desk has a terminal and listens to what is typed."""
    config = docker.container("desk").attrs["Config"]
    has = {"a terminal (-t)": config["Tty"], "an open input (-i)": config["OpenStdin"]}
    missing = [name for name, there in has.items() if not there]
    if missing:
        raise CheckFailed(
            "a terminal and an open input for desk",
            f"it lacks {' and '.join(missing)}",
            "Without -i it is deaf, without -t there is no prompt. Both are given when the "
            "container is made: remove desk and run it again.",
        )


@task("desk")
def test_disappears(docker):
    """desk will be removed when it ends."""
    if not docker.container("desk").auto_remove:
        raise CheckFailed(
            "desk disappears when its program ends",
            "it would stay, stopped",
            "Which option of docker run removes the container afterwards? It cannot be added "
            "later: remove desk and run it again.",
        )


@task("bell")
def test_policy(docker):
    """doorbell is started again after a failure, at most twice."""
    _expect_policy(docker.container("doorbell"))


@task("bell")
def test_it_failed_as_it_should(docker):
    """doorbell ended with 7."""
    bell = _between_starts(docker, "doorbell")
    if int(bell.attrs["State"]["ExitCode"]) != 7:
        raise CheckFailed(
            "doorbell ends with status 7",
            f"it is {bell.state}",
            "Its program is: sh -c 'echo ring; exit 7'. Mind the quotes: without them your own "
            "shell takes what is behind the semicolon.",
        )


@task("bell")
def test_rang_three_times(docker):
    """Docker restarted it twice, so it rang three times."""
    _expect_policy(docker.container("doorbell"))
    bell = _between_starts(docker, "doorbell", until=lambda bell: bell.status == "exited")
    if bell.restart_count != 2:
        count = bell.restart_count
        raise CheckFailed(
            "doorbell, started again twice by Docker",
            f"Docker started it again {count} {'time' if count == 1 else 'times'}",
            "What you start by hand does not count, and neither does what was before the policy: "
            "remove doorbell, and run it again with the policy.",
        )
    bell.expect_log(
        "ring\nring\nring",
        next_step="Its program is: sh -c 'echo ring; exit 7'. docker logs shows how often it rang.",
    )


@task("tidy")
def test_containers_are_gone(docker):
    """mixer, slicer and tasting are gone."""
    for name in ("mixer", "slicer", "tasting"):
        docker.expect_no_container(name, next_step=f"Remove it: docker rm {name}")
        for left in docker.containers(label=f"{MARK}={name}"):
            raise CheckFailed(
                f"the container {name} removed",
                f"it is still there under another name: {left.name}",
                f"Another name removes nothing: docker rm {left.name}",
            )


@task("tidy")
def test_image_is_gone(docker):
    """The image recipe:old is gone."""
    docker.expect_no_image(
        "recipe:old",
        next_step="docker image rm names the container that is in its way, if one is: that one "
        "goes first.",
    )
    for left in docker.images(label=f"{MARK}=recipe"):
        name = left.tags[0] if left.tags else left.id.removeprefix("sha256:")[:12]
        raise CheckFailed(
            "the image of recipe:old removed",
            f"it is still there as {name}",
            "'Untagged' means that it has lost a name. It goes with its last name, and once no "
            f"container uses it: docker image rm {name}",
        )


@task("tidy")
def test_the_rest_is_there(docker):
    """oven, till and Debian's image are still there."""
    for name in ("oven", "till"):
        try:
            _expect_from_the_night(docker.container(name))
        except CheckFailed as failed:
            raise CheckFailed(
                f"{name}, which was to stay",
                failed.found,
                f"Did you remove all containers at once? Name those that should go. {RESET}",
            ) from None
    docker.image(DEBIAN)


def _expect_from_the_night(container):
    """It is the container that the setup made: a copy has no such mark, or another image."""
    if container.labels.get(MARK) != container.name:
        raise CheckFailed(
            f"the {container.name} of the night",
            "another container of that name",
            f"A new container is not the old one, even if it has the same files. {RESET}",
        )
    container.expect_image(
        DEBIAN, next_step=f"A copy is not the old one, even if it has the same files. {RESET}"
    )


def _expect_policy(bell):
    bell.expect_restart_policy(
        "on-failure",
        next_step="no never restarts; always and unless-stopped also restart after a success. "
        "Remove doorbell, and run it again with another policy.",
    )
    bell.expect_restart_policy(
        "on-failure",
        most=2,
        next_step="The number stands behind the policy, after a colon. Remove doorbell, and run "
        "it again.",
    )


def _between_starts(docker, name, until=lambda container: container.status != "running"):
    """The container at a moment when its program has ended; a running one has no status."""
    deadline = time.monotonic() + PATIENCE
    while True:
        container = docker.container(name)
        if until(container) or time.monotonic() > deadline:
            return container
        time.sleep(0.05)


def _broken(docker):
    """The machine that failed by itself."""
    for name in MACHINES:
        try:
            machine = docker.container(name)
        except CheckFailed:
            continue
        if machine.attrs["State"]["ExitCode"] not in (0, 137, 143):
            return machine
    raise CheckFailed(
        "the container that failed, as evidence",
        "none of the machines that are left has failed",
        f"Was it removed or started again? {RESET}",
    )


def _line(workspace, name):
    """What stands behind NAME= in incident.txt."""
    step = "Three lines, each a name, '=' and a value."
    return workspace.file("incident.txt").setting(name, next_step=step).strip("\"'")
