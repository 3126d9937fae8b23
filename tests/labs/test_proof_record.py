"""The record of proofs: kept, merged, refused where it is none, and told in words."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from checker.base import paths
from checker.base.errors import CourseError
from checker.checks.core.failure import join_names
from checker.labs import proof_record
from checker.labs.proof_record import Proof, describe_proof, digest_lab, digest_page

VERSIONS = {"Docker": "26.1.5", "Compose": "2.26.1", "Kubernetes": "1.37.2", "kernel": "6.18"}
PROOF = Proof("abc", "2026-11-28", "0123456789ab", VERSIONS)


def test_older_proofs_of_other_pages_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "proofs.json"
    assert proof_record.read_record(file) == {}
    proof_record.write_record(file, {"docs/b.md": PROOF, "docs/a.md": PROOF})
    newer = Proof("def", "2026-11-29", "", {})
    proof_record.write_record(file, {"docs/a.md": newer})
    assert proof_record.read_record(file) == {"docs/a.md": newer, "docs/b.md": PROOF}
    assert list(json.loads(file.read_text())["proofs"]) == ["docs/a.md", "docs/b.md"]


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"proofs": 1}', '{"proofs": {"a": {"b": 1}}}'])
def test_what_is_no_record_is_refused_and_kept(tmp_path: Path, text: str) -> None:
    file = tmp_path / "proofs.json"
    file.write_text(text)
    with pytest.raises(CourseError, match="no record of proofs"):
        proof_record.write_record(file, {"docs/a.md": PROOF})
    assert file.read_text() == text


@pytest.mark.parametrize(
    ("proof", "digest", "words"),
    [
        (None, "abc", "Not proven yet."),
        (PROOF, "other", "Changed since it was proven on 2026-11-28."),
        (PROOF, "abc", "Proven on Docker 26.1.5 and Kubernetes 1.37.2, 2026-11-28."),
        (Proof("abc", "2026-11-28", "", {}), "abc", "Proven, 2026-11-28."),
    ],
)
def test_a_proof_in_words(proof: Proof | None, digest: str, words: str) -> None:
    assert describe_proof(proof, digest) == words


def test_a_sentence_lists_words() -> None:
    assert join_names(["a", "b", "c"]) == "a, b and c"


def test_a_digest_changes_with_the_sources_and_nothing_else(tmp_path: Path) -> None:
    page, lab = tmp_path / "a.md", tmp_path / "lab"
    page.write_text("one\n")
    (lab / "wrong").mkdir(parents=True)
    (lab / "wrong" / "a.sh").write_text("true\n")
    before = digest_page(page), digest_lab(lab)
    (lab / "__pycache__").mkdir()
    (lab / "__pycache__" / "checks.pyc").write_bytes(b"x")
    (lab / "mutants.yaml").write_text("- {task: a, change: b, reason: c}\n")
    assert (digest_page(page), digest_lab(lab)) == before
    page.write_text("two\n")
    (lab / "wrong" / "a.sh").rename(lab / "wrong" / "b.sh")
    assert digest_page(page) != before[0]
    assert digest_lab(lab) != before[1]


def test_the_day_is_today() -> None:
    assert date.fromisoformat(proof_record.today())


def test_the_record_of_this_checkout_can_be_read() -> None:
    names = proof_record.read_record(proof_record.record_file())
    assert all((paths.root() / name).exists() for name in names)
