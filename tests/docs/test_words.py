"""Words are explained where learners meet them first, and the glossary can be searched by eye."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
GLOSSARY = DOCS / "reference/glossary.md"
NAV_PAGE = re.compile(r"(?<=[ :])[\w/-]+\.md$", re.M)
CHAPTERS = re.compile(r"(docker|compose|ecs|kubernetes|deploy)/")
ENTRY = re.compile(r"^(?P<term>\S.*)\n:   \S", re.M)
GLOSSARY_LINK = re.compile(r"\]\([^)]*glossary\.md")
REASON = re.compile(r"^ *`{3,}.*\.illustration.*$", re.M)
"""The reason of an illustration is for authors; the site shows it small, below the block."""

# How a term is used, and the half sentence that explains it. A term of more than one word, or one
# that no other word contains, is enough of a pattern; for others the pattern says more.
EXPLAINED = {
    r"\{\{": r"\*Go templates\*: text in which",
    r"\bkernel": r"\*\*kernel\*\* is the core of an operating system",
    r"\bsignals?\b": r"\*signal\*, a short message",
    r"/proc\b": r"`/proc` is a folder in which the kernel",
    r"\bdistributions?\b": r"\*distribution\*, as complete systems",
    r"\bTTY\b": r"\*TTY\*, short for",
    r"\bCI\b": r"\*CI\*, which tests",
    r"\bcron\b": r"\*cron\*, which starts",
    r"\btrap\b": r"`trap` tells a shell",
    r"\bbridge\b": r"called `bridge`: every container joins it",
    r"network namespace": r"\[network namespace\]\(what-a-container-is\.md#namespaces\)",
    r"\b[Pp]ostgres\b": r"\*Postgres\* keeps tables",
    r"\bRedis\b": r"\*Redis\*, which comes later, keeps",
    r"\bpsql\b": r"`psql`, the client of Postgres",
    r"\bVOLUME\b": r"`VOLUME /data`\. This line of a Dockerfile means",
    r"\bnpm\b": r"\*npm\*, Node's package manager",
    r"lock file": r"`package-lock\.json`, the \*lock file\*",
    r"\bENV\b": r"`ENV` sets an environment variable",
    r"\bEXPOSE\b": r"It is a note from the image's maker",
    r"--user\b": r"lets it run under your own user and group number",
    r"\bpush\b": r"\*Push\* an image to a registry",
    r"\bTLS\b": r"\*TLS\*, the encryption",
    r"\bbcrypt\b": r"\*bcrypt\* hash for each: a value",
    r"\brealm\b|REALM": r"The \*realm\* in these settings is",
    r"\b401\b": r"401 means: say who you are",
    r"image\.index": r"the tag leads to an \*index\*",
    r"\bunhealthy\b": r"\*unhealthy\* after `retries` failures",
    r"\bsubnet": r"divided into \*subnets\*",
    r"\bVPC\b": r"A VPC is your private network",
    r"\bIAM\b": r"\*IAM\* is the part of AWS",
    r"\bFargate\b": r"AWS finds room \(Fargate\)",
    r"target[- ]type": r"\*target type\*: it lists addresses",
    r"\blistener\b": r"\*\*listener\*\* on a port of it",
    r"apiVersion": r"`apiVersion` says in which part of the Kubernetes API",
    r"terminationGracePeriodSeconds": r"`terminationGracePeriodSeconds` is the time that the",
    r"NOMINATED NODE": r"a node on which room is being made",
    r"READINESS GATES": r"further conditions before the Pod counts",
    r"custom-columns": r"`-o custom-columns` prints a table",
    r"jsonpath": r"`-o jsonpath` prints the field that a path leads to",
    r"get --raw": r"`get --raw` asks it for a path",
    r"\btolerat": r"\*toleration\*, a line in their manifest",
    r"[Aa]dmission plugin": r"\*admission plugins\*, small parts",
    r"[Ss]ervice account": r"\*\*service accounts\*\*, the names under which",
    r"NoExecute": r"`NoExecute`, which not only keeps new Pods away",
    r"\d(Mi|Gi)\b": r"`16Mi` are 16 MiB",
    r"\b\d+m\b of CPU|cpu: \d+m": r"`50m` of CPU are 50 thousandths",
    r"ReadWriteOnce|accessModes": r"`ReadWriteOnce` is an \*access mode\*",
    r"\bconntrack\b": r"`conntrack` shows and changes the list of connections",
}


@cache
def read_chapters() -> dict[str, str]:
    """Return the text of each chapter, in the order in which learners read them."""
    named = NAV_PAGE.findall((ROOT / "mkdocs.yml").read_text())
    chapters = [page for page in named if CHAPTERS.match(page)]
    return {page: REASON.sub("", (DOCS / page).read_text()) for page in chapters}


def find_first_use(pattern: str) -> str:
    """Return the first chapter that uses a term; "" if none does."""
    used = (page for page, text in read_chapters().items() if re.search(pattern, text))
    return next(used, "")


def sort_key(term: str) -> str:
    """Return what a term is sorted by: its letters, digits and spaces, whatever their case."""
    return re.sub(r"[^a-z0-9 ]", "", term.lower().replace("-", " "))


def read_glossary() -> list[list[str]]:
    """Return the terms of each section of the glossary, as they stand there."""
    sections = re.split(r"^## .*$", GLOSSARY.read_text(), flags=re.M)
    return [[entry["term"] for entry in ENTRY.finditer(section)] for section in sections]


def test_chapters_are_read_in_the_order_of_the_site() -> None:
    chapters = list(read_chapters())
    assert chapters[0] == "docker/first-ten-minutes.md"
    assert len(chapters) == len(set(chapters)) > 15
    assert chapters.index("compose/start-in-order.md") < chapters.index("ecs/keep-it-running.md")


@pytest.mark.parametrize(("use", "explanation"), EXPLAINED.items(), ids=list(EXPLAINED))
def test_a_term_is_explained_on_the_page_that_uses_it_first(use: str, explanation: str) -> None:
    page = find_first_use(use)
    assert page, f"no chapter uses {use!r} any more: remove its line above"
    text = read_chapters()[page]
    using = [part for part in text.split("\n\n") if re.search(use, part)]
    linked = any(GLOSSARY_LINK.search(part) for part in using)
    assert linked or re.search(explanation, " ".join(text.split())), (
        f"{page} is the first chapter with {use!r} now.\n"
        f"Explain it there in half a sentence, or link to the glossary; then say above how."
    )


def test_the_glossary_is_in_alphabetical_order() -> None:
    for terms in read_glossary():
        assert terms == sorted(terms, key=sort_key)


def test_the_glossary_has_each_term_once() -> None:
    terms = [sort_key(term) for section in read_glossary() for term in section]
    assert len(terms) > 150
    assert [term for term in set(terms) if terms.count(term) > 1] == []


def test_each_sense_of_a_word_is_told_from_the_others() -> None:
    terms = {term for section in read_glossary() for term in section}
    senses = {
        "Service": ("Compose", "ECS", "Kubernetes", "Swarm"),
        "Secret": ("Compose", "Kubernetes"),
        "Manifest": ("image", "Kubernetes"),
        "Namespace": ("kernel", "Kubernetes"),
    }
    for word, kinds in senses.items():
        assert word not in terms
        assert {f"{word} ({kind})" for kind in kinds} <= terms
