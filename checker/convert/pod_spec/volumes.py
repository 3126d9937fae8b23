"""Volumes and where they are mounted."""

from __future__ import annotations

from checker.base.errors import CourseError
from checker.convert import names
from checker.convert.draft import Draft
from checker.convert.tracked_input import Object, TrackedInput

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


def declare_volumes(draft: Draft) -> None:
    """Turn the volumes of the task into volumes of the Pod."""
    declared = draft.task.get_parts("volumes")
    for volume in declared:
        name = volume.take("name", "")
        if not name or name in draft.mounted:
            raise CourseError(
                f"volumes[{volume.path[-1]}] needs a name of its own.", found=ascii(name)
            )
        draft.mounted[name] = draft.add_volume(name, convert_volume(volume, draft))
    at_launch = {each.value["name"] for each in declared if each.value.get("configuredAtLaunch")}
    for each in draft.service.get_parts("volumeConfigurations"):
        if each.value.get("name") not in at_launch:
            each.warn("", "left out: the task has no volume of this name that comes at launch.")


def convert_volume(volume: TrackedInput, draft: Draft) -> Object:
    """Convert one volume into the source of a volume; its claim goes into the draft."""
    at_launch = volume.take("configuredAtLaunch", False)
    host = volume.get_part("host").take("sourcePath")
    kinds = [kind for kind in KINDS if volume.has(kind)]
    if len(kinds) + bool(host) + at_launch > 1:
        raise CourseError(
            f"volumes[{volume.path[-1]}] must be of one kind.", found=", ".join(kinds)
        )
    if kinds == [DOCKER]:
        return _convert_docker_volume(volume, draft)
    if kinds:
        volume.warn(
            kinds[0],
            "becomes a PersistentVolumeClaim for many nodes (ReadWriteMany): the cluster needs a "
            f"driver that has such volumes, nothing is copied, and {SIZE_WORDS}",
        )
        return _add_claim(volume, "ReadWriteMany", draft)
    if at_launch:
        return _convert_launch_volume(volume, draft)
    if not host:
        return {"emptyDir": {}}
    if not names.PATH.fullmatch(host) or ".." in host.split("/"):
        raise CourseError("host.sourcePath is not an absolute path.", found=ascii(host))
    volume.warn("host", f"{host} is of whatever node the Pod lands on.")
    return {"hostPath": {"path": host}}


def _convert_docker_volume(volume: TrackedInput, draft: Draft) -> Object:
    docker = volume.get_part(DOCKER)
    docker.omit("driver", "left out: name a storageClassName in the claim.")
    docker.omit("driverOpts", "left out: options belong to a StorageClass.")
    docker.omit("labels", "left out.")
    shared = docker.take("scope", "task") == "shared"
    if not shared:
        docker.take("autoprovision")
        return {"emptyDir": {}}
    docker.omit("autoprovision", "the claim's volume is provisioned by the cluster.")
    docker.warn("scope", f"shared: one claim for all Pods, which then share a node; {SIZE_WORDS}")
    return _add_claim(volume, "ReadWriteOnce", draft)


def _add_claim(volume: TrackedInput, mode: str, draft: Draft) -> Object:
    wanted = names.make_label(f"{draft.name}-{volume.value['name']}")
    name = names.find_unused_name(wanted, {each["metadata"]["name"] for each in draft.claims})
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name}}
    draft.claims.append({**claim, "spec": _make_claim_spec(mode, UNKNOWN_SIZE)})
    return {"persistentVolumeClaim": {"claimName": name}}


def _make_claim_spec(mode: str, size: str) -> Object:
    return {"accessModes": [mode], "resources": {"requests": {"storage": size}}}


def _convert_launch_volume(volume: TrackedInput, draft: Draft) -> Object:
    """Convert a disk for each task into a claim for each Pod."""
    size = 0
    for each in draft.service.get_parts("volumeConfigurations"):
        if each.value.get("name") == volume.value["name"]:
            each.take("name")
            disk = each.get_part("managedEBSVolume")
            size = disk.take("sizeInGiB", 0)
            each.warn(
                "managedEBSVolume",
                "only its size is used; kind and encryption of a disk belong to a StorageClass.",
            )
    if size <= 0:
        volume.warn("configuredAtLaunch", f"a claim for each Pod; {SIZE_WORDS}")
    spec = _make_claim_spec("ReadWriteOnce", f"{size}Gi" if size > 0 else UNKNOWN_SIZE)
    return {"ephemeral": {"volumeClaimTemplate": {"spec": spec}}}


def convert_mounts(container: TrackedInput, draft: Draft) -> list[Object]:
    """Convert where a container has its volumes: its own, those of others, and memory."""
    mounts: dict[str, Object] = {}
    _add_mount_points(container, draft, mounts)
    for other in container.get_parts("volumesFrom"):
        _add_mounts_of_other(other, draft, mounts)
    name = container.value["name"]
    linux = container.get_part("linuxParameters")
    for n, tmpfs in enumerate(linux.get_parts("tmpfs"), 1):
        path, size = tmpfs.take("containerPath"), tmpfs.take("size", DEFAULT_TMPFS_MIB)
        tmpfs.omit("mountOptions", "left out: a volume in memory has none.")
        _add_memory_mount(f"{name}-tmpfs-{n}", path, size, draft, mounts)
    if shared := linux.take("sharedMemorySize"):
        _add_memory_mount(f"{name}-shm", "/dev/shm", shared, draft, mounts)  # noqa: S108
    return list(mounts.values())


def _add_mount_points(
    container: TrackedInput, draft: Draft, mounts: dict[str, Object], read_only: bool = False
) -> None:
    for point in container.get_parts("mountPoints"):
        source, path = point.take("sourceVolume", ""), require_path(point.take("containerPath"))
        if source not in draft.mounted:
            message = f"containerDefinitions[{point.path[1]}] mounts a volume that is not there."
            expected = f"one of {', '.join(draft.mounted) or 'volumes, of which there is none'}"
            raise CourseError(message, expected=expected, found=ascii(source))
        mount: Object = {"name": draft.mounted[source], "mountPath": path}
        if point.take("readOnly") or read_only:
            mount["readOnly"] = True
        if mounts.setdefault(path, mount) is not mount and not read_only:
            point.warn("containerPath", f"something else is mounted at {path}; left out.")


def require_path(path: str | None) -> str:
    """Return an absolute path in a container."""
    if path is None or not names.PATH.fullmatch(path) or ":" in path:
        raise CourseError("A containerPath is not an absolute path.", found=ascii(path))
    return path


def _add_mounts_of_other(entry: TrackedInput, draft: Draft, mounts: dict[str, Object]) -> None:
    """Add the volumes that another container mounts, at the same places."""
    source, read_only = entry.take("sourceContainer", ""), bool(entry.take("readOnly"))
    containers = draft.task.get_parts("containerDefinitions")
    other = next((each for each in containers if each.value.get("name") == source), None)
    if other is None:
        raise CourseError("volumesFrom names a container that is not there.", found=ascii(source))
    if not other.has("mountPoints"):
        entry.warn(
            "", f"{source} mounts no volume of the task; what its image holds is not shared."
        )
    _add_mount_points(other, draft, mounts, read_only)


def _add_memory_mount(
    name: str, path: str | None, size: int, draft: Draft, mounts: dict[str, Object]
) -> None:
    where = require_path(path)
    if where not in mounts and size > 0:
        source = {"emptyDir": {"medium": "Memory", "sizeLimit": f"{size}Mi"}}
        mounts[where] = {"name": draft.add_volume(name, source), "mountPath": where}
