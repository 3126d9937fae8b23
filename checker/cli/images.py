"""The commands of `./course images`."""

from __future__ import annotations

from pathlib import Path

import click

from checker.cli.arguments import JSON


@click.group(invoke_without_command=True)
@click.pass_context
@JSON
def images(ctx: click.Context, as_json: bool) -> None:
    """Show what images are needed, and where each came from."""
    if ctx.invoked_subcommand is None:
        from checker.images.report import show_images

        show_images(as_json=as_json)


@images.command("pull")
@click.argument("references", nargs=-1)
def images_pull(references: tuple[str, ...]) -> None:
    """Get images from a registry."""
    from checker.images.provider import pull_images

    pull_images(list(references))


@images.command("build")
@click.argument("references", nargs=-1)
def images_build(references: tuple[str, ...]) -> None:
    """Build images from the course's recipes."""
    from checker.images.provider import build_images

    build_images(list(references))


@images.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def images_export(file: Path) -> None:
    """Write the offline kit: every image in one file."""
    from checker.images.kit import export_kit

    export_kit(file)


@images.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def images_import(file: Path) -> None:
    """Load the images of an offline kit."""
    from checker.images.kit import import_kit

    import_kit(file)
