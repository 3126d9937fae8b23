"""What was expected against what was printed."""
