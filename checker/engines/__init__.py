"""Engines: the only code that starts or talks to what runs containers."""
