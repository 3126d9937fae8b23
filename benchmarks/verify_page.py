"""What proving a page costs beside its commands: verify against the same commands in one script.

    PYTHONPATH=. .venv/bin/python benchmarks/verify_page.py docs/docker/share-an-image.md [--runs 3]

The script is what an author would write by hand: the page's setup, files and commands in their
order, in one bash, captures kept in variables, the output going to a file. Blocks with `until` are
tried again until they succeed, as in verify. A page with Python or tty blocks cannot be such a
script. Runs alternate, so that a busy moment of the machine meets both. The target is 1.1.
"""

from __future__ import annotations

import argparse
import shlex
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

from checker.base.run import Run
from checker.orchestrators.registry import shell_environment
from checker.pages.comparing.match import CAPTURE, REUSE, split_lines
from checker.pages.parsing.blocks import Block
from checker.pages.parsing.fences import Page, parse_page
from checker.pages.parsing.transcript import Statement
from checker.pages.verify import verify_page
from checker.sandbox.recorder import Recorder

TARGET = 1.1
SCRIPT_SECONDS = 600
PREAMBLE = """
again() {
  local end=$((SECONDS + $1)); shift
  until "$@"; do ((SECONDS < end)) || break; sleep 0.1; done
}
"""


def script(page: Page) -> str:
    """Return the page's commands as one bash script."""
    parts = [PREAMBLE, *page.front_matter.setup, *(_block(block) for block in page.blocks)]
    return "\n".join([*parts, *page.front_matter.cleanup]) + "\n"


def _block(block: Block) -> str:
    if block.kind == "file":
        name = shlex.quote(block.title)
        text = f"{block.content}\nEND-OF-FILE"
        return f"mkdir -p $(dirname {name}); cat > {name} <<'END-OF-FILE'\n{text}"
    if block.kind != "console":
        return ""
    commands = "\n".join(_command(statement) for statement in block.statements)
    if not block.until:
        return commands
    return f"tried() {{\n{commands}\n}}\nagain {block.until:.0f} tried"


def _command(statement: Statement) -> str:
    """Return a command; where its whole output is captured, the variable keeps it."""
    text = REUSE.sub(
        lambda name: f"${{captured_{name[1].replace('-', '_')}:-{name[0]}}}", statement.text
    )
    wanted = split_lines("\n".join(statement.expected))
    capture = CAPTURE.fullmatch(wanted[0]) if len(wanted) == 1 else None
    return f"captured_{capture['name'].replace('-', '_')}=$({text})" if capture else text


def run_script(text: str) -> float:
    """Seconds that the script takes; what it makes is removed, but not counted."""
    with Recorder(Run("benchmark-script")) as made, tempfile.TemporaryDirectory() as folder:
        started = time.monotonic()
        with (Path(folder) / "output").open("w") as output:
            subprocess.run(
                ["bash", "-c", text],
                cwd=folder,
                env=shell_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                timeout=SCRIPT_SECONDS,
                check=False,
            )
        seconds = time.monotonic() - started
        made.remove()
    return seconds


def run_verify(path: Path) -> float:
    """Seconds that verify takes: images looked up, recording and removal included."""
    started = time.monotonic()
    result = verify_page(path)
    if result.verdict != "passed":
        failures = [block.failure for block in result.blocks if block.failure]
        raise SystemExit(f"{path} must pass to be measured: {failures}")
    return time.monotonic() - started


def main() -> None:
    """Measure and print; ends with 1 where the target is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    chosen = parser.parse_args()
    page = parse_page(chosen.page)
    if any("tty" in block.attributes or block.kind == "python" for block in page.blocks):
        raise SystemExit(f"{page.path} has blocks that a script cannot hold.")
    text = script(page)
    run_verify(page.path)
    pairs = [(run_script(text), run_verify(page.path)) for _ in range(chosen.runs)]
    for script_seconds, verify_seconds in pairs:
        print(f"script {script_seconds:6.2f} s   verify {verify_seconds:6.2f} s")
    scripts, verifies = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = verifies / scripts
    print(
        f"median {scripts:6.2f} s          {verifies:6.2f} s   ratio {ratio:.3f} (target {TARGET})"
    )
    raise SystemExit(ratio > TARGET)


if __name__ == "__main__":
    main()
