"""Facts of what answers over HTTP, once or under load; `http.get` and `http.post` in a check."""

from checker.checks.http.requests import get, post, request

__all__ = ["get", "post", "request"]
