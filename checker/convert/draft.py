"""The Pod while it is being put together: what several containers add to."""

from __future__ import annotations

from dataclasses import dataclass, field

from checker.base.errors import CourseError
from checker.convert import names
from checker.convert.tracked_input import Object, TrackedInput

ENDS = ("SUCCESS", "COMPLETE")
"""Conditions of dependsOn that are about the end of a container."""


@dataclass
class Draft:
    """What the parts of the converter share.

    Args:
        name: Of the Deployment, and the beginning of all other names.
        task: The task definition.
        service: The service; empty if there is none.
    """

    name: str
    task: TrackedInput
    service: TrackedInput
    containers: dict[str, str] = field(default_factory=dict)
    """Names of containers, ECS to Kubernetes."""
    pod: Object = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    volumes: dict[str, Object] = field(default_factory=dict)
    """Volumes of the Pod by their names in the manifest."""
    claims: list[Object] = field(default_factory=list)
    mounted: dict[str, str] = field(default_factory=dict)
    """Names of volumes, ECS to Kubernetes."""
    ports: dict[tuple[int, str], str] = field(default_factory=dict)
    """Which container listens on a port of the Pod."""
    secrets: dict[str, str] = field(default_factory=dict)
    """Keys of the Secret, and where ECS takes each from."""

    def runs_once(self, container: TrackedInput) -> bool:
        """Tell whether others wait for the end of a container, so that it runs only once."""
        return any(
            need.value.get("containerName") == container.value["name"]
            and need.value.get("condition") in ENDS
            for each in self.task.get_parts("containerDefinitions")
            for need in each.get_parts("dependsOn")
        )

    @property
    def network_mode(self) -> str:
        """The mode of the network; awsvpc is the only one of Fargate, bridge the default else."""
        fargate = "FARGATE" in (self.task.value.get("requiresCompatibilities") or [])
        default = "awsvpc" if fargate else "bridge"
        return str(self.task.value.get("networkMode") or default)

    def add_volume(self, wanted: str, source: Object) -> str:
        """Add a volume, and return its name."""
        name = names.find_unused_name(names.make_label(wanted), set(self.volumes))
        self.volumes[name] = source
        return name

    def add_annotation(self, source: TrackedInput, field_name: str, key: str, value: str) -> None:
        """Add an annotation to the Pod, where Kubernetes takes the key."""
        if not names.is_annotation_key(key):
            source.warn(field_name, f"{key!a} cannot be the key of an annotation; left out.")
        elif self.annotations.setdefault(key, value) != value:
            source.warn(
                field_name,
                f"{key} has another value at another container; annotations are the Pod's, and "
                "the first one stays.",
            )

    def add_host_alias(self, address: str, host: str) -> None:
        """Let a name stand for an address in all containers."""
        aliases = self.pod.setdefault("hostAliases", [])
        known = next((each for each in aliases if each["ip"] == address), None)
        if known is None:
            aliases.append(known := {"ip": address, "hostnames": []})
        if host not in known["hostnames"]:
            known["hostnames"].append(host)


def name_containers(draft: Draft, containers: list[TrackedInput]) -> None:
    """Find a name for every container.

    Raises:
        CourseError: The list is empty, two have the same name, or one has no image.
    """
    if not containers:
        expected = "containerDefinitions with one"
        raise CourseError("The task definition has no container.", expected=expected)
    taken: set[str] = set()
    for container in containers:
        for needed in ("name", "image"):
            if not container.has(needed):
                raise CourseError(f"containerDefinitions[{container.path[-1]}] has no {needed}.")
        name = container.take("name")
        if name in draft.containers:
            raise CourseError(f"Two containers have the same name: {name}")
        plain = names.find_unused_name(names.make_label(name), taken)
        draft.containers[name] = plain
        if plain != name:
            container.warn("name", f"is called {plain} here: a name is a DNS label.")
