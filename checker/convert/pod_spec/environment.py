"""Environment, files of it, and secrets."""

from __future__ import annotations

import re

from checker.convert import names
from checker.convert.draft import Draft
from checker.convert.tracked_input import Object, TrackedInput

JSON_KEY = re.compile(r"arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:]+:([^:]+):")
SECRET_NAME = re.compile(r"PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY", re.I)


def escape_references(text: str) -> str:
    """Return a text so that Kubernetes leaves it as it is.

    It expands $(NAME) in values, commands and arguments, and reads $$ as $; ECS does neither.
    """
    return text.replace("$", "$$") if "$(" in text or "$$" in text else text


def convert_environment(container: TrackedInput, draft: Draft) -> Object:
    """Convert variables, secrets and files into env and envFrom of a container."""
    variables: dict[str, Object] = {}
    for entry in container.get_parts("environment"):
        name, value = entry.take("name", ""), entry.take("value", "")
        if names.ENV.fullmatch(name) is None:
            entry.warn("", f"{name!a} is no name for a variable here; left out.")
            continue
        variables[name] = {"name": name, "value": escape_references(value)}
        if SECRET_NAME.search(name) and value:
            entry.warn(
                "value", f"{name} looks like a secret, and stands in the manifest for all to read; "
                "a Secret is the place for it."
            )  # fmt: skip
    for entry in container.get_parts("secrets"):
        if (secret := _convert_secret(entry, container, draft)) is not None:
            variables[secret["name"]] = secret
    return {"env": list(variables.values()), "envFrom": convert_environment_files(container, draft)}


def _convert_secret(entry: TrackedInput, container: TrackedInput, draft: Draft) -> Object | None:
    name, source = entry.take("name", ""), entry.take("valueFrom", "")
    if names.ENV.fullmatch(name) is None:
        entry.warn("", f"{name!a} is no name for a variable here; left out.")
        return None
    key = name
    if draft.secrets.get(key, source) != source:
        # One Secret holds all of them, so two sources of one name need two keys.
        key = names.find_unused_name(f"{container.value['name']}.{name}", set(draft.secrets))
    draft.secrets[key] = source
    secret = f"{draft.name}-secrets"
    part = f" (its part {found[1]})" if (found := JSON_KEY.match(source)) else ""
    entry.warn(
        "valueFrom",
        f"Kubernetes does not read {source or 'it'}{part}; put the value into the key {key} of "
        f"a Secret {secret}: kubectl create secret generic {secret} --from-literal={key}=...",
    )
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


def convert_environment_files(container: TrackedInput, draft: Draft) -> list[Object]:
    """Convert files of variables in S3: the person makes a ConfigMap of each."""
    sources: list[Object] = []
    prefix = f"{draft.name}-{draft.containers[container.value['name']]}"
    for n, entry in enumerate(container.get_parts("environmentFiles"), 1):
        source, name = entry.take("value", ""), f"{prefix}-env-{n}"[:63].strip("-")
        entry.take("type")
        entry.warn(
            "value",
            f"get {source or 'it'} and make a ConfigMap of it: kubectl create configmap {name} "
            "--from-env-file=FILE",
        )
        sources.append({"configMapRef": {"name": name}})
    return sources
