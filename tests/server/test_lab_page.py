"""A lab's page shows tasks and folded solutions, and no hint."""

from __future__ import annotations

import yaml

from checker.labs.lab import load_lab
from checker.server.lab_page import render_page
from tests.lab_fakes import LAB, make_lab, root, state

__all__ = ["make_lab", "root", "state"]


def test_page_has_front_matter_tasks_and_places_for_buttons(make_lab) -> None:
    make_lab()
    page = render_page(load_lab("first"))
    matter = yaml.safe_load(page.split("---")[1])
    assert matter == {"title": "First steps", "lab": "docker/first"}
    assert "\n# First steps\n" in page
    assert "## 1. Write a word (1 point) { #word }" in page
    assert "## 2. Count the letters (2 points) { #count }" in page
    assert '<div class="course-lab" data-lab="docker/first">' in page
    assert '<div class="course-task" data-task="word" data-title="Write a word">' in page
    assert "[First page](../../docker/first.md)" in page


def test_solution_is_folded_and_hints_are_not_shown(make_lab) -> None:
    make_lab()
    page = render_page(load_lab("first"))
    assert '??? success "A solution"\n    ``` bash\n    echo yes > word.txt' in page
    assert "Which command prints a word?" not in page
    assert "made by setup" not in page


def test_quotes_in_a_title_break_nothing(make_lab) -> None:
    make_lab(
        LAB.replace("title: First steps", "title: 'Say \"a\\b\"'").replace(
            "Task: write a word", 'Task: write "a" <word>'
        )
    )
    page = render_page(load_lab("first"))
    assert yaml.safe_load(page.split("---")[1])["title"] == 'Say "a\\b"'
    assert 'data-title="Write &quot;a&quot; &lt;word&gt;"' in page


def test_chapter_without_a_page_is_called_by_its_name(make_lab) -> None:
    make_lab(LAB.replace("chapter: docker/first", "chapter: docker/none"))
    assert "[docker/none](../../docker/none.md)" in render_page(load_lab("first"))
