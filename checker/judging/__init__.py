"""The process in which checks run: what it is asked, what it answers."""
