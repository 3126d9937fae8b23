"""A course of its own for each test, and one state folder whose check worker all of them share."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from checker.base import paths
from checker.judging import client

LAB = """---
title: First steps
engine: none
minutes: 5
chapter: docker/first
teaches: [files]
requires: []
---
# First steps

Two files are missing here.

``` bash { .setup }
echo made by setup > ready.txt
```

## Task: write a word { #word points="1" }
Write the word `yes` into `word.txt`.

``` bash { .solution }
echo yes > word.txt # the secret way
```

??? hint
    Which command prints a word?
??? hint
    `echo` does; `>` brings it into a file.

## Task: count the letters { #count points="2" }
Write the number of its letters into `count.txt`.

``` bash { .solution }
tr -d '\\n' < word.txt | wc -c > count.txt
```

??? hint
    `wc` counts.
??? hint
    A line has an end, which counts as well.
"""

CHECKS = '''"""What must be true after the lab 'First steps'."""

from checker.checks import task


@task("word")
def test_word(workspace):
    """word.txt says yes."""
    workspace.file("word.txt").expect_text("yes", next_step="Write yes, nothing else.")


@task("count", requires="word")
def test_count(workspace):
    """count.txt holds the number of letters."""
    workspace.file("count.txt").expect_text("3", next_step="The end of a line is no letter.")


@task("count")
def test_it_is_a_number(workspace):
    """count.txt is a number."""
    workspace.file("count.txt").expect_matches(r"^\\d+", meaning="a number")
'''

RIGHT = {
    "both.sh": "# passes: word count\nprintf 'yes' > word.txt\nprintf 3 > count.txt\n",
    "count.sh": "# passes: count\n# after: word\nprintf '3\\r\\n' > count.txt\n",
}

WRONG = {
    "no.sh": "# fails: word\n# says: nothing else\necho no > word.txt\necho 3 > count.txt\n",
    "end.sh": "# fails: count\n# says: end of a line\n# after: word\nwc -c <word.txt >count.txt\n",
    "words.sh": "# fails: count\n# says: a number\n# after: word\necho three > count.txt\n",
}

MakeLab = Callable[..., Path]


@pytest.fixture(scope="session")
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One state folder for all tests, because each has a worker of its own."""
    folder = tmp_path_factory.mktemp("state")
    yield folder
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_STATE", str(folder))
        client.stop_workers()
        shutil.rmtree(paths.runtime(), ignore_errors=True)


@pytest.fixture
def root(tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty course, without an engine."""
    monkeypatch.setenv("COURSE_ROOT", str(tmp_path / "course"))
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "work"))
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COURSE_STATE", str(state))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody.sock")
    (tmp_path / "course/docs/docker").mkdir(parents=True)
    (tmp_path / "course/docs/docker/first.md").write_text("---\ntitle: First page\n---\n")
    for left in (state / "progress.json", *(state / "labs").glob("*")):
        left.unlink(missing_ok=True)
    return tmp_path / "course"


@pytest.fixture
def make_lab(root: Path) -> MakeLab:
    """Writes a lab; without arguments one that keeps all rules and can be proven."""

    def make(
        lab: str = LAB,
        checks: str = CHECKS,
        wrong: dict[str, str] | None = None,
        right: dict[str, str] | None = None,
        name: str = "docker/first",
        **files: str,
    ) -> Path:
        folder = root / "labs" / name
        texts = {"lab.md": lab, "checks.py": checks}
        texts |= {f"right/{key}": text for key, text in (RIGHT if right is None else right).items()}
        texts |= {f"wrong/{key}": text for key, text in (WRONG if wrong is None else wrong).items()}
        texts |= files
        for path, text in texts.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        return folder

    return make


@pytest.fixture
def workspace(root: Path) -> Path:
    """The learner's folder of the lab docker/first."""
    folder = paths.work() / "docker/first"
    folder.mkdir(parents=True)
    return folder
