"""Facts of a Swarm: its services and their tasks."""
