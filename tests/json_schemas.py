"""What commands print for programs is as its published schema says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

FOLDER = Path(__file__).parents[1] / "docs/reference/schemas"


def validate(name: str, printed: Any) -> None:
    """Fail if an object is not as the schema of this name says: check, verify, grade or status."""
    schema = json.loads((FOLDER / f"{name}.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    checker = Draft202012Validator.FORMAT_CHECKER
    Draft202012Validator(schema, format_checker=checker).validate(printed)
