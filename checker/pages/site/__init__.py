"""The same blocks, as the site shows them."""
