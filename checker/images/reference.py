"""Names of images: short for people, whole for the programs that pull them."""

from __future__ import annotations


def expand_reference(reference: str) -> str:
    """Return the name by which containerd and the kubelet call an image.

    Args:
        reference: As Docker takes it: registry, `library/` and tag may be left out, and a digest
            may follow, with or without a tag.
    """
    rest, at, digest = reference.partition("@")
    name, _, tag = rest.rpartition(":") if ":" in rest.rpartition("/")[2] else (
        rest, "", "" if digest else "latest"
    )  # fmt: skip
    first = name.partition("/")[0]
    if first in ("index.docker.io", "registry-1.docker.io") and "/" in name:
        name = f"docker.io/{name.partition('/')[2]}"
        first = "docker.io"
    if "/" not in name:
        name = f"docker.io/library/{name}"
    elif name.count("/") == 1 and first == "docker.io":
        name = f"docker.io/library/{name.partition('/')[2]}"
    elif not ("." in first or ":" in first or first == "localhost"):
        name = f"docker.io/{name}"
    return f"{name}{f':{tag}' if tag else ''}{at}{digest}"


def is_same_image(expected: str, found: str) -> bool:
    """Say whether a reference names the image that is expected.

    A digest that stands behind the tag pins what the tag names, so that it may be there as well.

    Args:
        expected: A reference by tag, or by digest.
        found: What somebody wrote: `postgres:17`, `docker.io/library/postgres:17` and
            `postgres:17@sha256:...` are one image.
    """
    wanted, _, digest = expand_reference(expected).partition("@")
    given, _, pinned = expand_reference(found).partition("@")
    if digest:
        return pinned == digest and _drop_tag(given) == _drop_tag(wanted)
    return given == wanted


def _drop_tag(name: str) -> str:
    folder, slash, last = name.rpartition("/")
    return f"{folder}{slash}{last.partition(':')[0]}"
