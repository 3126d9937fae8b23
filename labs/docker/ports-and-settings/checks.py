"""What must be true after the lab 'Ports and settings'."""

import re
from pathlib import PurePosixPath

from checker.checks import CheckFailed, http, task

SECONDS = 2
"""How long a server that was just started may take to answer."""
SHELLS = ("sh", "ash")
"""Names of the shell that busybox has."""
OLD_PARLOUR = ("left-by", "predecessor")
"""The label that the setup gives to the parlour that must be replaced."""


@task("window")
def test_window_address(docker):
    """window is published at 127.0.0.1:8086, and no other machine reaches it."""
    docker.container("window").expect_only_published(8086)


@task("window")
def test_window_answers(docker):
    """window shows nginx's page."""
    docker.container("window").expect_image("nginx:1.26").expect_running()
    http.get("http://127.0.0.1:8086/", within=SECONDS).expect_status(
        200,
        next_step="Which port does the program in the container listen on? That number stands on "
        "the right. docker port window shows what you published.",
    )


@task("greeter")
def test_greeter_address(docker):
    """greeter is published at 127.0.0.1:8087, and no other machine reaches it."""
    docker.container("greeter").expect_only_published(8087)


@task("greeter")
def test_greeter_settings(docker):
    """GREETING and TOWN are set in greeter, without quotes around them."""
    greeter = docker.container("greeter").expect_image("greeter:1")
    _expect_variable(greeter, "GREETING", "Good morning")
    _expect_variable(greeter, "TOWN", "Bad Kissingen")


@task("greeter")
def test_greeter_answers(docker):
    """The page of greeter says what was asked for."""
    docker.container("greeter").expect_running()
    _expect_page(
        8087,
        "Good morning from Bad Kissingen",
        "EXPOSE is only a note of the image's maker. On which port does the program listen? "
        "See: docker logs greeter",
    )


@task("wagon")
def test_file_is_plain(workspace):
    """wagon.env holds the values that were meant."""
    values = _env_file(workspace)
    _expect_value(values, "GREETING", "Fresh bread")
    _expect_value(values, "LISTEN", "8500")


@task("wagon")
def test_town_in_the_file(workspace):
    """The town in wagon.env is as it was."""
    if _env_file(workspace).get("TOWN") != "Fulda":
        raise CheckFailed(
            "TOWN=Fulda in wagon.env, as it was",
            f"TOWN={_env_file(workspace).get('TOWN', '(no such line)')}",
            "Kassel is for today only: say it on the command line, where -e wins over the file.",
        )


@task("wagon")
def test_wagon_has_the_file(docker, workspace):
    """wagon was started with the file, and with Kassel as its town."""
    wagon = docker.container("wagon").expect_image("greeter:1")
    for name, value in {**_env_file(workspace), "TOWN": "Kassel"}.items():
        wagon.expect_env(
            name,
            value,
            next_step="A container keeps the settings it was made with: remove wagon, and run it "
            "again with --env-file wagon.env and one -e.",
        )


@task("wagon")
def test_wagon_answers(docker):
    """The page of wagon says what was asked for, on 127.0.0.1 alone."""
    docker.container("wagon").expect_only_published(8088).expect_running()
    _expect_page(
        8088,
        "Fresh bread from Kassel",
        "On which port does the program listen? docker logs wagon says it, and so does the file.",
    )


@task("parlour")
def test_parlour_address(docker):
    """parlour is published at 127.0.0.1:8089, and no other machine reaches it."""
    docker.container("parlour").expect_only_published(8089)


@task("parlour")
def test_parlour_answers(docker):
    """parlour greets its visitors."""
    parlour = docker.container("parlour").expect_image("greeter:1").expect_running()
    name, value = OLD_PARLOUR
    if parlour.labels.get(name) == value:
        raise CheckFailed(
            "a new container in the place of the old parlour",
            "the old one is still there",
            "What you do inside the old one is gone when it starts again, and its settings stay "
            "as they are: remove it, and run a new one of the same name.",
        )
    _expect_variable(parlour, "GREETING", "Welcome")
    _expect_variable(parlour, "TOWN", "Weimar")
    _expect_page(
        8089,
        "Welcome from Weimar",
        "docker logs parlour says where the program listens. 127.0.0.1 in there is the "
        "container's own: published traffic does not arrive at it.",
    )


@task("parlour")
def test_parlour_answers_by_itself(docker):
    """What greets there is the parlour's own program, which listens for visitors."""
    parlour = docker.container("parlour").expect_running()
    listen = parlour.env.get("LISTEN", "")
    if listen.startswith(("127.", "localhost", "[::1]")):
        raise CheckFailed(
            "a program that listens on all addresses of the container parlour",
            f"LISTEN={listen}",
            "Run parlour without LISTEN, or with a port alone: a helper that passes visitors on "
            "is gone when the container starts again.",
        )


@task("workshop")
def test_workshop_shell(docker):
    """workshop runs a shell with a terminal and an open input."""
    workshop = docker.container("workshop").expect_running(
        next_step="A shell without an input ends at once: remove workshop, and run it with -it."
    )
    workshop.expect_image("busybox")
    config = workshop.attrs["Config"]
    if not _is_shell(workshop.command):
        raise CheckFailed(
            "workshop runs a shell, which is the image's own program",
            f"it was started with {' '.join(workshop.command)}",
            "Name no program behind the image; start the web server in the shell.",
        )
    if not (config["Tty"] and config["OpenStdin"]):
        raise CheckFailed(
            "a terminal and an open input for workshop",
            f"terminal: {_yes(config['Tty'])}, input: {_yes(config['OpenStdin'])}",
            "Both are given when the container is made: remove workshop, and run it with -it.",
        )


@task("workshop")
def test_workshop_setting_and_port(docker):
    """workshop has its TOWN, and its port 8000 is published at 127.0.0.1:8085."""
    workshop = docker.container("workshop")
    _expect_variable(workshop, "TOWN", "Jena")
    workshop.expect_only_published(8085, port=8000)


@task("workshop")
def test_workshop_answers(docker):
    """The page of workshop says what its variable TOWN says."""
    docker.container("workshop").expect_running()
    page = http.get("http://127.0.0.1:8085/", within=SECONDS).expect_status(
        200, next_step="Does a server listen on port 8000 in workshop, and is there an index.html?"
    )
    page.expect_matches(
        r"\bJena\b",
        meaning="Jena on the page of workshop",
        next_step="Was $TOWN replaced by your own shell? In single quotes it reaches the shell in "
        "the container.",
    )


def _expect_variable(container, name, value):
    found = container.env.get(name, "")
    step = f"Remove {container.name}, and run it again with -e {name}=..."
    if found.strip("\"'") == value != found:
        step = f"The quotes have become a part of the value: write -e {name}='{value}'."
    elif found and value.startswith(found):
        step = f"Only a part arrived: your shell splits at a space. Write -e {name}='{value}'."
    container.expect_env(name, value, next_step=step)


def _expect_page(port, text, next_step):
    page = http.get(f"http://127.0.0.1:{port}/", within=SECONDS)
    page.expect_status(200, next_step=next_step).expect_text(text, next_step=next_step)


def _env_file(workspace):
    """The variables of wagon.env, as `docker run --env-file` reads them.

    It drops blanks in front of a line before it looks for '#', and takes all behind the first '='.
    """
    lines = [line.lstrip(" \t") for line in workspace.file("wagon.env").text.split("\n")]
    plain = [line for line in lines if line and not line.startswith("#")]
    for line in plain:
        name, _, _ = line.partition("=")
        if not name or " " in name or "\t" in name:
            raise CheckFailed(
                "lines NAME=value in wagon.env",
                line,
                "Docker refuses a name with a space in it: no export, no space before '='.",
            )
    return dict(line.split("=", 1) for line in plain if "=" in line)


def _expect_value(values, name, value):
    found = values.get(name)
    if found != value:
        raise CheckFailed(
            f"{name}={value} in wagon.env",
            f"no line {name}=" if found is None else f"{name}={_show_blanks(found)}",
            "All behind the first '=' is the value: quotes, spaces and comments too.",
        )


def _show_blanks(value):
    """The value, between quotes where blank space at its ends would not be seen."""
    return value if value == value.strip() else f"'{value}'"


def _is_shell(words):
    """Whether a command is a shell that waits for what is typed, and not for a script."""
    if PurePosixPath(words[0]).name == "busybox":
        words = words[1:]
    options = words[1:]
    return (
        bool(words)
        and PurePosixPath(words[0]).name in SHELLS
        and all(re.fullmatch(r"-[a-bd-z]+|-", option) for option in options)
    )


def _yes(there):
    return "yes" if there else "no"
