"""An amount is one amount, however Kubernetes lets people write it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from checker.checks.kubernetes.quantities import parse_quantity


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("128Mi", 134_217_728),
        ("134217728", 134_217_728),
        (134_217_728, 134_217_728),
        ("128M", 128_000_000),
        ("128e6", 128_000_000),
        ("0.125Gi", 134_217_728),
        ("131072Ki", 134_217_728),
        ("134217728000m", 134_217_728),
        ("250m", Decimal("0.25")),
        (0.5, Decimal("0.5")),
        ("1", 1),
        (".5", Decimal("0.5")),
        ("5.", 5),
    ],
)
def test_every_form_of_an_amount_is_read(text: str, amount: Decimal) -> None:
    assert parse_quantity(text) == amount


@pytest.mark.parametrize("text", ["", "a lot", "128MB", "128 Mi", "1e3Mi", None, "--1"])
def test_what_is_no_amount_is_none(text: str | None) -> None:
    assert parse_quantity(text) is None
