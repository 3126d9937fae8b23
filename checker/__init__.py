"""The checker: proves pages and labs of the course on real engines."""

__version__ = "0.1.0"
