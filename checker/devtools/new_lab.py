"""`./course new lab`: a small lab that works, to be changed step by step."""

from __future__ import annotations

import re

from checker.base import console, course, paths
from checker.base.errors import CourseError

NAME = re.compile(r"[a-z0-9-]+/[a-z0-9]+(-[a-z0-9]+)*")

LAB = """---
title: {title}
engine: docker
minutes: 10
chapter: {chapter}
teaches: [ls -a]
requires: []
---
# {title}

A container `{box}` is left over from last night. Somebody must find out how it ended.

``` bash {{ .setup }}
docker run --name {box} debian:trixie-slim true
```

## Task: find its status {{ #find-status points="1" }}
Write the exit status of `{box}` into the file `status.txt`: the number alone.

``` bash {{ .solution }}
docker inspect --format '{{{{.State.ExitCode}}}}' {box} > status.txt
```

??? hint
    It is not running. Which list shows containers that do not run?
??? hint
    One command prints all that the engine knows of a container. Search it for the exit code.
"""

CHECKS = '''"""What must be true after the lab '{title}'."""

from checker.checks import task


@task("find-status")
def test_status_is_written(docker, workspace):
    """status.txt holds the exit status of {box}."""
    workspace.file("status.txt").expect_text(
        str(docker.container("{box}").exit_status),
        next_step="Compare it with what docker container ls -a shows: the number alone.",
    )
'''

RIGHT = {
    "from-a-list.sh": """# passes: find-status
docker container ls -a --filter name={box} --format '{{{{.Status}}}}' |
  sed 's/.*(\\(.*\\)).*/\\1/' > status.txt
""",
    "without-a-final-newline.sh": """# passes: find-status
printf %s "$(docker wait {box})" > status.txt
""",
    "words-of-json.sh": """# passes: find-status
docker inspect {box} | grep ExitCode | tr -cd 0-9 > status.txt
""",
}

WRONG = {
    "status-in-words.sh": """# fails: find-status
# says: the number alone
docker container ls -a --filter name={box} --format '{{{{.Status}}}}' > status.txt
""",
    "state-instead.sh": """# fails: find-status
# says: found exited
docker inspect --format '{{{{.State.Status}}}}' {box} > status.txt
""",
    "wrong-file.sh": """# fails: find-status
# says: no such file
docker inspect --format '{{{{.State.ExitCode}}}}' {box} > state.txt
""",
}


def new_lab(name: str) -> None:
    """Write the lab TRACK/SLUG, which keeps the rules and can be proven, to start from.

    Raises:
        CourseError: The name is none, or is taken.
    """
    if not NAME.fullmatch(name) or name.split("/")[0] not in course.CHAPTERS:
        raise CourseError(
            f"{name!r} is not a name for a lab.",
            expected=f"TRACK/SLUG; tracks are {', '.join(course.CHAPTERS)}",
            next_step="For example: ./course new lab docker/first-volume",
        )
    if (paths.labs() / name).exists():
        raise CourseError(f"There is a lab {name} already.", next_step="Choose another name.")
    folder = paths.labs() / name
    words = {
        "title": name.split("/")[-1].replace("-", " ").capitalize(),
        "chapter": _choose_chapter(name),
        "box": f"{name.split('/')[-1]}-box",
    }
    files = {"lab.md": LAB, "checks.py": CHECKS, "starter/.gitkeep": "", "solution/.gitkeep": ""}
    files |= {f"right/{script}": text for script, text in RIGHT.items()}
    files |= {f"wrong/{script}": text for script, text in WRONG.items()}
    for path, text in files.items():
        paths.write_atomically(folder / path, text.format(**words))
    console.out.print(f"Made {folder}: change it, then ./course lint {name}")
    console.out.print(f"and prove it: ./course verify labs/{name}")


def _choose_chapter(name: str) -> str:
    """Take the page of the same name, or the track's first: the author puts it right."""
    if (paths.docs() / f"{name}.md").is_file():
        return name
    track = name.split("/")[0]
    pages = sorted((paths.docs() / track).glob("*.md"))
    return f"{track}/{pages[0].stem}" if pages else name
