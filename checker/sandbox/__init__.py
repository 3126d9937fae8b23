"""One run: the engines that it needs, what it makes in them, and how that is removed."""
