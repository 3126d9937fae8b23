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
from checker.labs import made, notebook, progress, stage
from checker.labs.check import workspace_of
from checker.labs.lab import Lab, load
from checker.sandbox import background_recorder


@dataclass(frozen=True)
class Hint:
    """A hint; `found` is what the last check of the task found wanting, or nothing."""

    text: str
    number: int
    of: int
    found: str = ""


def notebook_path(lab_id: str) -> Path:
    """Where a lab's notebook is, in its workspace."""
    return workspace_of(lab_id) / f"{lab_id.split('/')[-1]}.ipynb"


def prepare(lab_id: str) -> Path:
    """Make a lab's workspace ready: images, starter files, notebook, and once its setup.

    What the learner has is left as it is, so this can be called at any time, any number of times.

    Returns:
        The workspace.

    Raises:
        CourseError: There is no such lab, it is wrong, or its setup failed.
        CouldNotFindOut: The engine or an image is away.
    """
    lab = load(lab_id)
    workspace = workspace_of(lab.id)
    with paths.lock(f"lab-{lab.id.replace('/', '-')}"):
        if not workspace.is_dir():
            marker_of(lab.id).unlink(missing_ok=True)
            workspace.mkdir(parents=True)
        if lab.engine == "none":
            _begin_once(lab, workspace)
        else:
            _with_engine(lab, workspace)
        if not notebook_path(lab.id).exists():
            text = notebook.write(notebook.learner(lab))
            paths.write_atomically(notebook_path(lab.id), text)
    return workspace


def start(lab_id: str) -> None:
    """Prepare a lab and say what to do first."""
    lab = load(lab_id)
    with console.step(f"Preparing {lab.id}"):
        workspace = prepare(lab.id)
    console.out.print(f"[bold]{escape(lab.title)}[/bold]\n\n{escape(lab.prose)}\n")
    console.out.print(f"Your folder: {escape(str(workspace))}\n")
    for task in lab.tasks:
        console.out.print(f"[bold]{task.id}[/bold]: {escape(task.title)} ({task.points})")
    first = lab.tasks[0]
    console.out.print(f"\n[bold]First:[/bold] {escape(first.text)}\n")
    console.out.print(
        f"Then: ./course check {lab.id}    For a hint: ./course hint {lab.id} {first.id}"
    )


def reset(lab_id: str, *, assume_yes: bool = False) -> None:
    """Begin a lab again; asks on a terminal, since what the learner made is removed."""
    lab = load(lab_id)
    things = made.describe(lab.id) if lab.engine != "none" else []
    if things:
        console.out.print("This is removed, since it was made while you worked on the lab:")
        for thing in things:
            console.out.print(f"  {escape(thing)}")
        if sys.stdin.isatty() and not assume_yes and not click.confirm("Go on?", default=True):
            console.out.print("Nothing was changed.")
            return
    kept = begin_again(lab.id)
    if kept:
        console.out.print(f"Your files are kept in {escape(str(kept))}")
    console.out.print(f"{escape(lab.title)} is as it was in the beginning.")


def begin_again(lab_id: str) -> Path | None:
    """Remove what was made for a lab, put its files aside, and prepare it anew.

    Returns:
        Where the learner's files are now; None if there were none.

    Raises:
        CourseError: See `prepare`; also if something could not be removed.
    """
    lab = load(lab_id)
    background_recorder.stop()
    if lab.engine != "none" and (left := made.remove(lab.id)):
        raise CourseError("Not all could be removed.", found="; ".join(left))
    kept = _put_aside(workspace_of(lab.id))
    marker_of(lab.id).unlink(missing_ok=True)
    progress.forget(lab.id)
    prepare(lab.id)
    return kept


def hint(lab_id: str, task_id: str) -> None:
    """Show the next hint of a task."""
    given = next_hint(lab_id, task_id)
    if given.found:
        console.out.print(f"[bold]Your last check found:[/bold] {escape(given.found)}\n")
    console.out.print(f"[bold]Hint {given.number} of {given.of}:[/bold] {escape(given.text)}")


def next_hint(lab_id: str, task_id: str) -> Hint:
    """The next hint of a task; after the last one, the last one again.

    Raises:
        CourseError: There is no such lab or task, or the task has no hints.
    """
    lab = load(lab_id)
    task = lab.task(task_id)
    if not task.hints:
        raise CourseError(
            f"{lab.id} has no hints for {task.id}.", next_step=f"Read the page {lab.chapter}."
        )
    number = min(progress.hints_taken(lab.id, task.id) + 1, len(task.hints))
    progress.take_hint(lab.id, task.id, number)
    finding = progress.last_finding(lab.id, task.id)
    found = " ".join(finding.values())
    return Hint(task.hints[number - 1], number, len(task.hints), found)


def _with_engine(lab: Lab, workspace: Path) -> None:
    """Record what the setup makes, and from then on what the learner makes."""
    from checker.sandbox import engine_session
    from checker.sandbox.recorder import Recorder

    stage.ensure_engine(lab)
    background_recorder.stop_others(lab.id)
    if not _is_begun(lab):
        background_recorder.stop()
        engine_session.remove(background_recorder.journal_name(lab.id))
        engine_session.begin(lab.engine, background_recorder.journal_name(lab.id))
        with Recorder(background_recorder.journal_name(lab.id)) as recorder:
            recorder.remove()
            stage.begin(lab, workspace)
        made_now = len(made.entries(lab.id))
        _mark(lab, made_now)
    background_recorder.start(lab.id)


def _begin_once(lab: Lab, workspace: Path) -> None:
    if not _is_begun(lab):
        stage.begin(lab, workspace)
        _mark(lab, 0)


def _is_begun(lab: Lab) -> bool:
    """Whether the setup was run, and what it made was not removed since, as `down` does."""
    if not made.is_kept(lab):
        return False
    try:
        mark = json.loads(marker_of(lab.id).read_text())
        return not mark["made"] or bool(made.entries(lab.id))
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _mark(lab: Lab, count: int) -> None:
    at = datetime.now().isoformat(timespec="seconds")
    paths.write_atomically(marker_of(lab.id), json.dumps({"begun": at, "made": count}) + "\n")


def marker_of(lab_id: str) -> Path:
    """Return the file that says that a lab was begun."""
    return paths.state() / "labs" / f"{lab_id.replace('/', '-')}.json"


def _put_aside(workspace: Path) -> Path | None:
    """Rename the folder, which needs no right on the files in it."""
    if not workspace.is_dir() or not any(workspace.iterdir()):
        return None
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    kept = workspace.with_name(f"{workspace.name}.bak-{stamp}")
    for number in itertools.count(2):
        if not kept.exists():
            break
        kept = workspace.with_name(f"{workspace.name}.bak-{stamp}-{number}")
    try:
        return workspace.rename(kept)
    except OSError as error:
        raise CouldNotFindOut(
            f"{workspace} cannot be moved.", found=str(error), next_step="Move it yourself."
        ) from error
