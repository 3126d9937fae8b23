"""Formats that several rooms read or write."""
