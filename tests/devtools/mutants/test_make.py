"""Mutants are solutions with one thing left out or changed, and each is told in words."""

from __future__ import annotations

import pytest

from checker.devtools.mutants.make import (
    change_tokens,
    leave_out_commands,
    leave_out_fields,
    leave_out_flags,
    make_mutants,
    split_commands,
)
from checker.labs.lab import load_lab
from tests.lab_fakes import LAB

MANIFEST = """cat > a.yaml <<'END'
spec:
  ports:
    - port: 80
  size: 8Mi
END
kubectl apply -f a.yaml
"""


def changes(found) -> list[str]:
    return [change for change, _, _ in found]


def scripts(found) -> list[str]:
    return [script for _, _, script in found]


def test_commands_are_split_with_all_their_lines() -> None:
    script = MANIFEST + "for i in 1 2; do\n  true\ndone\ndocker run \\\n  nginx\n\n"
    commands = split_commands(script)
    assert [command.split()[0] for command in commands] == ["cat", "kubectl", "for", "docker"]
    assert "".join(commands) == script.removesuffix("\n")


def test_each_command_is_left_out_once() -> None:
    assert scripts(leave_out_commands("one\ntwo\n")) == ["two\n", "one\n"]


@pytest.mark.parametrize(
    "script",
    [
        "one\n",
        "kubectl rollout status deployment a --timeout=60s\n",
        "kubectl -n b wait --for=condition=Ready pod/a --timeout=5s\n",
        "sleep 5\n",
        "until docker exec db pg_isready --host 127.0.0.1; do sleep 1; done\n",
        "timeout 60 bash -c 'until docker logs a | grep -q x; do sleep 1; done'\n",
    ],
)
def test_what_leaves_nothing_or_only_waits_is_no_mutant(script: str) -> None:
    assert list(leave_out_commands(script)) == []
    assert list(leave_out_flags(script)) == []


@pytest.mark.parametrize(
    ("line", "without"),
    [
        ("docker rm -f db\n", ["docker rm db\n"]),
        ("kubectl apply -f 'a b.yaml'\n", ["kubectl apply\n"]),
        ("kubectl -n market get pods\n", ["kubectl get pods\n"]),
        ("docker exec db psql -U shop\n", ["docker exec db psql\n"]),
        ("sed -i 's/a/b/' file\n", ["sed 's/a/b/' file\n"]),
        ("docker pull --quiet a\n", []),
        ("docker run --detach a\n", []),
    ],
)
def test_flag_takes_its_word_along_if_its_program_would(line: str, without: list[str]) -> None:
    assert scripts(leave_out_flags(line)) == without


def test_flag_without_a_value_is_named_by_what_its_line_does() -> None:
    (found,) = leave_out_flags("sed -i 's/^CMD/USER node/' Dockerfile\n")
    assert {"USER", "node", "Dockerfile"} <= set(found[1])


def test_field_goes_with_what_is_below_it() -> None:
    found = list(leave_out_fields(MANIFEST))
    assert changes(found) == [
        "without `spec:`",
        "without `ports:`",
        "without `- port: 80`",
        "without `size: 8Mi`",
    ]
    assert found[1][2] == MANIFEST.replace("  ports:\n    - port: 80\n", "")
    assert found[3][1] == ("size", "8Mi", "spec")
    assert found[2][1] == ("port", "80", "ports", "spec")


def test_value_in_a_file_is_named_by_its_key() -> None:
    script = "cat > a.yaml <<END\nenv:\n  DATABASE_URL: postgres://db:5432/shop\nEND\n"
    (found,) = change_tokens(script, set())
    assert found[1] == ("5432", "5433", "DATABASE_URL", "DATABASE", "URL")


def test_flags_are_left_out_with_their_values() -> None:
    line = "docker run -d --name box --rm --env=A=b -p 80:80 nginx:1.26\n"
    assert scripts(leave_out_flags(line)) == [
        "docker run -d --rm --env=A=b -p 80:80 nginx:1.26\n",
        "docker run -d --name box --env=A=b -p 80:80 nginx:1.26\n",
        "docker run -d --name box --rm -p 80:80 nginx:1.26\n",
        "docker run -d --name box --rm --env=A=b nginx:1.26\n",
    ]


def test_dashes_of_a_here_document_are_no_flags() -> None:
    assert list(leave_out_flags("cat <<END\na --rm b\nEND\n")) == []


@pytest.mark.parametrize(
    ("line", "old", "new"),
    [
        ("docker run nginx:1.26", "1.26", "1.26-other"),
        ("docker run localhost:5000/menu:latest", "latest", "latest-other"),
        ("-p 127.0.0.1:80:80", "127.0.0.1", "0.0.0.0"),
        ("-m 64m", "64m", "1024m"),
        ("size: 8Mi", "8Mi", "128Mi"),
        ("replicas: 3", "3", "4"),
        ("cat /var/takings", "/var/takings", "/var/takings-other"),
        ("docker start till", "till", "tillx"),
    ],
)
def test_each_kind_of_token_is_changed(line: str, old: str, new: str) -> None:
    found = [change.split(" in ")[0] for change in changes(change_tokens(line, {"till"}))]
    assert f"{old} -> {new}" in found


def test_names_that_no_text_gives_and_variables_stay() -> None:
    assert changes(change_tokens('docker start "$1" mine', {"till"})) == []


def test_lab_has_each_mutant_once_with_its_task(make_lab) -> None:
    make_lab(LAB.replace(" # the secret way", "").replace("echo yes >", "echo yes 4 4 >"))
    mutants = make_mutants(load_lab("first"))
    assert len({(each.task, each.script) for each in mutants}) == len(mutants)
    assert {each.task for each in mutants} == {"word", "count"}
    assert [each.change for each in mutants if "answer of" in each.change] == [
        "the answer of count in word.txt",
        "the answer of word in count.txt",
    ]


def test_words_are_what_was_changed_and_what_the_task_calls_by_name(make_lab) -> None:
    make_lab()
    mutant = next(each for each in make_mutants(load_lab("first")) if "yesx" in each.script)
    assert {"yes", "yesx", "word.txt"} <= set(mutant.words)
