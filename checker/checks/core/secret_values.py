"""Where a secret stands in a text: as it is, or written in another way that anybody can undo."""

from __future__ import annotations

import base64
import math
import re
from urllib.parse import unquote, unquote_plus

SHORTEST_CORE = 6
"""Characters of base64; fewer would be found by accident."""


def describe_encoding(secret: str, text: str) -> str:
    """Return how a secret stands in a text: "as it is", "in base64", ...; empty if it does not.

    Args:
        secret: The value itself, such as a password; an empty one stands nowhere.
        text: Where it is looked for. Base64 may be of a longer text, and broken into lines.
    """
    if not secret:
        return ""
    # Compose writes a dollar twice where it stands for itself
    if secret in text or secret in text.replace("$$", "$"):
        return "as it is"
    for undo in (unquote, unquote_plus):
        once = undo(text)
        if secret in once or secret in undo(once):
            return "URL-encoded"
    flat = re.sub(r"[\s\"'\\]+", "", text)
    if any(core in flat for core in list_base64_cores(secret)):
        return "in base64"
    if secret.encode().hex() in flat.casefold():
        return "in hexadecimal digits"
    return ""


def list_base64_cores(secret: str) -> list[str]:
    """Return what base64 makes of a secret, wherever in a longer text it begins.

    Three bytes become four characters, so that there are three ways to be cut; characters that
    depend on the neighbours of the secret are left out.
    """
    data = secret.encode()
    cores = set()
    for before in range(3):
        first, last = math.ceil(before * 8 / 6), (before + len(data)) * 8 // 6
        for encode in (base64.standard_b64encode, base64.urlsafe_b64encode):
            cores.add(encode(bytes(before) + data + bytes(3)).decode()[first:last])
    return sorted(core for core in cores if len(core) >= SHORTEST_CORE)
