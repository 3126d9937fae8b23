"""The vocabulary of lab authors: facts about the real system, each with its expectations.

A checks.py says `from checker.checks import task` and asks for the fixtures it needs: `compose`,
`docker`, `kube`, `ecs`, `swarm`, `http`, `probe`, `workspace`. docs/contributing/write-a-check.md
lists what they know.
"""

from checker.checks.core.failure import CheckFailed
from checker.checks.core.task import task

__all__ = ["CheckFailed", "task"]
