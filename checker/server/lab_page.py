"""A lab as a page of the site: tasks, and solutions that are folded away; hints come on request."""

from __future__ import annotations

import html
import re
import textwrap

from checker.base import paths
from checker.labs.lab import KERNELS, Lab, Task, count_points


def render_page(lab: Lab) -> str:
    """Return the Markdown of a lab's page, front matter included."""
    parts = [
        f"---\ntitle: {quote_yaml(lab.title)}\nlab: {lab.id}\n---",
        f"# {lab.title}",
        render_introduction(lab),
        lab.prose,
        *(render_task(lab, number, task) for number, task in enumerate(lab.tasks, start=1)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def render_introduction(lab: Lab) -> str:
    """Return what the lab takes; the page's script puts its buttons in the place of commands."""
    up = "../" * (lab.id.count("/") + 1)
    chapter = f"[{find_chapter_title(lab)}]({up}{lab.chapter}.md)"
    about = f"*{lab.minutes} minutes, {count_points(lab.max_points)}; goes with {chapter}.*"
    commands = f"<code>./course start {lab.id}</code>, then <code>./course check {lab.id}</code>"
    return (
        f'{about}\n\n<div class="course-lab" data-lab="{lab.id}">'
        f"<p>In a terminal: {commands}</p></div>"
    )


def find_chapter_title(lab: Lab) -> str:
    """Return the title of the lab's chapter, from its front matter; its name if it has none."""
    file = paths.docs() / f"{lab.chapter}.md"
    text = file.read_text(errors="replace") if file.is_file() else ""
    title = re.search(r"^title: *(.+?) *$", text, re.M)
    return title[1].strip("\"'") if title else lab.chapter


def render_task(lab: Lab, number: int, task: Task) -> str:
    """Return a task with its button and its solution, folded away."""
    heading = f"## {number}. {task.title} ({count_points(task.points)}) {{ #{task.id} }}"
    names = f'data-task="{task.id}" data-title="{html.escape(task.title)}"'
    command = f"<code>./course check {lab.id} {task.id}</code>"
    actions = f'<div class="course-task" {names}><p>Check it: {command}</p></div>'
    fences = [f"``` {KERNELS[lab.kernel]}\n{code.text}\n```" for code in task.solution]
    solution = '??? success "A solution"\n' + textwrap.indent("\n\n".join(fences), "    ")
    return f"{heading}\n\n{task.text}\n\n{actions}\n\n{solution}"


def quote_yaml(text: str) -> str:
    """Return a text as a string of YAML in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
