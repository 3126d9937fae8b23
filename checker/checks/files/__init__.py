"""Facts of the learner's files."""
