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
from checker.loadtest.result import pack_samples


def main() -> None:
    """Run the plan of the first line."""
    # Ctrl-C reaches the whole group; whoever started this ends it by closing its input
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    plan = Plan(**json.loads(read_line(0)))
    raise_file_limit()
    gc.disable()  # a collection would delay what is due meanwhile
    before = time.process_time()
    send_message({"began": time.time()})
    load = Load(plan, send_counts, stop_on=0)
    samples = load.run()
    used = time.process_time() - before
    send_counts(load.counts)
    complete = len(samples) == plan.count
    send_message({"samples": pack_samples(samples), "cpu_seconds": used, "complete": complete})


def read_line(descriptor: int) -> bytes:
    """Read the plan by hand: a buffered reader could take the end of the input before its time."""
    line = b""
    while not line.endswith(b"\n"):
        piece = os.read(descriptor, 4096)
        if not piece:
            sys.exit("no plan came in")
        line += piece
    return line


def send_counts(counts: Counts) -> None:
    """Send what is known so far."""
    send_message({"counts": asdict(counts)})


def send_message(message: dict[str, Any]) -> None:
    """Send a line of JSON; without a reader there is nothing left to do."""
    try:
        print(json.dumps(message), flush=True)
    except BrokenPipeError:
        os._exit(1)


if __name__ == "__main__":
    main()
