"""Measured rollouts: what happened when, kept as data and drawn."""
