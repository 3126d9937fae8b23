"""What everything stands on: errors, paths and locks, programs, waiting, the console."""
