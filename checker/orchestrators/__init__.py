"""What runs containers on a page or in a lab: kind, ECS and Swarm, a folder each."""
