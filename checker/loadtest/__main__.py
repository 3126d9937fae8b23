"""The process of a probe: a plan comes in on standard input, lines of JSON go out.

`began`, then `counts` several times a second, at last `samples`. It ends early, with what it has,
when standard input is closed; so it never outlives whoever started it.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
import time
from dataclasses import asdict
from typing import Any

from checker.loadtest.load import Counts, Load
from checker.loadtest.plan import Plan, raise_file_limit
from checker.loadtest.result import pack


def main() -> None:
    """Run the plan of the first line."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    plan = Plan(**json.loads(_line(0)))
    raise_file_limit()
    gc.disable()
    before = time.process_time()
    _tell({"began": time.time()})
    load = Load(plan, _counts, stop_on=0)
    samples = load.run()
    used = time.process_time() - before
    _counts(load.counts)
    _tell({"samples": pack(samples), "cpu_seconds": used, "complete": len(samples) == plan.count})


def _line(descriptor: int) -> bytes:
    """Read by hand: a buffered reader could take the end of the input before it is waited for."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(descriptor, 4096)
        if not piece:
            sys.exit("no plan came in")
        line += piece
    return line


def _counts(counts: Counts) -> None:
    _tell({"counts": asdict(counts)})


def _tell(message: dict[str, Any]) -> None:
    try:
        print(json.dumps(message), flush=True)
    except BrokenPipeError:
        os._exit(1)


if __name__ == "__main__":
    main()
