"""What must be true after the lab 'Ports and settings'."""

from checker.checks import CheckFailed, http, task

SECONDS = 2
"""How long a server that was just started may take to answer."""


@task("window")
def test_window_address(docker):
    """window is published at 127.0.0.1:8086 and nowhere else."""
    _expect_address(docker, "window", 8086)


@task("window")
def test_window_answers(docker):
    """window shows nginx's page."""
    docker.container("window").expect_running().expect_image("nginx:1.26")
    http.get("http://127.0.0.1:8086/", within=SECONDS).expect_status(
        200,
        next_step="Which port does the program in the container listen on? That number stands on "
        "the right. docker port window shows what you published.",
    )


@task("greeter")
def test_greeter_address(docker):
    """greeter is published at 127.0.0.1:8087 and nowhere else."""
    _expect_address(docker, "greeter", 8087)


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
    docker.container("wagon").expect_running()
    _expect_address(docker, "wagon", 8088)
    _expect_page(
        8088,
        "Fresh bread from Kassel",
        "On which port does the program listen? docker logs wagon says it, and so does the file.",
    )


@task("parlour")
def test_parlour_address(docker):
    """parlour is published at 127.0.0.1:8089 and nowhere else."""
    _expect_address(docker, "parlour", 8089)


@task("parlour")
def test_parlour_answers(docker):
    """parlour greets its visitors."""
    docker.container("parlour").expect_running().expect_image("greeter:1")
    _expect_page(
        8089,
        "Welcome from Weimar",
        "docker logs parlour says where the program listens. 127.0.0.1 in there is the "
        "container's own: published traffic does not arrive at it.",
    )


@task("workshop")
def test_workshop_shell(docker):
    """workshop runs a shell with a terminal and an open input."""
    workshop = docker.container("workshop").expect_running(
        next_step="A shell without an input ends at once: remove workshop, and run it with -it."
    )
    image = docker.image("busybox")
    config = workshop.attrs["Config"]
    if workshop.command != [*image.entrypoint, *image.cmd]:
        raise CheckFailed(
            f"workshop runs the image's own program ({' '.join(image.cmd)})",
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
    _expect_variable(docker.container("workshop"), "TOWN", "Jena")
    _expect_address(docker, "workshop", 8085)


@task("workshop")
def test_workshop_answers(docker):
    """The page of workshop says what its variable TOWN says."""
    docker.container("workshop").expect_running()
    _expect_page(
        8085,
        "Jena",
        "Was $TOWN replaced by your own shell? In single quotes it reaches the shell in the "
        "container. No answer at all? Then no server listens on port 8000 in it.",
    )


def _expect_address(docker, name, port):
    """The container was made with 127.0.0.1:PORT, whether it runs now or not."""
    bindings = docker.container(name).attrs["HostConfig"]["PortBindings"] or {}
    found = [(each["HostIp"], each["HostPort"]) for every in bindings.values() for each in every]
    if found == [("127.0.0.1", str(port))]:
        return
    words = [f"{address or 'every address'}, port {number}" for address, number in found]
    step = "A container keeps its ports: remove it, and run it again with -p."
    if any(address in ("", "0.0.0.0", "::") for address, _ in found):
        step = "Without an address the whole network may come in. Write 127.0.0.1: before it."
    elif not found:
        step = "Neither EXPOSE nor --expose publishes a port. Remove it, and run it with -p."
    raise CheckFailed(
        f"{name} published at 127.0.0.1:{port} alone",
        "; ".join(words) or "no port of it is published",
        step,
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
    http.get(f"http://127.0.0.1:{port}/", within=SECONDS).expect_text(text, next_step=next_step)


def _env_file(workspace):
    """The variables of wagon.env, as `docker run --env-file` reads them."""
    lines = workspace.file("wagon.env").text.splitlines()
    plain = [line.lstrip() for line in lines if line.strip() and not line.startswith("#")]
    for line in plain:
        name, _, _ = line.partition("=")
        if " " in name or "\t" in name:
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
            f"{name}={found}" if found is not None else f"no line {name}=",
            "All behind the first '=' is the value: quotes, spaces and comments too.",
        )


def _yes(there):
    return "yes" if there else "no"
