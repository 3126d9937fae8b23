"""Lanes: engines of their own, in namespaces of their own, so that proofs can run side by side."""
