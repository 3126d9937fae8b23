"""What came of a page: results, and their forms for people and programs."""
