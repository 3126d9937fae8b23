"""What authors of the course use: proofs, tests, scaffolds."""
