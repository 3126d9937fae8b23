"""Exactly what was recorded is removed; what was somebody's before is given back."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from docker.errors import APIError

from checker.base.errors import CouldNotFindOut
from checker.docker import removal
from checker.docker.journal import Entry
from checker.docker.removal import remove_entries
from tests.engine_fakes import Client


def test_containers_go_before_what_they_use(client: Client) -> None:
    client.things = {"container": {"c"}, "network": {"n"}, "volume": {"v"}}
    client.tags = {"app:1": "sha256:a"}
    recorded = [Entry("tag", "app:1"), Entry("volume", "v"), Entry("network", "n")]
    assert remove_entries(client, [*recorded, Entry("container", "c")]) == {}
    assert client.removed == ["c", "n", "v", "app:1"]


def test_services_go_first_with_their_containers(client: Client) -> None:
    client.things.update(service={"s"}, container={"t1", "t2", "c"}, secret={"x"}, config={"y"})
    client.tasks = {"s": {"t1", "t2"}}
    recorded = [Entry(kind, name) for kind, name in (("config", "y"), ("secret", "x"))]
    recorded += [Entry("container", name) for name in ("t1", "c")]
    assert remove_entries(client, [*recorded, Entry("service", "s")]) == {}
    assert client.removed == ["s", "t1", "t2", "c", "x", "y"]


def test_containers_of_a_service_that_do_not_go_are_left_to_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "GONE_SECONDS", 0.2)
    client.things.update(service={"s"}, container={"t1"})
    client.tasks, client.refuses = {"s": {"t1"}}, {"t1"}
    assert remove_entries(client, [Entry("service", "s")]) == {}
    assert client.removed == ["s"]


def test_network_is_waited_for_until_it_is_gone(client: Client) -> None:
    client.things["network"], client.lingers = {"n"}, 3
    assert remove_entries(client, [Entry("network", "n")]) == {}
    assert (client.removed, client.lingers) == (["n"], 0)


@pytest.mark.parametrize("kind", ["service", "secret", "config"])
def test_what_went_with_its_swarm_is_gone(client: Client, kind: str) -> None:
    response = SimpleNamespace(status_code=503, reason="", url="")
    client.fails = APIError("This node is not a swarm manager.", response)  # type: ignore[arg-type]
    assert remove_entries(client, [Entry(kind, "x")]) == {}


def test_what_is_gone_already_is_fine(client: Client) -> None:
    gone = [Entry(kind, "x") for kind in ("container", "network", "volume", "tag", "image")]
    assert remove_entries(client, gone) == {}


def test_refusal_is_reported_and_the_rest_removed(client: Client) -> None:
    client.things["network"] = {"n"}
    client.things["volume"] = {"v"}
    client.refuses = {"n"}
    refused = remove_entries(client, [Entry("network", "n"), Entry("volume", "v")])
    assert refused == {Entry("network", "n"): "network n: it is in use"}
    assert client.removed == ["v"]


def test_name_goes_back_to_the_image_that_bore_it(client: Client) -> None:
    client.tags = {"app:1": "sha256:new", "old:1": "sha256:old"}
    assert remove_entries(client, [Entry("tag", "app:1", was="sha256:old")]) == {}
    assert client.tags["app:1"] == "sha256:old"


def test_name_that_is_back_already_is_left_alone(client: Client) -> None:
    client.tags = {"app:1": "sha256:old"}
    assert remove_entries(client, [Entry("tag", "app:1", was="sha256:old")]) == {}
    assert client.removed == []


def test_image_with_a_name_left_is_somebodys_own(client: Client) -> None:
    client.tags = {"own:1": "sha256:a"}
    client.untagged = {"sha256:b"}
    remove_entries(client, [Entry("image", "sha256:a"), Entry("image", "sha256:b")])
    assert client.removed == ["sha256:b"]


def test_engine_that_went_away_is_said(client: Client) -> None:
    client.fails = ConnectionError("gone")
    with pytest.raises(CouldNotFindOut, match="went away"):
        remove_entries(client, [Entry("container", "c")])
