"""README, workflows and the other files of the project agree with the code."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from checker.base.errors import CouldNotFindOut, CourseError
from checker.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")


def runs(workflow: Path) -> list[str]:
    jobs = yaml.safe_load(workflow.read_text())["jobs"].values()
    return [step["run"] for job in jobs for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_links_lead_to_files(text: Path) -> None:
    links = LINK.findall(text.read_text())
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: text.name)
def test_commands_exist(text: Path) -> None:
    known = CliRunner().invoke(main, ["--help"]).output
    named = set(re.findall(r"\./course (\w+)", text.read_text()))
    assert named
    assert [word for word in named if not re.search(rf"^  {word}\b", known, re.M)] == []


def test_readme_begins_with_the_two_commands() -> None:
    first = (ROOT / "README.md").read_text().split("```")[1]
    assert re.findall(r"^\./course \w+", first, re.M) == ["./course up", "./course test"]


def test_readme_names_the_exit_statuses_of_the_code() -> None:
    text = (ROOT / "README.md").read_text()
    assert f"| {CourseError.exit_code} | bad use or bad input |" in text
    assert f"| {CouldNotFindOut.exit_code} | could not find out |" in text


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.stem)
def test_actions_are_pinned_to_a_major_version(workflow: Path) -> None:
    used = re.findall(r"uses: *(\S+)", workflow.read_text())
    assert used
    assert [each for each in used if not re.fullmatch(r"actions/[\w-]+@v\d+", each)] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: workflow.stem)
def test_every_job_has_a_time_out_and_few_rights(workflow: Path) -> None:
    content = yaml.safe_load(workflow.read_text())
    assert content["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job for job in content["jobs"].values())


def test_ci_calls_the_same_commands_as_people() -> None:
    commands = [run.split(" && ") for run in runs(ROOT / ".github/workflows/ci.yml")]
    assert ["./course test --fast"] in commands
    assert ["./course test"] in commands
    assert all(each.startswith("./course ") for command in commands for each in command)


def test_grading_workflow_calls_grade_and_nothing_else() -> None:
    (run,) = runs(ROOT / ".github/workflows/grade.yml")
    assert re.match(r"\S*course/course grade ", run)
    assert "${{" not in run


def test_grading_workflow_uses_options_that_there_are() -> None:
    (run,) = runs(ROOT / ".github/workflows/grade.yml")
    options = CliRunner().invoke(main, ["grade", "--help"]).output
    named = re.findall(r"--\w+", run)
    assert named == ["--lab", "--report"]
    assert [option for option in named if option not in options] == []


def test_dev_container_forwards_the_port_of_up() -> None:
    text = (ROOT / ".devcontainer/devcontainer.json").read_text()
    content = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.M))
    options = {option.name: option for option in main.commands["up"].params}
    assert content["forwardPorts"] == [options["port"].default]


def test_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert 'license = "Apache-2.0"' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("picture", ["page.png", "check.svg"])
def test_pictures_are_there_and_need_nothing_from_elsewhere(picture: str) -> None:
    content = (ROOT / "docs/pictures" / picture).read_bytes()
    assert 1_000 < len(content) < 300_000
    assert not re.search(rb"url\((?!#)", content)
