"""What a run needs of engines, and how all that it makes is removed again.

The Docker Engine's part is recorded as it is made (recorder); each orchestrator knows what was in
it when the run began.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator

from checker.base import console
from checker.base.run import Run
from checker.docker import docker_engine, journal
from checker.orchestrators import registry
from checker.sandbox.recorder import Recorder

Clean = Callable[[], list[str]]


def ensure_engines(engine: str, references: Iterable[str]) -> None:
    """Have the Docker Engine, images of the catalogue, and orchestrators, as in "ecs, kind".

    Raises:
        CouldNotFindOut: One cannot be had.
    """
    from checker.images import provider

    registry.write_settings()
    if engine == "none":
        return
    elsewhere = {image for each in registry.all_orchestrators() for image in each.own_images}
    wanted = [each for each in references if each not in elsewhere]
    docker_engine.ensure_engine()
    provider.ensure_images(wanted)
    for each in registry.orchestrators_of(engine):
        each.ensure(wanted)


@contextlib.contextmanager
def record_run(run: Run, engine: str) -> Iterator[Clean]:
    """Record what is made inside; what killed runs left, of whatever name, is removed first.

    Returns:
        A function that removes what was made so far, and tells what does not go.

    Raises:
        CouldNotFindOut: The engine is away.
    """
    if engine == "none":
        yield list
        return
    for line in remove_left_over():
        console.err.print(f"could not be removed: {line}", markup=False)
    remakes = any(each.remakes_machines for each in registry.orchestrators_of(engine))
    with Recorder(run) as recorder:

        def clean() -> list[str]:
            with recorder.pause() if remakes else contextlib.nullcontext():
                left = clean_orchestrators(run)
            return [*left, *recorder.remove()]

        clean()
        begin_run(run, engine)
        yield clean
        forget_run(run)


def begin_run(run: Run, engine: str) -> None:
    """Have each orchestrator of `engine` write down what is there before a run."""
    for each in registry.orchestrators_of(engine):
        each.begin(run)


def clean_orchestrators(run: Run) -> list[str]:
    """Remove what a run made in orchestrators, and mend those that were taken apart.

    Returns:
        A line for each thing that does not go.
    """
    return [line for each in registry.all_orchestrators() for line in each.clean(run)]


def forget_run(run: Run) -> None:
    """Have every orchestrator forget a run."""
    for each in registry.all_orchestrators():
        each.forget(run)


def remove_left_over() -> list[str]:
    """Remove what runs made that were killed before they could remove it: it may be in the way.

    Returns:
        A line for each thing that does not go.

    Raises:
        CouldNotFindOut: An engine is away; what was written down of the runs is kept.
    """
    left = []
    for run in journal.list_killed_runs():
        left += clean_orchestrators(run)
        forget_run(run)
        left += Recorder(run).remove()
    return left


def remove_everything() -> list[str]:
    """Remove what every journal names, also of runs that left something on purpose."""
    return [line for run in journal.list_runs() for line in Recorder(run).remove()]
