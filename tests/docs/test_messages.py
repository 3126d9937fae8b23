"""No text of an error is lost: what a learner was told once he is told still, or something better.

`messages.txt` holds each text that an error carries: what is wrong, expected, found, and what to
do next. One text a line, sorted; a placeholder of an f-string is `{}`, a line break `\\n`, a
backslash `\\\\`. Texts of one word are left out. A text counts as kept if it is a literal anywhere
in the package, or one of four words that stands in a longer one; so moving code to another module,
or a text into a constant, changes nothing here.

Whoever improves a text replaces its line by the new text; the test prints both. Whoever removes
an error with its cause removes its lines. `python tests/docs/test_messages.py` prints what is not
in the file yet, in its form.
"""

from __future__ import annotations

import ast
import difflib
import functools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = Path(__file__).with_name("messages.txt")
ERRORS = ("CourseError", "CouldNotFindOut", "CheckFailed", "CommandFailed", "Failed", "Outcome")
FINDINGS = ("Finding", "Trouble", "Failure")
"""What `lint`, `doctor` and `verify` print; they are no exceptions, but say what is wrong."""

CODE = re.compile(
    r"^---\n|^\[\w+\]\n|</|<\w+ \w+=|\r\n|/proc/|/kind/"
    r"|\$[({@]|set -|%Y|> /dev|^&& |^echo |\]\(\{|\{\{if"
)
"""Scripts, SVG and requests, which a call may carry beside a text."""

ARTICLE_SLIP = re.compile(
    r"(?<![\w-])(?:[Aa] (?:[aeioAEIO]|u(?!s[ei]|ni)|\{)"
    r"|[Aa]n (?![aeiouAEIO]|h(?:our|on)|[FHLMNRSX][A-Z]).)"
)
"""An article that does not fit the next word; after a dash, as in `-a`, it is an option."""

KEYWORDS = ("expected", "found", "next_step")
FOLLOWED = (
    ast.IfExp | ast.BoolOp | ast.NamedExpr | ast.BinOp | ast.List | ast.ListComp | ast.Starred
)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def read_template(node: ast.AST) -> str | None:
    """Return the text of a literal, an f-string or a sum with one of them; None for all else."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(read_template(part) or "{}" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        sides = [read_template(side) for side in (node.left, node.right)]
        if any(side is not None for side in sides):
            return "".join("{}" if side is None else side for side in sides)
    return None


def find_literals(trees: Iterable[ast.AST]) -> set[str]:
    """Find every text that stands literally in the code."""
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {text.strip() for node in nodes if (text := read_template(node))}


def find_error_classes(nodes: Iterable[ast.AST]) -> set[str]:
    """Find the names of the course's errors: those named above, and what inherits from them."""
    bases = {node.name: names_of(node.bases) for node in nodes if isinstance(node, ast.ClassDef)}
    errors = {*ERRORS, *FINDINGS}
    while more := {name for name, of in bases.items() if of & errors} - errors:
        errors |= more
    return errors


def names_of(nodes: Iterable[ast.AST]) -> set[str]:
    """Return the last part of each dotted name."""
    return {name for node in nodes if (name := getattr(node, "attr", getattr(node, "id", "")))}


class Collector:
    """Follows texts to errors: through variables, constants, and functions that make an error."""

    def __init__(self, trees: Iterable[ast.Module]) -> None:
        self.texts: set[str] = set()
        self.followed: set[int] = set()
        self.constants: dict[str, list[ast.expr]] = defaultdict(list)
        self.calls: dict[str, list[tuple[ast.Call, Function | None]]] = defaultdict(list)
        self.raised: list[tuple[ast.Call, Function | None]] = []
        self.functions: dict[str, list[Function]] = defaultdict(list)
        self.variables: dict[int, dict[str, list[ast.expr]]] = {}
        every = list(trees)
        self.errors = find_error_classes(node for tree in every for node in ast.walk(tree))
        for tree in every:
            for node in tree.body:
                for name, value in assigned(node):
                    self.constants[name].append(value)
            self.note_calls(tree, None, "")

    def note_calls(self, tree: ast.AST, function: Function | None, owner: str) -> None:
        """Note each call and each variable with the function that it stands in."""
        for node in ast.iter_child_nodes(tree):
            inner, of = function, owner
            if isinstance(node, ast.ClassDef):
                of = node.name
            elif isinstance(node, Function):
                inner = node
                self.functions[node.name].append(node)
                self.variables[id(node)] = defaultdict(list)
            elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
                self.raised.append((node.exc, function))
            elif isinstance(node, ast.Call):
                for name in names_of([node.func]):
                    # super().__init__(...) of an error is a call of the error itself
                    self.calls[of if name == "__init__" else name].append((node, function))
            if function:
                for name, value in assigned(node):
                    self.variables[id(function)][name].append(value)
            self.note_calls(node, inner, of)

    def collect(self) -> set[str]:
        """Return every text that an error can carry."""
        errors = [each for name in self.errors for each in self.calls[name]]
        for call, function in [*self.raised, *errors]:
            for value in [*call.args, *(keyword.value for keyword in call.keywords)]:
                self.follow(value, function)
        for call, function in [each for calls in self.calls.values() for each in calls]:
            for keyword in call.keywords:
                if keyword.arg in KEYWORDS:
                    self.follow(keyword.value, function)
        return self.texts

    def follow(self, node: ast.AST, function: Function | None) -> None:
        """Add the texts that an expression can become.

        Args:
            node: The expression.
            function: The function that it stands in; its variables and parameters are followed.
        """
        if id(node) in self.followed:
            return
        self.followed.add(id(node))
        text = read_template(node)
        if text is not None:
            self.add(text)
            self.add_parts(node)
            for each in ast.walk(node):
                if isinstance(each, ast.Name) and function:
                    for value in self.variables[id(function)].get(each.id, []):
                        self.follow(value, function)
        elif isinstance(node, ast.Name):
            self.follow_name(node.id, function)
        elif isinstance(node, ast.Attribute):
            for value in self.constants[node.attr]:
                self.follow(value, None)
            self.follow_returned(node.attr)
        elif isinstance(node, ast.Call):
            self.add_parts(node)
            for name in names_of([node.func]):
                self.follow_returned(name)
        elif isinstance(node, FOLLOWED):
            for part in ast.iter_child_nodes(node):
                if part is not getattr(node, "test", None):
                    self.follow(part, function)

    def add(self, text: str) -> None:
        """Add a text of two words or more; a single word may be anything, such as a key."""
        if " " in text.strip() and any(char.isalpha() for char in text) and not CODE.search(text):
            self.texts.add(text.strip())

    def add_parts(self, node: ast.AST) -> None:
        """Add the texts that are handed to calls or stand in placeholders."""
        whole = read_template(node) is not None
        for part in [] if isinstance(node, ast.Subscript) else ast.iter_child_nodes(node):
            text = read_template(part)
            if text is not None and not whole:
                self.add(text)
            self.add_parts(part)

    def follow_returned(self, name: str) -> None:
        """Follow a function or a property of the package to the texts that it returns."""
        for function in [] if name in dir(str) else self.functions[name]:
            for node in ast.walk(function):
                if isinstance(node, ast.Return | ast.Yield) and node.value is not None:
                    self.follow(node.value, function)

    def follow_name(self, name: str, function: Function | None) -> None:
        """Follow a variable to what it was set to, and a parameter to what callers give it."""
        own = self.variables[id(function)] if function else {}
        for value in own.get(name) or self.constants[name]:
            self.follow(value, function)
        if function is None:
            return
        position = [each.arg for each in [*function.args.posonlyargs, *function.args.args]]
        skipped = 1 if position[:1] in (["self"], ["cls"]) else 0
        if name not in [*position, *(each.arg for each in function.args.kwonlyargs)]:
            return
        for call, caller in self.calls[function.name]:
            for keyword in call.keywords:
                if keyword.arg == name:
                    self.follow(keyword.value, caller)
            if name in position:
                for value in call.args[position.index(name) - skipped :][:1]:
                    self.follow(value, caller)


def assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the plain names that a statement or `:=` sets, and to what."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, node.value
            elif isinstance(target, ast.Tuple):
                values = getattr(node.value, "elts", [node.value] * len(target.elts))
                for name, value in zip(target.elts, values, strict=False):
                    if isinstance(name, ast.Name):
                        yield name.id, value
    elif (
        isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr)
        and isinstance(node.target, ast.Name)
        and node.value is not None
    ):
        yield node.target.id, node.value


def write_line(text: str) -> str:
    """Return a text as a line of the catalogue."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")


@functools.cache
def read_package() -> tuple[frozenset[str], frozenset[str]]:
    """Return the lines of all texts of errors, and of all literals of the package."""
    trees = [ast.parse(path.read_text()) for path in sorted((ROOT / "checker").rglob("*.py"))]
    errors, literals = Collector(trees).collect(), find_literals(trees)
    return frozenset(map(write_line, errors)), frozenset(map(write_line, literals))


def read_catalogue() -> list[str]:
    """Return the lines of `messages.txt`."""
    return CATALOGUE.read_text().removesuffix("\n").split("\n")


def test_every_text_of_the_catalogue_is_in_the_package() -> None:
    errors, literals = read_package()
    whole = "\n".join(literals)
    missing = [
        line
        for line in read_catalogue()
        if line not in literals and not (line.count(" ") > 2 and line.strip("{} :;,") in whole)
    ]
    # among errors alone: they are few enough to compare, and the likelier successors
    nearest = {line: difflib.get_close_matches(line, errors, n=1, cutoff=0.5) for line in missing}
    told = [f"  gone:    {line}\n  nearest: {' '.join(nearest[line])}" for line in missing]
    assert not missing, "\n".join(["texts that learners read are gone:", *told])


def test_catalogue_is_sorted_and_names_each_text_once() -> None:
    lines = read_catalogue()
    assert lines == sorted(set(lines))


def find_article_slips(text: str) -> list[str]:
    """Find `a` before a vowel, `an` before a consonant, and an article before a placeholder.

    What stands in a placeholder is known only at run time, so no article is right before it:
    `checker.checks.core.failure.add_article` chooses one.
    """
    return [slip[0] for slip in ARTICLE_SLIP.finditer(text)]


def test_articles_fit_the_words_behind_them() -> None:
    slips = {text: found for text in read_package()[0] if (found := find_article_slips(text))}
    assert slips == {}


def test_an_article_that_does_not_fit_is_found() -> None:
    assert find_article_slips("a image named web") == ["a i"]
    assert find_article_slips("It is an container.") == ["an c"]
    assert find_article_slips("A {} named {}") == ["A {"]
    assert find_article_slips("a user, a unit, an HTTP answer, an hour, -a image") == []


def test_texts_are_followed_to_the_errors_that_carry_them() -> None:
    source = """
HINT = "See the manual."
class Odd(CourseError):
    def __init__(self, what):
        super().__init__(f"{what} is odd.", next_step=HINT)
def refuse(name, why, cure):
    step = cure or f"Remove {name}."
    return CheckFailed(f"no {name} " "at all", why if name else "nothing", step)
def use(x):
    print("said to nobody")
    raise refuse(x, "it has two lines:\\n" + x, cure="Try again.")
"""
    assert Collector([ast.parse(source)]).collect() == {
        "See the manual.",
        "{} is odd.",
        "Remove {}.",
        "no {} at all",
        "it has two lines:\n{}",
        "Try again.",
    }


if __name__ == "__main__":
    print("\n".join(sorted(read_package()[0] - set(read_catalogue()))))
