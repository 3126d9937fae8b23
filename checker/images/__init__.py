"""The images that the course runs: which, where from, and how to make them without a registry."""
