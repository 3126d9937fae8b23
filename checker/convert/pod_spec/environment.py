"""Environment, files of it, and secrets."""

from __future__ import annotations

import re

from checker.convert import names
from checker.convert.draft import Draft
from checker.convert.tracked_input import Given, Object

JSON_KEY = re.compile(r"arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:[^:]+:([^:]+):")


def literal(text: str) -> str:
    """A text that Kubernetes leaves as it is.

    It expands $(NAME) in values, commands and arguments, and reads $$ as $; ECS does neither.
    """
    return text.replace("$", "$$") if "$(" in text or "$$" in text else text


def environment(given: Given, draft: Draft) -> Object:
    """env and envFrom of a container."""
    made: dict[str, Object] = {}
    for entry in given.parts("environment"):
        name, value = entry.take("name", ""), entry.take("value", "")
        if names.ENV.fullmatch(name) is None:
            entry.warn("", f"{name!a} is no name for a variable here; left out.")
            continue
        made[name] = {"name": name, "value": literal(value)}
        if _looks_secret(name) and value:
            entry.warn(
                "value", f"{name} looks like a secret, and stands in the manifest for all to read; "
                "a Secret is the place for it."
            )  # fmt: skip
    for entry in given.parts("secrets"):
        if (secret := _secret(entry, given, draft)) is not None:
            made[secret["name"]] = secret
    return {"env": list(made.values()), "envFrom": _files(given, draft)}


def _looks_secret(name: str) -> bool:
    return re.search(r"PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY", name, re.I) is not None


def _secret(entry: Given, given: Given, draft: Draft) -> Object | None:
    name, source = entry.take("name", ""), entry.take("valueFrom", "")
    if names.ENV.fullmatch(name) is None:
        entry.warn("", f"{name!a} is no name for a variable here; left out.")
        return None
    key = name
    if draft.secrets.get(key, source) != source:
        key = names.unused(f"{given.value['name']}.{name}", set(draft.secrets))
    draft.secrets[key] = source
    secret = f"{draft.name}-secrets"
    part = f" (its part {found[1]})" if (found := JSON_KEY.match(source)) else ""
    entry.warn(
        "valueFrom",
        f"Kubernetes does not read {source or 'it'}{part}; put the value into the key {key} of "
        f"a Secret {secret}: kubectl create secret generic {secret} --from-literal={key}=...",
    )
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


def _files(given: Given, draft: Draft) -> list[Object]:
    """Files of variables in S3: a ConfigMap that the person makes of each."""
    made: list[Object] = []
    container = draft.containers[given.value["name"]]
    for n, entry in enumerate(given.parts("environmentFiles"), 1):
        source, name = entry.take("value", ""), f"{draft.name}-{container}-env-{n}"[:63].strip("-")
        entry.take("type")
        entry.warn(
            "value",
            f"get {source or 'it'} and make a ConfigMap of it: kubectl create configmap {name} "
            "--from-env-file=FILE",
        )
        made.append({"configMapRef": {"name": name}})
    return made
