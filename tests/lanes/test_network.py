"""A lane's way out: its addresses, its rules and interface, and that they can be found again."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest

from checker.base.process import CommandFailed
from checker.lanes import network
from checker.lanes.lane import MOST_LANES
from tests.engine_fakes import Programs


@pytest.fixture(autouse=True)
def forward(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Whether this machine passes on what is not for itself: it does not yet."""
    file = machine / "ip_forward"
    file.write_text("0\n")
    monkeypatch.setattr(network, "FORWARD", file)
    return file


def rules(programs: Programs, how: str) -> list[str]:
    """Return the rules of which iptables was told so, with their tables and without the word."""
    words = [line.split() for line in programs.calls if line.startswith("iptables --wait ")]
    return [" ".join(word for word in each[2:] if word != how) for each in words if how in each]


def test_lanes_have_two_addresses_each_that_are_in_no_network() -> None:
    both = [network.addresses(number) for number in range(MOST_LANES)]
    every = [ipaddress.ip_address(each) for pair in both for each in pair]
    assert len(set(every)) == 2 * MOST_LANES
    reserved = ipaddress.ip_network("198.18.0.0/15")
    assert all(each in reserved for each in every)
    ends = [[ipaddress.ip_interface(f"{each}/30") for each in pair] for pair in both]
    assert all(outside.network == inside.network for outside, inside in ends)
    assert len({outside.network for outside, _ in ends}) == MOST_LANES
    hosts = [list(outside.network.hosts()) for outside, _ in ends]
    assert hosts == [[outside.ip, inside.ip] for outside, inside in ends]


def test_both_ends_are_made_and_inside_leads_outside(programs: Programs) -> None:
    network.connect(70, 4242)
    made = [line for line in programs.calls if not line.startswith("iptables")][1:]
    inside = "nsenter --target 4242 --net -- ip"
    assert made == [
        "ip link add course-lane70 type veth peer name eth0 netns 4242",
        "ip addr add 198.18.1.25/30 dev course-lane70",
        "ip link set course-lane70 up",
        f"{inside} addr add 198.18.1.26/30 dev eth0",
        f"{inside} link set eth0 up",
        f"{inside} route add default via 198.18.1.25",
    ]


def test_rules_are_for_this_lane_alone_and_have_its_name(programs: Programs) -> None:
    network.connect(3, 4242)
    added = rules(programs, "--append") + rules(programs, "--insert")
    mark = "--match comment --comment course-lane3"
    assert added == [
        f"--table nat POSTROUTING --source 198.18.0.14 {mark} --jump MASQUERADE",
        f"FORWARD --in-interface course-lane3 {mark} --jump ACCEPT",
        f"FORWARD --out-interface course-lane3 {mark} --jump ACCEPT",
    ]


def test_what_was_left_is_removed_before_a_lane_is_connected(programs: Programs) -> None:
    network.connect(3, 4242)
    [removed] = [line for line in programs.calls if line.startswith("ip link delete")]
    assert programs.calls[0] == removed == "ip link delete course-lane3"
    deletes = [at for at, line in enumerate(programs.calls) if "--delete" in line]
    assert max(deletes) < programs.calls.index(
        "ip link add course-lane3 type veth peer name eth0 netns 4242"
    )


def test_all_that_was_added_is_removed(programs: Programs) -> None:
    network.connect(3, 4242)
    added = rules(programs, "--append") + rules(programs, "--insert")
    programs.calls.clear()
    network.disconnect(3)
    assert rules(programs, "--delete") == added
    assert "ip link delete course-lane3" in programs.calls


def test_what_is_not_there_need_not_be_removed(programs: Programs) -> None:
    programs.answers = {"ip": (1, "Cannot find device"), "iptables": (1, "does a matching rule?")}
    network.disconnect(3)
    assert len(programs.calls) == 4


@pytest.mark.parametrize("command", ["ip link add", "nsenter", "iptables --wait --table nat --app"])
def test_lane_that_cannot_be_connected_is_an_error(programs: Programs, command: str) -> None:
    programs.answers = {command: (2, "Operation not permitted")}
    with pytest.raises(CommandFailed) as caught:
        network.connect(3, 4242)
    assert "Operation not permitted" in caught.value.found


def test_machine_passes_on_what_comes_from_lanes(programs: Programs, forward: Path) -> None:
    network.connect(3, 4242)
    assert forward.read_text() == "1"


def test_machine_that_does_so_already_is_not_told_again(programs: Programs, forward: Path) -> None:
    forward.write_text("1\n")
    network.connect(3, 4242)
    assert forward.read_text() == "1\n"


def test_what_is_left_of_lanes_is_found_by_their_names(programs: Programs) -> None:
    programs.answers = {
        "ip -oneline link": (
            0,
            "1: lo: <LOOPBACK,UP> mtu 65536\n7: course-lane12@if2: <BROADCAST> mtu 1500\n",
        ),
        "iptables --wait --table nat": (
            0,
            "-P POSTROUTING ACCEPT\n-A POSTROUTING -s 198.18.0.14/32 -m comment"
            ' --comment course-lane3 -j MASQUERADE\n-A POSTROUTING -m comment --comment "course"\n',
        ),
        "iptables --wait --table filter": (
            0,
            "-A FORWARD -i course-lane12 -m comment --comment course-lane12 -j ACCEPT\n"
            "-A FORWARD -o my-course-lanes -j ACCEPT\n",
        ),
    }
    assert network.find_left() == {3, 12}


def test_without_the_programs_nothing_is_left(programs: Programs) -> None:
    programs.answers = {"ip": (1, ""), "iptables": (1, "")}
    assert network.find_left() == set()
