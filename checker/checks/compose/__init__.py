"""Facts of a Compose file, read and run."""
