"""Many submissions, each judged from a clean state, put into reports."""
