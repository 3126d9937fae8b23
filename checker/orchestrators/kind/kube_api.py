"""The API of the cluster, as plain JSON: what `kubectl get --raw` would show.

Connection and credentials are those of the official client and a kubeconfig; its generated classes
are left out, since facts are compared with manifests, and those are plain as well.
"""

from __future__ import annotations

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


class ApiError(CouldNotFindOut):
    """The API server answered, but with a refusal.

    Args:
        status: Of HTTP: 404 not found, 403 forbidden, 409 conflict, 422 invalid.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__("The cluster refused a request.", found=f"{status}: {message}")
        self.status = status
        self.text = message


class Api:
    """One connection to a cluster.

    Args:
        kubeconfig: Names the cluster and the user.

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
        """An object, or a list of some, by its path: /api/v1/namespaces/default/pods."""
        return self._json("GET", path, query)

    def find(self, path: str) -> Object | None:
        """An object; None if there is none."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def items(self, path: str, **query: object) -> list[Object]:
        """The objects of a list."""
        return list(self.get(path, **query).get("items") or [])

    def metadata(self, path: str) -> list[Object]:
        """The metadata of each object of a list, without the rest."""
        accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
        found = self._json("GET", path, {}, headers={"Accept": accept})
        return [item["metadata"] for item in found.get("items") or []]

    def delete(self, path: str, *, grace: int | None = None) -> None:
        """Delete an object, and in the background what belongs to it; gone already is fine.

        Args:
            grace: Seconds that its processes get; the object's own if not given.
        """
        body: Object = {"propagationPolicy": "Background"}
        if grace is not None:
            body["gracePeriodSeconds"] = grace
        try:
            self._json("DELETE", path, {}, body)
        except ApiError as error:
            if error.status != 404:
                raise

    def create(self, path: str, body: Object, **query: object) -> Object:
        return self._json("POST", path, query, body)

    def put(self, path: str, body: Object) -> Object:
        return self._json("PUT", path, {}, body)

    def patch(self, path: str, body: Object, **query: object) -> Object:
        """A merge patch (RFC 7386)."""
        kind = {"Content-Type": "application/merge-patch+json"}
        return self._json("PATCH", path, query, body, kind)

    def text(self, path: str, **query: object) -> str:
        """What an address says that is no JSON: logs, health."""
        return self._ask("GET", path, query)

    def follow(self, path: str, seconds: float, **query: object) -> Iterator[str]:
        """The lines of a log, those to come as well; ends with the log or after `seconds`."""
        answer = self._send("GET", path, {**query, "follow": "true"}, None, {}, seconds)
        deadline = time.monotonic() + seconds
        try:
            for line in _lines(answer.response):
                yield line.decode(errors="replace")
                if time.monotonic() >= deadline:
                    return
        finally:
            answer.response.close()

    def watch(self, path: str, seconds: float, **query: object) -> Iterator[Object]:
        """The events of a list as they come, each with `type` and `object`; ends after `seconds`.

        Raises:
            ApiError: The version to begin at is gone (410), or the path is none.
        """
        query = {**query, "watch": "true", "timeoutSeconds": max(1, int(seconds))}
        answer = self._send("GET", path, query, None, {}, seconds + CALL_SECONDS)
        try:
            for event in map(json.loads, _lines(answer.response)):
                if event["type"] == "ERROR":
                    status = event["object"]
                    raise ApiError(int(status.get("code", 0)), str(status.get("message", "")))
                yield event
        finally:
            answer.response.close()

    def _json(
        self,
        method: str,
        path: str,
        query: Mapping[str, object],
        body: Object | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Object:
        answer = self._ask(method, path, query, body, headers)
        try:
            return dict(json.loads(answer))
        except (TypeError, ValueError) as error:
            raise CouldNotFindOut(
                "The cluster does not answer as Kubernetes does.", found=answer[:300]
            ) from error

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, object],
        body: Object | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> str:
        from urllib3.exceptions import HTTPError

        answer = self._send(method, path, query, body, headers or {}, CALL_SECONDS)
        try:
            return str(answer.response.data.decode(errors="replace"))
        except HTTPError as error:
            raise _away(error) from error

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, object],
        body: Object | None,
        headers: Mapping[str, str],
        seconds: float,
    ) -> Any:
        address = f"{self._client.configuration.host}{path}"
        if query:
            address += f"?{urlencode(query)}"
        sent = {"Content-Type": "application/json", **headers} if body is not None else {**headers}
        for token in self._client.configuration.auth_settings().values():
            sent[token["key"]] = token["value"]
        answer = self._call(method, address, sent, body, seconds)
        if _is_unknown_user(answer) and wait_until(self._serves, SERVING_SECONDS, POLL_SECONDS):
            answer = self._call(method, address, sent, body, seconds)
        if answer.status >= 400:
            raise ApiError(answer.status, _message(answer.response.data))
        return answer

    def _serves(self) -> bool:
        address = f"{self._client.configuration.host}/readyz"
        return bool(self._call("GET", address, {}, None, CALL_SECONDS).status == 200)

    def _call(
        self, method: str, address: str, headers: Object, body: Object | None, seconds: float
    ) -> Any:
        from kubernetes.client.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        try:
            return self._client.call_api(method, address, headers, body, _request_timeout=seconds)
        except (ApiException, HTTPError, OSError) as error:
            raise _away(error) from error


def _is_unknown_user(answer: Any) -> bool:
    """An API server that has just started refuses even its administrator.

    It listens before it has read who may do what; /readyz tells when it has (kubernetes.io, API
    health endpoints). Refusals of admission, such as a quota's, are worded otherwise.
    """
    return answer.status == 403 and 'User "' in _message(answer.response.data)


def _lines(response: Any) -> Iterator[bytes]:
    """Lines as they come; silence for too long, or an end of the connection, ends them."""
    from urllib3.exceptions import HTTPError

    rest = b""
    try:
        for piece in response.stream(amt=None, decode_content=True):
            *lines, rest = (rest + piece).split(b"\n")
            yield from lines
    except HTTPError:
        return


def _away(error: Exception) -> CouldNotFindOut:
    return CouldNotFindOut(
        "The cluster does not answer.",
        found=str(error).split("\n")[0][:300],
        next_step="Is its control plane stopped? ./course status tells; ./course reset LAB mends.",
    )


def _message(data: bytes) -> str:
    """What a Status object says; other answers as they are."""
    try:
        return str(json.loads(data)["message"])
    except (ValueError, KeyError, TypeError):
        return data.decode(errors="replace")[:300]
