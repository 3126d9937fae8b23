"""What becomes of a task definition inside a Pod."""
