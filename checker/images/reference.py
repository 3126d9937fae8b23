"""Names of images: short for people, whole for the programs that pull them."""

from __future__ import annotations


def expand_reference(reference: str) -> str:
    """Return the name by which containerd and the kubelet call an image.

    Args:
        reference: As Docker takes it: registry, `library/` and tag may be left out.
    """
    name, _, tag = reference.rpartition(":") if ":" in reference.rpartition("/")[2] else (
        reference, "", "latest"
    )  # fmt: skip
    first = name.partition("/")[0]
    if "/" not in name:
        name = f"docker.io/library/{name}"
    elif not ("." in first or ":" in first or first == "localhost"):
        name = f"docker.io/{name}"
    return f"{name}:{tag}"
