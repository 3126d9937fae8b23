"""The machine: what it has, what troubles it, and how it is left clean."""

from checker.machine.status import show_status
from checker.machine.troubles import doctor

__all__ = ["doctor", "show_status"]
