"""Volumes and where they are mounted."""

from __future__ import annotations

from checker.base.errors import CourseError
from checker.convert import names
from checker.convert.draft import Draft
from checker.convert.pod_spec import sizes
from checker.convert.tracked_input import Given, Object

UNKNOWN_SIZE = "1Gi"
SIZE_WORDS = f"its size is not known: {UNKNOWN_SIZE} is a guess."
DEFAULT_TMPFS_MIB = 64
DOCKER = "dockerVolumeConfiguration"
KINDS = (
    DOCKER,
    "efsVolumeConfiguration",
    "s3filesVolumeConfiguration",
    "fsxWindowsFileServerVolumeConfiguration",
)


def declare(draft: Draft) -> None:
    """Turn the volumes of the task into volumes of the Pod."""
    for given in draft.task.parts("volumes"):
        name = given.take("name", "")
        if not name or name in draft.mounted:
            raise CourseError(
                f"volumes[{given.path[-1]}] needs a name of its own.", found=ascii(name)
            )
        draft.mounted[name] = draft.volume(name, _source(given, draft))
    _unused_at_launch(draft)


def _unused_at_launch(draft: Draft) -> None:
    at_launch = {
        each.value["name"]
        for each in draft.task.parts("volumes")
        if each.value.get("configuredAtLaunch")
    }
    for each in draft.service.parts("volumeConfigurations"):
        if each.value.get("name") not in at_launch:
            each.warn("", "left out: the task has no volume of this name that comes at launch.")


def _source(given: Given, draft: Draft) -> Object:
    at_launch = given.take("configuredAtLaunch", False)
    host = given.part("host").take("sourcePath")
    kinds = [kind for kind in KINDS if given.has(kind)]
    if len(kinds) + bool(host) + at_launch > 1:
        raise CourseError(f"volumes[{given.path[-1]}] must be of one kind.", found=", ".join(kinds))
    if kinds:
        return (_docker if kinds[0] == DOCKER else _file_system)(given, kinds[0], draft)
    if at_launch:
        return _at_launch(given, draft)
    if not host:
        return {"emptyDir": {}}
    if not names.PATH.fullmatch(host) or ".." in host.split("/"):
        raise CourseError("host.sourcePath is no absolute path.", found=ascii(host))
    given.warn("host", f"{host} is of whatever node the Pod lands on.")
    return {"hostPath": {"path": host}}


def _file_system(given: Given, kind: str, draft: Draft) -> Object:
    given.warn(
        kind,
        "becomes a PersistentVolumeClaim for many nodes (ReadWriteMany): the cluster needs a "
        f"driver that has such volumes, nothing is copied, and {SIZE_WORDS}",
    )
    return _claim(given, "ReadWriteMany", draft)


def _docker(given: Given, kind: str, draft: Draft) -> Object:
    docker = given.part(kind)
    docker.leave("driver", "left out: name a storageClassName in the claim.")
    docker.leave("driverOpts", "left out: options belong to a StorageClass.")
    docker.leave("labels", "left out.")
    shared = docker.take("scope", "task") == "shared"
    if not shared:
        docker.take("autoprovision")
        return {"emptyDir": {}}
    docker.leave("autoprovision", "the claim's volume is provisioned by the cluster.")
    docker.warn("scope", f"shared: one claim for all Pods, which then share a node; {SIZE_WORDS}")
    return _claim(given, "ReadWriteOnce", draft)


def _claim(given: Given, mode: str, draft: Draft) -> Object:
    wanted = names.label(f"{draft.name}-{given.value['name']}")
    name = names.unused(wanted, {each["metadata"]["name"] for each in draft.claims})
    draft.claims.append(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": name},
            "spec": _claim_spec(mode, UNKNOWN_SIZE),
        }
    )
    return {"persistentVolumeClaim": {"claimName": name}}


def _claim_spec(mode: str, size: str) -> Object:
    return {"accessModes": [mode], "resources": {"requests": {"storage": size}}}


def _at_launch(given: Given, draft: Draft) -> Object:
    """A disk for each task: the counterpart is a claim for each Pod."""
    size = 0
    for each in draft.service.parts("volumeConfigurations"):
        if each.value.get("name") == given.value["name"]:
            each.take("name")
            disk = each.part("managedEBSVolume")
            size = disk.take("sizeInGiB", 0)
            each.warn(
                "managedEBSVolume",
                "only its size is used; kind and encryption of a disk belong to a StorageClass.",
            )
    if size <= 0:
        given.warn("configuredAtLaunch", f"a claim for each Pod; {SIZE_WORDS}")
    spec = _claim_spec("ReadWriteOnce", f"{size}Gi" if size > 0 else UNKNOWN_SIZE)
    return {"ephemeral": {"volumeClaimTemplate": {"spec": spec}}}


def mounts(given: Given, draft: Draft) -> list[Object]:
    """Where a container has its volumes: its own, those of others, and memory."""
    made: dict[str, Object] = {}
    _own(given, draft, made)
    for other in given.parts("volumesFrom"):
        _others(other, draft, made)
    linux = given.part("linuxParameters")
    for n, tmpfs in enumerate(linux.parts("tmpfs"), 1):
        size = tmpfs.take("size", DEFAULT_TMPFS_MIB)
        tmpfs.leave("mountOptions", "left out: a volume in memory has none.")
        _memory(f"{given.value['name']}-tmpfs-{n}", tmpfs.take("containerPath"), size, draft, made)
    if shared := linux.take("sharedMemorySize"):
        _memory(f"{given.value['name']}-shm", "/dev/shm", shared, draft, made)  # noqa: S108
    return list(made.values())


def _own(given: Given, draft: Draft, made: dict[str, Object], read_only: bool = False) -> None:
    for point in given.parts("mountPoints"):
        source, path = point.take("sourceVolume", ""), _path(point.take("containerPath"))
        if source not in draft.mounted:
            raise CourseError(
                f"containerDefinitions[{point.path[1]}] mounts a volume that is not there.",
                expected=f"one of {', '.join(draft.mounted) or 'volumes, of which there is none'}",
                found=ascii(source),
            )
        mount: Object = {"name": draft.mounted[source], "mountPath": path}
        if point.take("readOnly") or read_only:
            mount["readOnly"] = True
        if made.setdefault(path, mount) is not mount and not read_only:
            point.warn("containerPath", f"something else is mounted at {path}; left out.")


def _path(path: str | None) -> str:
    if path is None or not names.PATH.fullmatch(path) or ":" in path:
        raise CourseError("A containerPath is no absolute path.", found=ascii(path))
    return path


def _others(entry: Given, draft: Draft, made: dict[str, Object]) -> None:
    """The volumes that another container mounts, at the same places."""
    source, read_only = entry.take("sourceContainer", ""), bool(entry.take("readOnly"))
    containers = draft.task.parts("containerDefinitions")
    other = next((each for each in containers if each.value.get("name") == source), None)
    if other is None:
        raise CourseError("volumesFrom names a container that is not there.", found=ascii(source))
    if not other.has("mountPoints"):
        entry.warn(
            "", f"{source} mounts no volume of the task; what its image holds is not shared."
        )
    _own(other, draft, made, read_only)


def _memory(name: str, path: str | None, size: int, draft: Draft, made: dict[str, Object]) -> None:
    where = _path(path)
    if where not in made and size > 0:
        source = {"emptyDir": {"medium": "Memory", "sizeLimit": sizes.mebibytes(size)}}
        made[where] = {"name": draft.volume(name, source), "mountPath": where}
