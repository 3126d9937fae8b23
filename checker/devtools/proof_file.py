"""The result of a proof as a file, between the process that proves and the one that reports."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from checker.base import paths
from checker.base.verdict import Verdict
from checker.labs.prove import LabResult, ProofResult
from checker.pages.reporting.results import BlockResult, Failure, PageResult


def write_result(file: Path, result: PageResult | LabResult) -> None:
    """Write the whole result of a page or a lab."""
    paths.write_atomically(file, json.dumps(asdict(result), default=str))


def read_result(file: Path) -> PageResult | LabResult:
    """Return what `write_result` wrote.

    Raises:
        OSError: There is no such file.
    """
    read = json.loads(file.read_text())
    if "blocks" in read:
        blocks = tuple(map(_read_block, read["blocks"]))
        return PageResult(**{**read, "path": Path(read["path"]), "blocks": blocks})
    proofs = {name: _read_proof(read[name]) for name in ("starter", "solution")}
    answers = {
        folder: {name: _read_proof(each) for name, each in read[folder].items()}
        for folder in ("right", "wrong")
    }
    return LabResult(**{**read, **proofs, **answers})


def _read_block(read: dict[str, Any]) -> BlockResult:
    failure = read["failure"]
    if failure:
        failure = Failure(**{**failure, "difference": tuple(failure["difference"])})
    return BlockResult(**{**read, "verdict": Verdict(read["verdict"]), "failure": failure})


def _read_proof(read: dict[str, Any]) -> ProofResult:
    return ProofResult(Verdict(read["verdict"]), read["message"])
