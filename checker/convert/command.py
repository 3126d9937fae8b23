"""`./course convert`: manifests on standard output, warnings on standard error."""

from __future__ import annotations

from pathlib import Path

import click

from checker.convert import read
from checker.convert.convert import convert as transform
from checker.convert.write import yaml_text


def convert(file: Path, service: Path | None, name: str, namespace: str) -> None:
    """Convert a task definition, and print what comes of it.

    Raises:
        CourseError: An input is none.
    """
    around = read.service(service) if service else {}
    made = transform(read.task_definition(file), around, name, namespace)
    for warning in made.warnings:
        click.echo(
            f"warning: {str(warning).encode('ascii', 'backslashreplace').decode()}", err=True
        )
    click.echo(yaml_text(made.manifests), nl=False)
