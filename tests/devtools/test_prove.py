"""Proofs as jobs for lanes: what each says it needs, and what is read of each afterwards."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from checker.base import paths
from checker.base.errors import CouldNotFindOut
from checker.base.settings import IMPORT_ROOT
from checker.base.verdict import Verdict
from checker.devtools import prove
from checker.devtools.proof_file import write_result
from checker.docker.connection import EngineStatus
from checker.labs.lab import Lab, load_lab
from checker.labs.prove import LabResult, ProofResult
from checker.lanes.schedule import Job, JobResult
from checker.pages.parsing.fences import Page, parse_page
from checker.pages.reporting.results import BlockResult, PageResult
from tests.lab_fakes import CHECKS, LAB


@pytest.fixture
def write_page(root: Path):
    def write(text: str, engine: str = "docker", name: str = "a") -> Page:
        file = root / "docs" / f"{name}.md"
        file.write_text(f"---\ntitle: A page\nengine: {engine}\n---\n{text}")
        return parse_page(file)

    return write


@pytest.fixture
def lab(make_lab) -> Lab:
    make_lab()
    return load_lab("first")


def page_job(page: Page, accept: bool = False) -> Job:
    [job] = prove.ProofJobs([page], [], Path("/results"), accept).jobs
    return job


def lab_job(lab: Lab) -> Job:
    [job] = prove.ProofJobs([], [lab], Path("/results")).jobs
    return job


def flags(job: Job) -> set[str]:
    return {name for name in ("wants_cluster", "measures", "builds") if getattr(job, name)}


def command(*words: str) -> str:
    lines = "".join(f"$ {each}\n" for each in words)
    return f"\n``` console\n{lines}```\n"


def test_page_is_proven_by_a_process_that_writes_into_the_folder(write_page, root: Path) -> None:
    page = write_page(command("true"))
    job = page_job(page)
    program = (sys.executable, "-P", "-m", "checker.devtools.prove_one")
    assert job.name == "docs/a.md"
    assert job.argv == (*program, "page", str(page.path), "/results/docs%2Fa.md.json")
    assert job.folder == paths.root() == root
    assert job.env == {"PYTHONPATH": str(IMPORT_ROOT)}


def test_lab_is_proven_by_its_name(lab: Lab) -> None:
    job = lab_job(lab)
    assert job.name == "labs/docker/first"
    assert job.argv[-3:] == ("lab", "docker/first", "/results/labs%2Fdocker%2Ffirst.json")


def test_accept_is_for_pages_alone(write_page, lab: Lab) -> None:
    page, other = prove.ProofJobs([write_page("")], [lab], Path("/results"), accept=True).jobs
    assert page.argv[-1] == "accept"
    assert "accept" not in other.argv


@pytest.mark.parametrize(
    ("engine", "text", "found"),
    [
        ("docker", "docker run --rm busybox true", set()),
        ("kind", "kubectl get pods", {"wants_cluster"}),
        ("ecs, kind", "kubectl get pods", {"wants_cluster"}),
        ("ecs", "course probe http://localhost:8080 --seconds 5", {"measures"}),
        ("kind", "course measure rollout", {"wants_cluster", "measures"}),
        ("docker", "docker build -t a .", {"builds"}),
        ("docker", "docker compose up -d --build", {"builds"}),
        ("docker", "docker buildx ls", {"builds"}),
        ("docker", "docker builder ls", set()),
        ("none", "echo course probe and docker build", set()),
    ],
)
def test_page_tells_what_it_needs(write_page, engine: str, text: str, found: set[str]) -> None:
    assert flags(page_job(write_page(command(text), engine))) == found


@pytest.mark.parametrize(
    ("engine", "solution", "check", "found"),
    [
        ("docker", "true", "test_a(workspace): ...", set()),
        ("kind", "true", "test_a(kube): ...", {"wants_cluster"}),
        ("docker", "docker build .", "test_a(docker): ...", {"builds"}),
        ("kind", "true", "test_a(kube, probe): probe.run()", {"wants_cluster", "measures"}),
        ("kind", "true", "test_a(kube): probe = kube.probe()", {"wants_cluster"}),
        ("swarm", "course probe http://localhost", "test_a(docker): ...", {"measures"}),
        ("none", "docker build .", "test_a(probe): probe.run()", set()),
    ],
)
def test_lab_tells_what_it_needs_by_its_text_and_its_checks(
    make_lab, engine: str, solution: str, check: str, found: set[str]
) -> None:
    text = LAB.replace("engine: none", f"engine: {engine}").replace("echo yes >", f"{solution} #")
    make_lab(text, f"{CHECKS}\n\ndef {check}\n")
    assert flags(lab_job(load_lab("first"))) == found


def test_lab_without_checks_has_a_job(make_lab) -> None:
    (make_lab() / "checks.py").unlink()
    assert flags(lab_job(load_lab("first"))) == set()


def write_good(job: Job) -> None:
    kind, target, file = job.argv[4:7]
    if kind == "page":
        blocks = (BlockResult("x", 3, "console", Verdict.PASSED, 0.5),)
        write_result(Path(file), PageResult(Path(target), blocks, 0.5))
    else:
        good = ProofResult(Verdict.PASSED)
        write_result(Path(file), LabResult(target, good, good, seconds=2.0))


def test_results_are_read_in_the_order_of_pages_and_labs(
    write_page, lab: Lab, tmp_path: Path
) -> None:
    pages = [write_page("", name=name) for name in ("a", "b")]
    proofs = prove.ProofJobs(pages, [lab], tmp_path)
    assert [job.name for job in proofs.jobs] == ["docs/a.md", "docs/b.md", "labs/docker/first"]
    for job in proofs.jobs:
        write_good(job)
    done = [JobResult(job, 0, "", 1.0, 0) for job in proofs.jobs]
    page_results, lab_results = proofs.read_results(done)
    assert [each.path for each in page_results] == [page.path for page in pages]
    assert [each.lab for each in lab_results] == ["docker/first"]
    assert {each.verdict for each in [*page_results, *lab_results]} == {Verdict.PASSED}


def test_job_without_a_result_could_not_be_checked_and_says_its_last_lines(
    write_page, lab: Lab, tmp_path: Path
) -> None:
    pages = [write_page("", name=name) for name in ("a", "b", "c")]
    proofs = prove.ProofJobs(pages, [lab], tmp_path)
    said = "".join(f"line {number}\n" for number in range(1, 8))
    outcomes = [(1, said), (0, ""), (-9, "\n"), (None, "It was not run: No lane.")]
    jobs = zip(proofs.jobs, outcomes, strict=True)
    write_good(proofs.jobs[1])
    page_results, [lab_result] = proofs.read_results(
        [JobResult(job, status, output, 1.0) for job, (status, output) in jobs]
    )
    assert [each.trouble for each in page_results] == [
        "line 3\nline 4\nline 5\nline 6\nline 7",
        "",
        "its process ended with status -9",
    ]
    unknown, passed = Verdict.COULD_NOT_CHECK, Verdict.PASSED
    assert [each.verdict for each in page_results] == [unknown, passed, unknown]
    assert page_results[2].path == pages[2].path
    assert lab_result.verdict == unknown
    assert lab_result.problems[0] == "docker/first: untouched: It was not run: No lane."


def test_lanes_prove_all_and_leave_no_folder(write_page, lab: Lab, monkeypatch) -> None:
    folders: set[Path] = set()

    def run_jobs(jobs: list[Job], count: int) -> list[JobResult]:
        assert count == 3
        for job in jobs:
            write_good(job)
            folders.add(Path(job.argv[6]).parent)
        return [JobResult(job, 0, "", 1.0, 0) for job in jobs]

    monkeypatch.setattr(prove, "run_jobs", run_jobs)
    page_results, lab_results = prove.prove_in_lanes([write_page("")], [lab], False, 3)
    assert [each.verdict for each in page_results] == ["passed"]
    assert [each.verdict for each in lab_results] == ["passed"]
    [folder] = folders
    assert not folder.exists()


def test_without_any_lane_nothing_is_proven(write_page, monkeypatch) -> None:
    def run_jobs(jobs: list[Job], count: int) -> list[JobResult]:
        raise CouldNotFindOut("No lane can be had.")

    monkeypatch.setattr(prove, "run_jobs", run_jobs)
    with pytest.raises(CouldNotFindOut, match="No lane can be had"):
        prove.prove_in_lanes([write_page("")], [], False, 3)


def test_versions_have_the_names_that_people_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Cluster:
        product = "Kubernetes"

        def version(self) -> str:
            return "v1.37.2"

    class Other(Cluster):
        product = ""

    monkeypatch.setattr(
        "checker.docker.docker_client.find_versions", lambda env: {"compose": "2.26.1-4"}
    )
    status = EngineStatus("docker", True, "26.1.5+dfsg1", "")
    monkeypatch.setattr("checker.docker.connection.engine_status", lambda: status)
    monkeypatch.setattr(prove.registry, "orchestrators_of", lambda engine: [Cluster(), Other()])
    found = prove.describe_versions("kind, swarm")
    assert {name: found[name] for name in ("Docker", "Compose", "Kubernetes")} == {
        "Docker": "26.1.5",
        "Compose": "2.26.1-4",
        "Kubernetes": "1.37.2",
    }
    assert found["kernel"]
    assert found["architecture"]
    assert prove.describe_versions("none") == {}
