"""The Docker Engine's own orchestrator, switched on and off."""
