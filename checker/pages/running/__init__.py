"""Blocks, run in the sessions of their page."""
