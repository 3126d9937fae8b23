"""A course of its own for each test, with a lab that can be proven."""

from tests.lab_fakes import make_lab, root, state, workspace

__all__ = ["make_lab", "root", "state", "workspace"]
