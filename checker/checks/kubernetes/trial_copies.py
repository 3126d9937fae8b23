"""How a Pod of a check's own differs from what a Deployment's template says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from checker.orchestrators.kind.kube_api import Object

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


@dataclass(frozen=True)
class TrialCopy:
    """A copy for a trial: of the template, but for what is given here.

    Args:
        image: Of the first container; the template's if empty.
        env: Variables of the first container, instead of those of the same name.
        command: What the first container runs in place of its own command and arguments.
        eager: Its probes ask at once and every second, whatever the template says.
        title: What messages call it; the image if empty.
    """

    image: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    command: Sequence[str] = ()
    eager: bool = False
    title: str = ""

    @property
    def display_name(self) -> str:
        return self.title or f"a Pod from {self.image or 'the template'}"

    def change_spec(self, spec: Object) -> Object:
        """Return a Pod's spec with the differences, and without ports of the node.

        A port of a node may be taken by the Pod that the copy is made after.
        """
        first, *others = spec["containers"]
        changed = dict(first)
        if self.image:
            changed["image"] = self.image
        if self.command:
            changed |= {"command": list(self.command), "args": []}
        if self.env:
            kept = [each for each in first.get("env") or [] if each["name"] not in self.env]
            own = [{"name": name, "value": value} for name, value in self.env.items()]
            changed["env"] = [*kept, *own]
        if ports := first.get("ports"):
            changed["ports"] = [
                {key: value for key, value in each.items() if key != "hostPort"} for each in ports
            ]
        if self.eager:
            often = {"initialDelaySeconds": 0, "periodSeconds": 1}
            changed |= {each: {**first[each], **often} for each in PROBES if each in first}
        return {**spec, "containers": [changed, *others]}
