"""A machine of its own for each test of this room, with programs and an engine that are faked."""

from tests.engine_fakes import client, machine, programs, serve

__all__ = ["client", "machine", "programs", "serve"]
