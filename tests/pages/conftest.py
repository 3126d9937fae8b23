"""Hypothesis without its time limit for one example, since a busy machine is no fault."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("course", deadline=None)
settings.load_profile("course")
