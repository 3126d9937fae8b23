"""Facts of ECS: clusters, task definitions, services, tasks."""
