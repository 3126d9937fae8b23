"""A copy for a trial is the template, but for what is given."""

from __future__ import annotations

from checker.checks.kubernetes.trial_copies import TrialCopy

SPEC = {
    "terminationGracePeriodSeconds": 12,
    "containers": [
        {
            "name": "web",
            "image": "shop:1",
            "args": ["serve"],
            "env": [{"name": "MODE", "value": "good"}, {"name": "PORT", "value": "80"}],
            "ports": [{"name": "http", "containerPort": 80, "hostPort": 8080}],
        },
        {"name": "log", "image": "busybox"},
    ],
}


def test_another_image_changes_only_the_first_container() -> None:
    changed = TrialCopy("shop:2").change_spec(SPEC)
    assert changed["containers"][0]["image"] == "shop:2"
    assert changed["containers"][0]["args"] == ["serve"]
    assert changed["containers"][1] == SPEC["containers"][1]  # type: ignore[index]
    assert changed["terminationGracePeriodSeconds"] == 12


def test_variables_take_the_place_of_those_of_the_same_name() -> None:
    changed = TrialCopy(env={"MODE": "bad"}).change_spec(SPEC)
    found = {each["name"]: each["value"] for each in changed["containers"][0]["env"]}
    assert found == {"MODE": "bad", "PORT": "80"}


def test_command_takes_the_place_of_the_arguments_as_well() -> None:
    first = TrialCopy(command=("sleep", "60")).change_spec(SPEC)["containers"][0]
    assert (first["command"], first["args"]) == (["sleep", "60"], [])
    assert first["image"] == "shop:1"


def test_port_of_the_node_is_left_to_the_pod_that_has_it() -> None:
    first = TrialCopy().change_spec(SPEC)["containers"][0]
    assert first["ports"] == [{"name": "http", "containerPort": 80}]
    assert "hostPort" in SPEC["containers"][0]["ports"][0]  # type: ignore[index]


def test_messages_call_it_by_its_title_or_image() -> None:
    assert TrialCopy("shop:3").display_name == "a Pod from shop:3"
    assert TrialCopy(title="a copy without Redis").display_name == "a copy without Redis"


def test_probes_of_an_eager_copy_ask_the_same_at_once() -> None:
    probe = {"exec": {"command": ["true"]}, "initialDelaySeconds": 60, "periodSeconds": 30}
    spec = {"containers": [{"name": "web", "livenessProbe": probe}]}
    first = TrialCopy(eager=True).change_spec(spec)["containers"][0]
    assert first["livenessProbe"] == {
        "exec": {"command": ["true"]},
        "initialDelaySeconds": 0,
        "periodSeconds": 1,
    }
    assert "readinessProbe" not in first
    assert TrialCopy().change_spec(spec)["containers"][0]["livenessProbe"] == probe
