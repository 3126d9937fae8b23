"""The API of the cluster, as plain JSON: what `kubectl get --raw` would show.

Connection and credentials are those of the official client and a kubeconfig; its generated classes
are left out, since facts are compared with manifests, and those are plain as well.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until

CALL_SECONDS = 20.0
SERVING_SECONDS = 30.0
POLL_SECONDS = 0.2
Object = dict[str, Any]
Body = Object | None
Query = Mapping[str, object]


class ApiError(CouldNotFindOut):
    """The API server answered, but with a refusal.

    Its status is of HTTP: 404 not found, 403 forbidden, 409 conflict, 422 invalid.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__("The cluster refused a request.", found=f"{status}: {message}")
        self.status = status
        self.text = message


class Api:
    """One connection to a cluster; the kubeconfig names it and the user.

    Raises:
        CouldNotFindOut: There is no such file, or it is none.
    """

    def __init__(self, kubeconfig: Path) -> None:
        import yaml
        from kubernetes import client, config

        settings = client.Configuration()
        settings.proxy = None  # as kubectl, which asks no proxy for an address of this machine
        settings.retries = 1
        try:
            self._client: Any = config.new_client_from_config(  # type: ignore[no-untyped-call]
                str(kubeconfig), client_configuration=settings
            )
        except (config.ConfigException, OSError, TypeError, yaml.YAMLError) as error:
            raise CouldNotFindOut(
                "There is no cluster.",
                found=str(error),
                next_step="A page or lab of the Kubernetes track makes it, when it begins.",
            ) from error

    def close(self) -> None:
        self._client.rest_client.pool_manager.clear()

    def get(self, path: str, **query: object) -> Object:
        """Return an object, or a list of some, by its path: /api/v1/namespaces/default/pods."""
        return self._request_json("GET", path, query)

    def find(self, path: str) -> Object | None:
        """Return an object; None if it is missing."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def items(self, path: str, **query: object) -> list[Object]:
        """Return the objects of a list."""
        return list(self.get(path, **query).get("items") or [])

    def metadata(self, path: str) -> list[Object]:
        """Return the metadata of each object of a list, without the rest."""
        accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
        found = self._request_json("GET", path, {}, headers={"Accept": accept})
        return [item["metadata"] for item in found.get("items") or []]

    def delete(self, path: str, *, grace: int | None = None) -> None:
        """Delete an object, and in the background what belongs to it; gone already is fine.

        Its processes get `grace` seconds; the object's own if not given.
        """
        body: Object = {"propagationPolicy": "Background"}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        try:
            self._request_json("DELETE", path, {}, body)
        except ApiError as error:
            if error.status != 404:
                raise

    def create(self, path: str, body: Object, **query: object) -> Object:
        return self._request_json("POST", path, query, body)

    def put(self, path: str, body: Object) -> Object:
        return self._request_json("PUT", path, {}, body)

    def patch(self, path: str, body: Object, **query: object) -> Object:
        """Change an object by a merge patch (RFC 7386)."""
        kind = {"Content-Type": "application/merge-patch+json"}
        return self._request_json("PATCH", path, query, body, kind)

    def text(self, path: str, **query: object) -> str:
        """Return what an address says that is no JSON: logs, health."""
        return _read_text(self._request("GET", path, query))

    def follow(self, path: str, seconds: float, **query: object) -> Iterator[str]:
        """Yield the lines of a log, those to come as well; end with it or after `seconds`."""
        answer = self._request("GET", path, {**query, "follow": "true"}, seconds=seconds)
        deadline = time.monotonic() + seconds
        try:
            for line in _read_lines(answer.response):
                yield line.decode(errors="replace")
                if time.monotonic() >= deadline:
                    return
        finally:
            answer.response.close()

    def watch(self, path: str, seconds: float, **query: object) -> Iterator[Object]:
        """Yield the events of a list as they come, each with `type` and `object`, for `seconds`.

        Raises:
            ApiError: The version to begin at is gone (410), or the path is none.
        """
        query = {**query, "watch": "true", "timeoutSeconds": max(1, int(seconds))}
        answer = self._request("GET", path, query, seconds=seconds + CALL_SECONDS)
        try:
            for event in map(json.loads, _read_lines(answer.response)):
                if event["type"] == "ERROR":
                    status = event["object"]
                    raise ApiError(int(status.get("code", 0)), str(status.get("message", "")))
                yield event
        finally:
            answer.response.close()

    def exec(self, pod: str, container: str, command: list[str]) -> tuple[int, bytes]:
        """Run a command in a container, without a shell.

        Args:
            pod: The path of a Pod.
            container: Its name.
            command: A program and its arguments.

        Returns:
            Its status, and what it wrote to standard output and standard error. The status is 127
            if it could not be started: the output then says why.
        """
        from kubernetes.client.exceptions import ApiException
        from kubernetes.stream.ws_client import ERROR_CHANNEL, websocket_call

        settings = self._client.configuration
        query = [("container", container), ("stdout", "true"), ("stderr", "true")]
        query += [("command", word) for word in command]
        tokens = settings.auth_settings().values()
        try:
            session: Any = websocket_call(  # type: ignore[no-untyped-call]
                settings,
                "GET",
                f"{settings.host}{pod}/exec",
                query_params=query,
                headers={token["key"].lower(): token["value"] for token in tokens},
                binary=True,
                _preload_content=False,
            )
            session.run_forever(timeout=CALL_SECONDS)
            end = json.loads(session.read_channel(ERROR_CHANNEL) or b"{}")
            output = session.read_all()
        except (ApiException, OSError) as error:
            raise _explain_silence(error) from error
        if "status" not in end:
            raise CouldNotFindOut(f"{command[0]} does not end in a container of {pod}.")
        if end["status"] == "Success":
            return 0, output
        causes = (end.get("details") or {}).get("causes") or []
        codes = [each["message"] for each in causes if each.get("reason") == "ExitCode"]
        return (int(codes[0]), output) if codes else (127, str(end.get("message")).encode())

    def _request_json(
        self, method: str, path: str, query: Query, body: Body = None, headers: Query | None = None
    ) -> Object:
        text = _read_text(self._request(method, path, query, body, headers))
        try:
            return dict(json.loads(text))
        except (TypeError, ValueError) as error:
            message = "The cluster does not answer as Kubernetes does."
            raise CouldNotFindOut(message, found=text[:300]) from error

    def _request(
        self,
        method: str,
        path: str,
        query: Query,
        body: Body = None,
        headers: Query | None = None,
        seconds: float | None = None,
    ) -> Any:
        """Send a request, again if the API server has just started, and refuse its refusals."""
        host = self._client.configuration.host
        address = f"{host}{path}?{urlencode(query)}" if query else f"{host}{path}"
        sent: Object = {"Content-Type": "application/json"} if body is not None else {}
        sent |= headers or {}
        for token in self._client.configuration.auth_settings().values():
            sent[token["key"]] = token["value"]

        def is_serving() -> bool:
            return bool(self._call("GET", f"{host}/readyz", {}, None, None).status == 200)

        answer = self._call(method, address, sent, body, seconds)
        if _is_unknown_user(answer) and wait_until(is_serving, SERVING_SECONDS, POLL_SECONDS):
            answer = self._call(method, address, sent, body, seconds)
        if answer.status >= 400:
            raise ApiError(answer.status, _read_message(answer.response.data))
        return answer

    def _call(
        self, method: str, address: str, headers: Object, body: Object | None, seconds: float | None
    ) -> Any:
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        try:
            return self._client.call_api(
                method, address, headers, body, _request_timeout=seconds or CALL_SECONDS
            )
        except (ApiException, HTTPError, OSError) as error:
            raise _explain_silence(error) from error


def _is_unknown_user(answer: Any) -> bool:
    """Tell whether an API server has just started: it refuses even its administrator then.

    It listens before it has read who may do what; /readyz tells when it has (kubernetes.io, API
    health endpoints). Refusals of admission, such as a quota's, are worded otherwise.
    """
    return answer.status == 403 and 'User "' in _read_message(answer.response.data)


def _read_text(answer: Any) -> str:
    from urllib3.exceptions import HTTPError

    try:
        return str(answer.response.data.decode(errors="replace"))
    except HTTPError as error:
        raise _explain_silence(error) from error


def _read_lines(response: Any) -> Iterator[bytes]:
    """Yield lines as they come; silence for too long, or an end of the connection, ends them."""
    from urllib3.exceptions import HTTPError

    rest = b""
    with contextlib.suppress(HTTPError):
        for piece in response.stream(amt=None, decode_content=True):
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines


def _read_message(data: bytes) -> str:
    """Return the message of a Status object; other answers as they are."""
    try:
        return str(json.loads(data)["message"])
    except (ValueError, KeyError, TypeError):
        return data.decode(errors="replace")[:300]


def _explain_silence(error: Exception) -> CouldNotFindOut:
    return CouldNotFindOut(
        "The cluster does not answer.",
        found=str(error).split("\n")[0][:300],
        next_step="Is its control plane stopped? ./course status says so, "
        "and ./course reset LAB repairs it.",
    )
