"""What must be true after the lab 'Image and container'."""

import re

from checker.checks import CheckFailed, task

DEBIAN = "debian:trixie-slim"
MIB = 1024 * 1024
STATEMENT = "I was there at nine."
SAME_CPU = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "armv7l": "arm"}
"""Names that kernels use, and those that images use for the same processors."""
LASTING = 2
"""Seconds; a program that ends by itself, as those of most mistakes do, ends sooner."""


@task("twins")
def test_both_run(docker):
    """left and right keep running."""
    for name in ("left", "right"):
        docker.container(name).expect_running(
            lasting=LASTING,
            next_step=f"A container runs as long as its program: see what {name} was started "
            "with, remove it, and give it a program that takes its time.",
        )


@task("twins")
def test_one_image(docker):
    """left and right were made from debian:trixie-slim."""
    for name in ("left", "right"):
        docker.container(name).expect_image(DEBIAN)


@task("twins")
def test_each_has_its_own_file(docker):
    """/side of each container holds its name."""
    for name in ("left", "right"):
        container = docker.container(name)
        if not container.has_file("/side"):
            raise CheckFailed(
                f"a file /side in {name}",
                "no such file",
                "Did your own shell take the '>'? Then the file is on your machine. Hand the "
                f"whole line to a shell in the container: docker exec {name} sh -c '...'",
            )
        container.file("/side").expect_text(
            name, next_step=f"Look: docker exec {name} cat /side. Containers share no files."
        )


@task("passport")
def test_process(docker, workspace):
    """process= is the number that the engine's machine gives to the suspect's first process."""
    suspect = docker.container("suspect").expect_running()
    pid = str(suspect.attrs["State"]["Pid"])
    found = _line(workspace, "process")
    if found == "1":
        step = "1 is its number inside the container. Ask the engine for the number outside."
    else:
        step = (
            "docker inspect suspect knows it: look for Pid in its State. It is another one after "
            "each start."
        )
    _expect("process", pid, found, step)


@task("passport")
def test_kernel(docker, workspace):
    """kernel= is the kernel on which suspect runs."""
    kernel = docker.container("suspect").exec("uname -r").expect_status(0).text.strip()
    found = _line(workspace, "kernel")
    step = (
        "The distribution comes with the image, the kernel does not. Which command prints the "
        "version of the kernel that is running?"
    )
    if found.startswith("#"):
        step = "That is when and how this kernel was built. Its version begins with its number."
    # `uname -sr` and /proc/version have the kernel's name in front of it
    words = found.split()
    if kernel not in words or words[0] not in (kernel, "Linux"):
        raise CheckFailed(f"kernel={kernel}", f"kernel={found}", step)


@task("passport")
def test_cpu(docker, workspace):
    """cpu= is the architecture for which the suspect's image was built."""
    found = _line(workspace, "cpu").lower().removeprefix("linux/").partition("/")[0]
    _expect(
        "cpu",
        docker.image(DEBIAN).architecture,
        SAME_CPU.get(found, found),
        f"docker image inspect {DEBIAN} has it: look for Architecture.",
    )


@task("limits")
def test_capped_runs(docker):
    """capped was made from debian:trixie-slim, and keeps running."""
    docker.container("capped").expect_image(DEBIAN).expect_running(lasting=LASTING)


@task("limits")
def test_memory(docker):
    """The kernel holds capped to 48 MiB of memory, and swap does not get around it."""
    docker.container("capped").expect_memory_limit(48 * MIB)


@task("limits")
def test_processor(docker):
    """capped may use half of one processor."""
    docker.container("capped").expect_cpu_limit(0.5)


@task("freeze")
def test_statement_is_in_the_image(docker):
    """suspect:evidence holds what suspect wrote."""
    path = "/srv/case/statement"
    docker.image("suspect:evidence").expect_file(
        path,
        next_step="docker diff suspect shows what it wrote. The image must be made from the "
        "container, not from the container's image.",
    ).file(path).expect_text(
        STATEMENT,
        next_step="It was changed on the way: make the image from suspect itself. If suspect has "
        "changed too, begin again: ./course reset docker/image-and-container",
    )


@task("freeze")
def test_one_layer_on_top(docker):
    """suspect:evidence is Debian's image and one layer."""
    base = docker.image(DEBIAN).layers
    layers = docker.image("suspect:evidence").layers
    shared = sum(1 for one, other in zip(base, layers, strict=False) if one == other)
    if shared == len(base) and len(layers) == len(base) + 1:
        return
    raise CheckFailed(
        f"the layers of {DEBIAN} and one more in suspect:evidence",
        f"{len(layers)} in all, {shared} of them from Debian",
        "Nothing should be copied or packed anew: which command makes one layer out of what "
        "a container wrote?",
    )


@task("token")
def test_token(docker, workspace):
    """token.txt holds the token that the supplier's image gives away."""
    steps = "\n".join(docker.image("delivery:2").history)
    token = re.search(r"token=([0-9a-f]+)", steps)
    if token is None:
        raise CheckFailed(
            "the supplier's image under the name delivery:2",
            "another image, whose history names no token",
            "Begin again with the supplier's image: ./course reset docker/image-and-container",
        )
    found = workspace.file("token.txt").text.strip()
    if found.removeprefix("token=").strip("\"'") != token[1]:
        raise CheckFailed(
            f"a token of {len(token[1])} characters",
            found or "an empty file",
            "The file is gone from the top layer. The commands that made the layers are still "
            "in the image, all of them and at full length.",
        )


def _line(workspace, name):
    """What stands behind NAME= in passport.txt."""
    step = "Three lines, each a name, '=' and a value."
    return workspace.file("passport.txt").setting(name, next_step=step).strip("\"'")


def _expect(name, expected, found, next_step):
    if found != expected:
        raise CheckFailed(f"{name}={expected}", f"{name}={found}", next_step)
