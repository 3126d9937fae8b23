"""Target groups, their health checks, and the way of a request to a task."""
