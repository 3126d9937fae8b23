"""What a file says that the cluster should have, as the API server would read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from checker.checks.core.content import Content
from checker.checks.core.failure import CheckFailed, add_article, describe_value, join_names
from checker.checks.kubernetes.objects import Kind, KubernetesObject
from checker.checks.kubernetes.pods import make_own_name
from checker.orchestrators.kind.kube_api import Api, ApiError, Object

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
"""`kubectl rollout restart` leaves it in the template: it says when, and not what."""

REFUSALS = (400, 415, 422)
"""What the API server answers to an object that is none, or that has wrong fields."""


def read_documents(file: Content) -> list[Object]:
    """Return the objects of a file: YAML with one or several documents, JSON, or a List of some.

    Raises:
        CheckFailed: It is neither.
    """
    import yaml

    text = file.text
    try:
        # A tab is blank space in JSON, but not in YAML.
        found = [json.loads(text)] if text.lstrip().startswith("{") else None
    except json.JSONDecodeError:
        found = None
    try:
        found = list(yaml.safe_load_all(text)) if found is None else found
    except yaml.YAMLError as error:
        where = " ".join(str(error).split())
        step = f"Mind how deep each line is, and the line --- between two documents in {file.what}."
        raise CheckFailed(f"YAML in {file.what}", describe_value(where), step) from None
    return list(_flatten(found))


def find_document(file: Content, kind: Kind, name: str, namespace: str) -> Object:
    """Return the object of that kind and name; of two, the last, since it is applied last.

    Raises:
        CheckFailed: There is none, or it belongs to another namespace.
    """
    documents = read_documents(file)
    expected = f"{add_article(kind.name)} {name} in {file.what}"
    found = [each for each in documents if _identify(each)[:2] == (kind.name, name)]
    if not found:
        others = join_names(" ".join(_identify(each)[:2]) for each in documents)
        raise CheckFailed(expected, others, f"Write it into {file.what}: kind, metadata and spec.")
    given = _identify(found[-1])[2]
    if given not in ("", namespace):
        step = f"Its `metadata` should say `namespace: {namespace}`."
        raise CheckFailed(f"{expected}, for the namespace {namespace}", f"for {given}", step)
    return found[-1]


def complete_document(api: Api, file: Content, kind: Kind, document: Object) -> Object:
    """Return what the cluster would make of an object if it were new; nothing is made.

    Raises:
        CheckFailed: The cluster refuses it.
    """
    # Under its own name, it would be refused for being there already.
    name = document["metadata"]["name"]
    trial = {"name": make_own_name()}
    namespace = document["metadata"]["namespace"]
    body = {**document, "metadata": {**document["metadata"], **trial}}
    options = {"dryRun": "All", "fieldValidation": "Strict"}
    try:
        found = api.create(kind.list_path(namespace), body, **options)
    except ApiError as error:
        if error.status not in REFUSALS:
            raise
        said = describe_value(error.text.replace(trial["name"], name))
        step = f"See what it misses: kubectl apply --dry-run=server -f {file.what}"
        raise CheckFailed(f"{add_article(kind.name)} {name} in {file.what}", said, step) from None
    return {**found, "metadata": {**found["metadata"], "name": name}}


def expect_same_spec(
    found: KubernetesObject, written: KubernetesObject, where: str, next_step: str
) -> None:
    """Expect that an object of the cluster wants what a file says, no less and no more.

    Args:
        found: The object of the cluster.
        written: That of the file, completed by the API server.
        where: The file, for messages.
        next_step: What a learner is told if they differ.
    """
    for path, here, there in _list_differences(_tidy(found.spec), _tidy(written.spec)):
        raise CheckFailed(
            f"{found.display_name} as {where} says it, with {path}: {describe_value(there)}",
            f"{describe_value(here)} in the cluster",
            next_step
            or f"kubectl diff -f {where} shows each difference, kubectl apply -f {where} ends it.",
        )


def _flatten(found: Any) -> Iterator[Object]:
    """Yield the objects, those of Lists one by one; what is no object is left out."""
    for each in found:
        if isinstance(each, dict) and str(each.get("kind", "")).endswith("List"):
            yield from _flatten(each.get("items") or [])
        elif isinstance(each, dict):
            yield each


def _identify(document: Object) -> tuple[str, str, str]:
    """Return kind, name and namespace, as far as they are there."""
    metadata = document.get("metadata")
    known = metadata if isinstance(metadata, dict) else {}
    names = (known.get(each) or "" for each in ("name", "namespace"))
    name, namespace = map(str, names)
    return str(document.get("kind", "")), name, namespace


def _tidy(spec: Object) -> Object:
    """Return a spec without what says nothing about what is wanted."""
    template = spec.get("template")
    if not isinstance(template, dict):
        return spec
    metadata = {**(template.get("metadata") or {})}
    metadata.pop("creationTimestamp", None)
    annotations = {**(metadata.pop("annotations", None) or {})}
    annotations.pop(RESTARTED_AT, None)
    metadata |= {"annotations": annotations} if annotations else {}
    return {**spec, "template": {**template, "metadata": metadata}}


def _list_differences(here: Any, there: Any, path: str = "spec") -> Iterator[tuple[str, Any, Any]]:
    """Yield path, what is here and what is there, for each value that differs."""
    if isinstance(here, dict) and isinstance(there, dict):
        for key in sorted(here.keys() | there.keys()):
            yield from _list_differences(here.get(key), there.get(key), f"{path}.{key}")
    elif isinstance(here, list) and isinstance(there, list) and len(here) == len(there):
        for number, pair in enumerate(zip(here, there, strict=True)):
            yield from _list_differences(*pair, f"{path}[{number}]")
    elif here != there:
        missing = "nothing"
        yield path, missing if here is None else here, missing if there is None else there
