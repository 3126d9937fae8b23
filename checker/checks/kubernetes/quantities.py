"""Amounts as Kubernetes writes them: `128Mi`, `128M`, `134217728`, `250m`, `1e3`."""

from __future__ import annotations

import re
from decimal import Decimal

QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:\d+\.?\d*|\.\d+))(?:[eE](?P<exponent>[+-]?\d+)|(?P<unit>[KMGTPE]i|[numkMGTPE])?)"
)
"""https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/"""

UNITS = {
    **{unit: Decimal(10) ** (3 * power) for power, unit in enumerate("num", start=-3)},
    **{unit: Decimal(10) ** (3 * power) for power, unit in enumerate("kMGTPE", start=1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", start=1)},
}
# The library `kubernetes` reads them as well, but importing it takes a check process half a second.


def parse_quantity(text: str | float | Decimal | None) -> Decimal | None:
    """Return an amount in its base unit, bytes or cores; None if it is no quantity.

    Args:
        text: As the API server or a manifest has it; YAML may have read a plain number.
    """
    match = QUANTITY.fullmatch(str(text))
    if match is None:
        return None
    exponent = Decimal(10) ** int(match["exponent"] or 0)
    return Decimal(match["number"]) * exponent * UNITS.get(match["unit"], Decimal(1))
