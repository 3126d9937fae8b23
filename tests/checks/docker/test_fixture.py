"""What is not there is told with what may be meant instead."""

from __future__ import annotations

import pytest

from checker.checks import CheckFailed
from checker.checks.docker.fixture import Docker
from tests.checks.conftest import Engine, container, exited, image


def refused(ask, *args: str) -> CheckFailed:
    with pytest.raises(CheckFailed) as caught:
        ask(*args)
    return caught.value


def test_missing_container_is_told_with_near_names_and_their_states(engine, docker) -> None:
    engine.there = [exited("ledger"), container("web")]
    failed = refused(docker.container, "ledgr")
    assert failed.expected == "a container named ledgr"
    assert failed.found == "no such container, but ledger (stopped; it ended with status 3)"
    assert "docker container ls -a" in failed.next_step
    assert refused(docker.container, "zzz").found == "no such container, running or stopped"


def test_beginning_of_an_id_is_no_name(engine: Engine, docker: Docker) -> None:
    engine.there = [container("web", Id="cafe")]
    assert docker.container("web").id == "cafe"
    assert refused(docker.container, "cafe").expected == "a container named cafe"


def test_images_are_found_by_a_mark_under_whatever_name(engine: Engine, docker: Docker) -> None:
    engine.pictures = {
        "keep:1": image("keep:1", Labels={"inventory": "recipe"}),
        "shop:1": image("shop:1"),
        "course-check/a": image("a", Labels={"inventory": "recipe", "course.owner": "check"}),
    }
    engine.pictures["sha256:keep:1"] = engine.pictures.pop("keep:1")
    assert [each.name for each in docker.images(label="inventory=recipe")] == ["keep:1"]
    assert docker.images(label="inventory=till") == []


def test_missing_image_volume_and_network_are_told_with_near_names(
    engine: Engine, docker: Docker
) -> None:
    engine.pictures = {"shop:1": image("shop:1"), "c": image("course-check/abc:latest")}
    engine.volumes_there = {"orders": {"Name": "orders"}}
    engine.networks_there = {"shop": {"Name": "shop"}}
    failed = refused(docker.image, "shop:2")
    assert (failed.expected, failed.found) == (
        "an image named shop:2",
        "no such image, but shop:1",
    )
    assert refused(docker.image, "course-check/ab").found == "no such image"
    assert refused(docker.volume, "order").found == "no such volume, but orders"
    assert refused(docker.network, "nothing").found == "no such network"
    assert refused(docker.network, "Shop").found == "no such network, but shop"


def test_what_is_gone_is_accepted_as_gone(docker: Docker) -> None:
    docker.expect_no_container("web")
    docker.expect_no_image("shop:1")
    docker.expect_no_volume("orders")
    docker.expect_no_network("shop")


def test_what_is_still_there_is_told_with_the_command_that_removes_it(engine, docker) -> None:
    engine.there = [exited("web"), container("web2")]
    engine.pictures = {"shop:1": image("shop:1")}
    engine.volumes_there = {"orders": {"Name": "orders"}}
    engine.networks_there = {"shop": {"Name": "shop"}}
    failed = refused(docker.expect_no_container, "web")
    assert failed.found == "it is stopped; it ended with status 3"
    assert failed.next_step == "Remove it: docker rm -f web"
    assert "docker image rm shop:1" in refused(docker.expect_no_image, "shop:1").next_step
    assert "docker volume rm orders" in refused(docker.expect_no_volume, "orders").next_step
    assert "docker network rm shop" in refused(docker.expect_no_network, "shop").next_step


def test_volume_knows_who_uses_it(engine: Engine, docker: Docker) -> None:
    mount = {"Type": "volume", "Name": "orders", "Destination": "/d", "RW": True}
    engine.there = [exited("db", Mounts=[mount]), container("web")]
    engine.volumes_there = {"orders": {"Name": "orders", "Labels": {"a": "b"}}}
    volume = docker.volume("orders").expect_used_by("db").expect_label("a", "b")
    assert volume.used_by == ["db"]
    failed = refused(volume.expect_used_by, "web")
    assert (failed.expected, failed.found) == ("the volume orders in web", "used by db")
    assert "--label x=" in refused(volume.expect_label, "x").next_step


def test_network_knows_who_is_in_it(engine: Engine, docker: Docker) -> None:
    engine.networks_there = {
        "shop": {
            "Name": "shop",
            "Driver": "bridge",
            "Internal": True,
            "Labels": None,
            "Containers": {"1": {"Name": "db"}, "2": {"Name": "api"}},
        }
    }
    network = docker.network("shop").expect_driver("bridge").expect_has("db")
    network.expect_containers(["db", "api"])
    assert (network.internal, network.labels, network.containers) == (True, {}, ["api", "db"])
    assert refused(network.expect_driver, "host").found == "it is bridge"
    assert refused(network.expect_has, "web").found == "api and db"
    failed = refused(network.expect_containers, ["db"])
    assert failed.expected == "running containers in shop: db"


def test_closing_removes_what_was_made(docker: Docker, monkeypatch) -> None:
    closed = []
    monkeypatch.setattr(docker._temporary, "remove_all", lambda: closed.append("own"))
    docker.close()
    assert closed == ["own"]


def test_build_and_run_give_facts(engine: Engine, docker: Docker, monkeypatch, tmp_path) -> None:
    engine.pictures = {"course-check/a": image("course-check/a", User="node")}
    engine.there = [container("quiet")]
    started = []
    built_as = ("course-check/a", "#7 [1/1] COPY . .\n#7 CACHED\n")
    monkeypatch.setattr(docker._temporary, "build_image", lambda *args: built_as)
    monkeypatch.setattr(
        docker._temporary, "start_container", lambda *args: started.append(args) or "id-quiet"
    )
    monkeypatch.setattr(docker._temporary, "create_network", lambda: "course-check-n")
    built = docker.build(tmp_path).expect_user("node")
    assert [step.cached for step in built.build_steps] == [True]
    running = docker.run(built, ["sh"], env={"A": "1"}, ports=[80], network="n")
    assert running.name == "a container of course-check/a"
    assert started == [("course-check/a", ["sh"], {"A": "1"}, [80], {"network": "n"})]
    docker.run("busybox")
    assert started[1] == ("busybox", None, {}, (), {})
    assert docker.own_network() == "course-check-n"
