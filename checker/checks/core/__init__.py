"""What all facts share: how a check fails, waiting, comparing, the tie to a task."""
