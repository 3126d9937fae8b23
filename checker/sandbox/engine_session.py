"""What a page or lab needs of engines, and how all that it makes is removed again.

The Docker Engine records what is made (recorder); in the cluster, what is there is compared with
what was there before (world); the ECS emulator is emptied.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator

from checker.base import console
from checker.docker import docker_engine, journal
from checker.orchestrators.ecs import local_ecs
from checker.orchestrators.engine_names import needs
from checker.orchestrators.kind import cluster_snapshot, kind_cluster
from checker.orchestrators.kind.kube_api import Api
from checker.orchestrators.swarm import swarm_mode
from checker.sandbox.recorder import Recorder

Clean = Callable[[], list[str]]


def ensure(engine: str, references: Iterable[str]) -> None:
    """Have an engine and images; for `kind` also in the nodes of the cluster.

    Args:
        engine: As in front matter, such as docker, or "ecs, kind".
        references: Images of the catalogue.

    Raises:
        CouldNotFindOut: One cannot be had.
    """
    from checker.images import provider

    if engine == "none":
        return
    wanted = [each for each in references if each != kind_cluster.IMAGE]
    docker_engine.ensure()
    provider.ensure(wanted)
    if needs(engine, "kind"):
        kind_cluster.ensure()
        kind_cluster.load(wanted)
    if needs(engine, "swarm"):
        swarm_mode.ensure()
    if needs(engine, "ecs"):
        local_ecs.ensure()


@contextlib.contextmanager
def recorded(engine: str, name: str) -> Iterator[Clean]:
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
    with Recorder(name) as made:

        def clean() -> list[str]:
            with made.apart() if needs(engine, "kind") else contextlib.nullcontext():
                left = remove(name)
            return [*left, *made.remove()]

        clean()
        begin(engine, name)
        yield clean
        _forget(name)


def remove_left_over() -> list[str]:
    """Remove what runs made that were killed before they could remove it: it may be in the way.

    Returns:
        A line for each thing that does not go.

    Raises:
        CouldNotFindOut: An engine is away; what was written down of the runs is kept.
    """
    left = []
    for name in journal.killed():
        left += remove(name)
        _forget(name)
        left += Recorder.adopt(name).remove()
    return left


def _forget(name: str) -> None:
    cluster_snapshot.forget(name)
    local_ecs.forget(name)


def begin(engine: str, name: str) -> None:
    """Empty the emulator, and write down what is in the cluster: `remove` removes what is new.

    Args:
        engine: As in front matter.
        name: The journal's.
    """
    if needs(engine, "ecs"):
        local_ecs.begin(name)
    if needs(engine, "kind"):
        _begin_in_cluster(name)


def _begin_in_cluster(name: str) -> None:
    with contextlib.closing(Api(kind_cluster.kubeconfig())) as api:
        cluster_snapshot.forget(name)
        cluster_snapshot.keep(name, api)


def remove(name: str) -> list[str]:
    """Empty the emulator, mend the cluster, and remove what came into it since `begin`.

    Returns:
        A line for each thing that does not go.
    """
    if local_ecs.is_begun(name):
        local_ecs.reset()
    if not cluster_snapshot.is_kept(name):
        return []
    kind_cluster.mend()
    if not cluster_snapshot.is_kept(name):  # made anew
        _begin_in_cluster(name)
        return []
    with contextlib.closing(Api(kind_cluster.kubeconfig())) as api:
        return cluster_snapshot.remove_made(name, api)
