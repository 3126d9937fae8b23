"""A new page that keeps the rules and can be proven at once."""

from __future__ import annotations

import re

from checker.base import console, course, paths
from checker.base.errors import CourseError

TEMPLATE = """\
---
title: {title}
engine: docker
minutes: 5
---
# {title}

## What you will be able to do
Say here, in one or two sentences, what a reader can do afterwards.

## The first thing to see
**Predict:** what will this print?

``` console {{ #{slug}-first }}
$ docker run --rm busybox echo seen
seen
```

Explain what was seen, and why.

## Clean up
The container was started with `--rm`, so nothing is left:

``` console {{ #{slug}-nothing-left }}
$ docker container ls --all --quiet --filter ancestor=busybox
```

## What next
Say where to go from here.
"""


def new_page(name: str) -> None:
    """Write docs/TRACK/SLUG.md and say what to do with it.

    Raises:
        CourseError: The name is no such name, or the page is there already.
    """
    track, _, slug = name.partition("/")
    if track not in course.CHAPTERS or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug):
        raise CourseError(
            f"{name!r} is not a name for a page.",
            expected=f"TRACK/SLUG, TRACK one of {', '.join(course.CHAPTERS)}",
        )
    path = paths.docs() / track / f"{slug}.md"
    if path.exists():
        raise CourseError(f"{path} is there already.", next_step="Choose another name.")
    title = slug.replace("-", " ").capitalize()
    paths.write_atomically(path, TEMPLATE.format(title=title, slug=slug))
    console.out.print(f"Written: {path}")
    console.out.print(f"Prove it: ./course verify docs/{name}.md")
    console.out.print(f"Then add {name}.md to nav in mkdocs.yml.")
