"""A lab as a page of the site: tasks, and solutions that are folded away; hints come on request."""

from __future__ import annotations

import html
import re
import textwrap

from checker.base import paths
from checker.labs.lab import KERNELS, Lab, Task


def markdown(lab: Lab) -> str:
    """The Markdown of a lab's page, front matter included."""
    parts = [
        f"---\ntitle: {_quoted(lab.title)}\nlab: {lab.id}\n---",
        f"# {lab.title}",
        _about(lab),
        lab.prose,
        *(_task(lab, number, task) for number, task in enumerate(lab.tasks, start=1)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _about(lab: Lab) -> str:
    """What it takes; the page's script puts its buttons in the place of the commands."""
    up = "../" * (lab.id.count("/") + 1)
    points = _points(lab.max_points)
    about = f"*{lab.minutes} minutes, {points}; goes with [{_chapter(lab)}]({up}{lab.chapter}.md).*"
    commands = f"<code>./course start {lab.id}</code>, then <code>./course check {lab.id}</code>"
    return (
        f'{about}\n\n<div class="course-lab" data-lab="{lab.id}">'
        f"<p>In a terminal: {commands}</p></div>"
    )


def _chapter(lab: Lab) -> str:
    """The chapter's title, from its front matter."""
    file = paths.docs() / f"{lab.chapter}.md"
    text = file.read_text(errors="replace") if file.is_file() else ""
    title = re.search(r"^title: *(.+?) *$", text, re.M)
    return title[1].strip("\"'") if title else lab.chapter


def _task(lab: Lab, number: int, task: Task) -> str:
    heading = f"## {number}. {task.title} ({_points(task.points)}) {{ #{task.id} }}"
    return f"{heading}\n\n{task.text}\n\n{_actions(lab, task)}\n\n{_solution(lab, task)}"


def _actions(lab: Lab, task: Task) -> str:
    names = f'data-task="{task.id}" data-title="{html.escape(task.title)}"'
    command = f"<code>./course check {lab.id} {task.id}</code>"
    return f'<div class="course-task" {names}><p>Check it: {command}</p></div>'


def _points(points: int) -> str:
    return "1 point" if points == 1 else f"{points} points"


def _solution(lab: Lab, task: Task) -> str:
    fences = [f"``` {KERNELS[lab.kernel]}\n{code.text}\n```" for code in task.solution]
    return '??? success "A solution"\n' + textwrap.indent("\n\n".join(fences), "    ")


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
