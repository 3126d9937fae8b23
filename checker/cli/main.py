"""The command line: arguments in, exit status out; each command calls one function.

Imports are inside the commands because `check` must answer in a fraction of a second.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from checker import __version__
from checker.cli.arguments import JSON, Course, LabName
from checker.cli.images import images

LAB = LabName()
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group(cls=Course, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="course")
def main() -> None:
    """From Docker to Kubernetes: read, run, get checked. Start with: ./course up

    Exit status: 0 good, 1 judged and found wanting, 2 bad use or input, 3 could not find out.
    """


@main.command()
@click.option("--port", default=8888, show_default=True, help="Port on 127.0.0.1.")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening it.")
@click.option("--yes", is_flag=True, help="Install what is missing without asking.")
def up(port: int, no_browser: bool, yes: bool) -> None:
    """Make the machine ready and open the course in the browser."""
    from checker.server.app import serve_course

    serve_course(port=port, open_browser=not no_browser, assume_yes=yes)


@main.command()
@click.option("--purge", is_flag=True, help="Remove the caches too: engines, images, the site.")
def down(purge: bool) -> None:
    """Stop and remove all that the course started or made."""
    from checker.server.app import stop_course

    stop_course(purge=purge)


@main.command()
@JSON
def status(as_json: bool) -> None:
    """Show engines, versions, disk, memory, ports, image sources."""
    from checker.machine import show_status

    sys.exit(show_status(as_json=as_json))


@main.command()
def doctor() -> None:
    """Name each trouble of this machine, and say what to do about it."""
    from checker.machine import doctor as examine

    sys.exit(examine())


@main.command()
@click.argument("lab", type=LAB)
def start(lab: str) -> None:
    """Prepare a lab's workspace and print its first task."""
    from checker.labs.work import start_lab

    start_lab(lab)


@main.command()
@click.argument("lab", type=LAB)
@click.option("--yes", is_flag=True, help="Do not ask before removing what the lab made.")
def reset(lab: str, yes: bool) -> None:
    """Begin a lab again; your files are kept in a copy."""
    from checker.labs.work import reset_lab

    reset_lab(lab, assume_yes=yes)


@main.command()
@click.argument("lab", type=LAB)
@click.argument("task")
def hint(lab: str, task: str) -> None:
    """Show the next hint of a task."""
    from checker.labs.work import show_hint

    show_hint(lab, task)


@main.command()
@click.argument("lab", type=LAB, required=False)
def watch(lab: str | None) -> None:
    """Check again by itself as the real system changes."""
    from checker.labs.watch import watch_lab

    watch_lab(lab)


@main.command()
@click.argument("lab", type=LAB)
@click.argument("task", required=False)
@click.option("--workspace", type=FOLDER, help="Judge this folder.")
@JSON
def check(lab: str, task: str | None, workspace: Path | None, as_json: bool) -> None:
    """Judge your work on a lab, or on one TASK of it."""
    from checker.judging.client import connect_ahead

    with connect_ahead():
        from checker.labs.check_command import run_check

        sys.exit(run_check(lab, task, workspace, as_json=as_json))


@main.command()
@click.argument("targets", nargs=-1, metavar="[PAGE|LAB|FOLDER]...")
@click.option("--accept", is_flag=True, help="Write the real output into the pages.")
@click.option("--changed", is_flag=True, help="Only pages and labs that git says have changed.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Write JUnit XML.")
@click.option(
    "--lanes",
    type=click.IntRange(0, 64),
    help="Engines to use side by side, apart from yours; 0 for yours alone.",
)
@click.option(
    "--record",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write down on what each was proven.",
)
@click.option("--mutants", is_flag=True, help="Try changed solutions on the checks of labs.")
@JSON
def verify(
    targets: tuple[str, ...],
    accept: bool,
    changed: bool,
    junit: Path | None,
    lanes: int | None,
    record: Path | None,
    mutants: bool,
    as_json: bool,
) -> None:
    """Prove pages and labs on real engines; without arguments, all of them."""
    if mutants:
        if accept or changed or junit or record or as_json:
            raise click.UsageError("--mutants goes with --lanes alone.")
        from checker.devtools.mutants.command import verify_mutants

        sys.exit(verify_mutants(list(targets), lanes))
    from checker.devtools.verify import verify_targets

    sys.exit(
        verify_targets(
            list(targets),
            accept=accept,
            changed=changed,
            junit=junit,
            as_json=as_json,
            lanes=lanes,
            record=record,
        )
    )


@main.command()
@click.argument(
    "submissions", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
@click.option("--lab", type=LAB, help="The lab, where the submissions do not say it themselves.")
@click.option("--report", type=FOLDER, help="Where to write.")
def grade(submissions: tuple[Path, ...], lab: str | None, report: Path | None) -> None:
    """Grade submissions that you trust: folders or notebooks."""
    from checker.grading.grade import grade_submissions

    sys.exit(grade_submissions(list(submissions), lab=lab, report=report))


main.add_command(images)


@main.group()
def new() -> None:
    """Write a new lab or page to start from."""


@new.command("lab")
@click.argument("name", metavar="TRACK/SLUG")
def new_lab(name: str) -> None:
    """Write a lab with one task, its check and three wrong answers to fill in."""
    from checker.devtools.new_lab import new_lab as scaffold

    scaffold(name)


@new.command("page")
@click.argument("name", metavar="TRACK/SLUG")
def new_page(name: str) -> None:
    """Write a page with the sections that its kind must have."""
    from checker.devtools.new_page import new_page as scaffold

    scaffold(name)


@main.command()
@click.argument("url")
@click.option("--rate", default=100.0, show_default=True, help="Requests a second, at most 2000.")
@click.option("--seconds", type=float, help="How long to send, at most 300.  [default: 10]")
@click.option("--count", type=int, help="How many to send, instead of --seconds.")
@click.option("--fresh", is_flag=True, help="A new connection for each request.")
@click.option("--timeout", default=2.0, show_default=True, help="Seconds until one is lost.")
@click.option("--expect-version", default="", help="An answer of another version is lost.")
@click.option("--csv", type=click.Path(dir_okay=False, path_type=Path), help="Every request.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="A picture.")
@JSON
def probe(url: str, as_json: bool, csv: Path | None, svg: Path | None, **load: Any) -> None:
    """Send requests to URL on this machine at a constant rate, and tell what became of them.

    Exit status: 0 nothing was lost, 1 something was, 3 nothing answers there.
    """
    from checker.loadtest import command, plan

    sys.exit(command.run_probe(plan.make_plan(url, **load), command.OutputFiles(as_json, csv, svg)))


@main.group()
def measure() -> None:
    """Measure what the pages about deploying claim, on this machine."""


@measure.command()
@click.option("--repeat", default=1, show_default=True, type=click.IntRange(1, 20))
@click.option("--only", multiple=True, metavar="NAME", help="kubernetes, ecs or swarm; repeatable.")
@click.option(
    "--out",
    default=Path("rollouts"),
    show_default=True,
    type=FOLDER,
    help="Folder for data and pictures.",
)
@click.option("--page", is_flag=True, help="Write into the course's own page instead.")
def rollouts(repeat: int, only: tuple[str, ...], out: Path, page: bool) -> None:
    """Deploy on each orchestrator under load: carelessly, carefully, and a bad version.

    Takes about 40 seconds for each orchestrator and repetition, once all three are there.
    """
    from checker.measure.command import measure_rollouts

    measure_rollouts(only, repeat, out, page)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--service", type=click.Path(path_type=Path), help="The ECS service, as JSON.")
@click.option("--name", default="", help="Of the Deployment.  [default: the service's]")
@click.option("--namespace", default="", help="For all objects.")
def convert(file: Path, service: Path | None, name: str, namespace: str) -> None:
    """Turn an ECS task definition (JSON) into manifests for Kubernetes.

    Manifests go to standard output; to standard error a warning for each field that has no
    counterpart. FILE may be -, for standard input.
    """
    from checker.convert.command import convert_file

    convert_file(file, service, name, namespace)


@main.command()
@click.argument("targets", nargs=-1, metavar="[PAGE|LAB|FOLDER]...")
def lint(targets: tuple[str, ...]) -> None:
    """Find what breaks the rules of pages and labs; needs no engine."""
    from checker.devtools.verify import lint_targets

    sys.exit(lint_targets(list(targets)))


@main.command()
@click.option("--fast", is_flag=True, help="Only what needs no engine.")
def test(fast: bool) -> None:
    """Run everything that CI runs."""
    from checker.devtools.testing import run_steps

    sys.exit(run_steps(fast=fast))
