"""Application Auto Scaling, which MiniStack does not have."""
