"""`./course convert`: manifests on standard output, warnings on standard error."""

from __future__ import annotations

from pathlib import Path

import click

from checker.convert import read
from checker.convert.convert import convert_task
from checker.convert.write import dump_manifests


def convert_file(file: Path, service: Path | None, name: str, namespace: str) -> None:
    """Convert a task definition, and print what comes of it.

    Raises:
        CourseError: An input is none.
    """
    service_fields = read.read_service(service) if service else {}
    conversion = convert_task(read.read_task_definition(file), service_fields, name, namespace)
    for warning in conversion.warnings:
        # ASCII, so that every terminal and log can show it.
        text = str(warning).encode("ascii", "backslashreplace").decode()
        click.echo(f"warning: {text}", err=True)
    click.echo(dump_manifests(conversion.manifests), nl=False)
