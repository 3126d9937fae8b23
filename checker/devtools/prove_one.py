"""One proof in a process of its own, for whoever runs it in a lane: its result goes into a file."""

from __future__ import annotations

import sys
from pathlib import Path

from checker.devtools.proof_file import write_result
from checker.devtools.prove import prove_lab_surely, prove_page_surely
from checker.labs.lab import load_lab
from checker.labs.prove import LabResult
from checker.pages.parsing.fences import parse_page
from checker.pages.reporting.results import PageResult


def main() -> None:
    """Prove `page PATH` or `lab ID`, and write the result to FILE; `accept` may follow."""
    kind, target, file, *accept = sys.argv[1:]
    if kind == "page":
        result: PageResult | LabResult = prove_page_surely(parse_page(Path(target)), bool(accept))
    else:
        result = prove_lab_surely(load_lab(target))
    write_result(Path(file), result)


if __name__ == "__main__":
    main()
