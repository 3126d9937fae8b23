"""A learner's work on a lab: begin it, begin it again, get a hint."""

from __future__ import annotations

import itertools
import json
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import click
from rich.markup import escape

from checker.base import console, paths
from checker.base.errors import CouldNotFindOut, CourseError
from checker.base.run import Run
from checker.labs import created_resources, notebook, progress, stage
from checker.labs.check import locate_workspace
from checker.labs.lab import Lab, load_lab
from checker.sandbox import background_recorder


@dataclass(frozen=True)
class Hint:
    """A hint; `found` is what the last check of the task found to be wrong, or nothing."""

    text: str
    number: int
    of: int
    found: str = ""


def locate_notebook(lab_id: str) -> Path:
    """Return where a lab's notebook is, in its workspace."""
    return locate_workspace(lab_id) / f"{lab_id.split('/')[-1]}.ipynb"


def prepare_lab(lab_id: str) -> Path:
    """Make a lab's workspace ready: images, starter files, notebook, and once its setup.

    What the learner has is left as it is, so this can be called at any time, any number of times.

    Returns:
        The workspace.

    Raises:
        CourseError: There is no such lab, it is wrong, or its setup failed.
        CouldNotFindOut: The engine or an image is away.
    """
    lab = load_lab(lab_id)
    workspace = locate_workspace(lab.id)
    with paths.lock(f"lab-{lab.id.replace('/', '-')}"):
        if not workspace.is_dir():
            # a folder that was deleted: the setup made files in it
            locate_marker(lab.id).unlink(missing_ok=True)
            workspace.mkdir(parents=True)
        if lab.engine != "none":
            begin_recording(lab, workspace)
        elif not is_begun(lab):
            stage.prepare_workspace(lab, workspace)
            write_marker(lab, 0)
        if not locate_notebook(lab.id).exists():
            text = notebook.format_notebook(notebook.build_learner_notebook(lab))
            paths.write_atomically(locate_notebook(lab.id), text)
    return workspace


def start_lab(lab_id: str) -> None:
    """Prepare a lab and say what to do first."""
    lab = load_lab(lab_id)
    with console.step(f"Preparing {lab.id}"):
        workspace = prepare_lab(lab.id)
    console.out.print(f"[bold]{escape(lab.title)}[/bold]\n\n{escape(lab.prose)}\n")
    console.out.print(f"Your folder: {escape(str(workspace))}\n")
    for task in lab.tasks:
        console.out.print(f"[bold]{task.id}[/bold]: {escape(task.title)} ({task.points})")
    first = lab.tasks[0]
    console.out.print(f"\n[bold]First:[/bold] {escape(first.text)}\n")
    console.out.print(
        f"Then: ./course check {lab.id}    For a hint: ./course hint {lab.id} {first.id}"
    )


def reset_lab(lab_id: str, *, assume_yes: bool = False) -> None:
    """Begin a lab again; asks on a terminal, since what the learner made is removed."""
    lab = load_lab(lab_id)
    lines = created_resources.describe_created_resources(lab.id) if lab.engine != "none" else []
    if lines:
        console.out.print("This is removed, since it was made while you worked on the lab:")
        for line in lines:
            console.out.print(f"  {escape(line)}")
        if sys.stdin.isatty() and not assume_yes and not click.confirm("Go on?", default=True):
            console.out.print("Nothing was changed.")
            return
    backup = begin_again(lab.id)
    if backup:
        console.out.print(f"Your files are kept in {escape(str(backup))}")
    console.out.print(f"{escape(lab.title)} is as it was in the beginning.")


def begin_again(lab_id: str) -> Path | None:
    """Remove what was made for a lab, put its files aside, and prepare it again.

    Returns:
        Where the learner's files are now; None if there were none.

    Raises:
        CourseError: See `prepare`; also if something could not be removed.
    """
    lab = load_lab(lab_id)
    background_recorder.stop_recording()
    if lab.engine != "none" and (left := created_resources.remove_created_resources(lab.id)):
        raise CourseError("Not all could be removed.", found="; ".join(left))
    backup = put_aside(locate_workspace(lab.id))
    locate_marker(lab.id).unlink(missing_ok=True)
    progress.forget_findings(lab.id)
    prepare_lab(lab.id)
    return backup


def show_hint(lab_id: str, task_id: str) -> None:
    """Show the next hint of a task."""
    hint = take_next_hint(lab_id, task_id)
    if hint.found:
        console.out.print(f"[bold]Your last check found:[/bold] {escape(hint.found)}\n")
    console.out.print(f"[bold]Hint {hint.number} of {hint.of}:[/bold] {escape(hint.text)}")


def take_next_hint(lab_id: str, task_id: str) -> Hint:
    """Return the next hint of a task; after the last one, the last one again.

    Raises:
        CourseError: There is no such lab or task, or the task has no hints.
    """
    lab = load_lab(lab_id)
    task = lab.find_task(task_id)
    if not task.hints:
        raise CourseError(
            f"{lab.id} has no hints for {task.id}.", next_step=f"Read the page {lab.chapter}."
        )
    number = min(progress.count_hints_taken(lab.id, task.id) + 1, len(task.hints))
    progress.record_hint(lab.id, task.id, number)
    finding = progress.get_last_finding(lab.id, task.id)
    found = " ".join(finding.values())
    return Hint(task.hints[number - 1], number, len(task.hints), found)


def begin_recording(lab: Lab, workspace: Path) -> None:
    """Record what the setup makes, and from then on what the learner makes."""
    from checker.sandbox import session
    from checker.sandbox.recorder import Recorder

    run = Run.of_lab(lab.id)
    stage.ensure_engine(lab)
    background_recorder.stop_recording_others(run)
    if not is_begun(lab):
        background_recorder.stop_recording()
        session.clean_orchestrators(run)
        session.begin_run(run, lab.engine)
        with Recorder(run) as recorder:
            recorder.remove()  # what a setup that failed has made
            stage.prepare_workspace(lab, workspace)
        write_marker(lab, len(created_resources.list_entries(lab.id)))
    background_recorder.start_recording(run)


def is_begun(lab: Lab) -> bool:
    """Tell whether the setup was run, and what it made was not removed since, as `down` does."""
    if not created_resources.is_beginning_known(lab):
        return False
    try:
        mark = json.loads(locate_marker(lab.id).read_text())
        return not mark["made"] or bool(created_resources.list_entries(lab.id))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def write_marker(lab: Lab, count: int) -> None:
    """Write down that a lab was begun, and how many things its setup made."""
    at = datetime.now().isoformat(timespec="seconds")
    paths.write_atomically(locate_marker(lab.id), json.dumps({"begun": at, "made": count}) + "\n")


def locate_marker(lab_id: str) -> Path:
    """Return the file that says that a lab was begun."""
    return paths.state() / "labs" / f"{lab_id.replace('/', '-')}.json"


def put_aside(workspace: Path) -> Path | None:
    """Rename a folder, which needs no right on the files in it; an empty one is left."""
    if not workspace.is_dir() or not any(workspace.iterdir()):
        return None
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    backup = workspace.with_name(f"{workspace.name}.bak-{stamp}")
    for number in itertools.count(2):  # two resets in one second
        if not backup.exists():
            break
        backup = workspace.with_name(f"{workspace.name}.bak-{stamp}-{number}")
    try:
        return workspace.rename(backup)
    except OSError as error:
        raise CouldNotFindOut(
            f"{workspace} cannot be moved.", found=str(error), next_step="Move it yourself."
        ) from error
