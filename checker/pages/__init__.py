"""Pages: parsed, run in one shell session, matched against what they promise, reported."""
