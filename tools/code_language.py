"""Print how the code of the package speaks: names, private functions, docstrings, comments, sizes.

Run it with a folder to see one room alone, and with --list to see what makes up each number:

    python tools/code_language.py checker/labs --list
"""

from __future__ import annotations

import argparse
import ast
import io
import statistics
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "checker"
MOST_LINES, MOST_MODULES = 300, 18
VERBS = frozenset(
    """
    accept acquire add adopt advise allow announce answer append apply ask assemble attach await
    be begin bind break bring build call cancel capture carry catch change check choose clean clear
    close collect combine compare compile complete compute configure connect convert copy count
    cover create cut decide declare decode define delete deliver deploy derive describe detach
    determine disable discard disconnect divide do download drain draw drop embed empty enable
    encode end enforce ensure enter escape evaluate exclude execute exit expand expect explain
    export extend extract fail fall fetch fill filter find finish fit fix flag flush follow forget
    fork format forward free gather generate get give go group grow guess guide halt hand handle
    have hide hold ignore import include increase indent index infer inform initialize insert
    inspect install invoke issue iterate join judge keep kill label launch lay leave let limit lint
    list listen load lock log look lower make map mark match measure merge mirror mount move name
    narrow need normalize note notice notify number observe obtain offer open order overlay pack
    pad parse pass patch pause perform pick pin place plan plot point poll populate post prefix
    prepare preload print proceed process produce prove provide prune publish pull push put query
    queue quote raise reach read rebuild receive recognize reconnect record recover redirect reduce
    refresh refuse register reject release reload remember remove rename render repair repeat
    replace reply report request require reset resolve respond restart restore resume retry return
    reveal rewrite roll rotate run save say scale schedule search seed select send separate serve
    set settle share shift show shut sign signal simulate skip sleep sort spawn split start state
    stay stop store stream strip subscribe subtract suggest sum supply suppress swap switch sync
    take tear tell terminate test throttle tie time touch trace track transform translate trim try
    turn undo unpack unquote update upload use validate verify wait walk warn watch wrap write
    yield
    """.split()  # noqa: SIM905 - four hundred quotes would be harder to read
)
"""First words that make a docstring an instruction; PEP 257 asks for the imperative."""


@dataclass(frozen=True)
class Function:
    """One function or method, and where it stands."""

    name: str
    place: str
    lines: int
    doc: str
    is_property: bool

    @property
    def is_private(self) -> bool:
        return self.name.startswith("_")

    @property
    def is_one_word(self) -> bool:
        return "_" not in self.name.strip("_")

    @property
    def opens_with_a_verb(self) -> bool:
        return self.doc.split()[0].strip(",.:;").lower() in VERBS


def find_functions(folder: Path) -> Iterator[Function]:
    """Find every function of the modules below a folder, dunder methods left out."""
    for path in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if node.name.startswith("__"):
                continue
            names = [ast.unparse(each) for each in node.decorator_list]
            yield Function(
                node.name,
                f"{path}:{node.lineno}",
                (node.end_lineno or node.lineno) - node.lineno + 1,
                (ast.get_docstring(node) or "").strip(),
                any(name.endswith("property") for name in names),
            )


def count_comments(path: Path) -> int:
    """Count the comments of a module, directives for tools left out."""
    tokens = tokenize.generate_tokens(io.StringIO(path.read_text()).readline)
    words = ("# noqa", "# type:", "# fmt:", "#!")
    return sum(
        each.type == tokenize.COMMENT and not each.string.startswith(words) for each in tokens
    )


def main() -> int:
    """Print the table; end with 1 if a folder or a module is over its size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=PACKAGE)
    parser.add_argument("--list", action="store_true", help="Name what makes up each number.")
    given = parser.parse_args()
    functions = list(find_functions(given.folder))
    documented = [
        each for each in functions if each.doc and not each.is_private and not each.is_property
    ]
    sizes = {
        path: len(path.read_text().splitlines()) for path in sorted(given.folder.rglob("*.py"))
    }
    rows = {
        "one-word names": ([each for each in functions if each.is_one_word], len(functions), 45),
        "private functions": ([each for each in functions if each.is_private], len(functions), 30),
        "docstrings without a verb first": (
            [each for each in documented if not each.opens_with_a_verb],
            len(documented),
            10,
        ),
    }
    for title, (found, total, most) in rows.items():
        share = 100 * len(found) / max(total, 1)
        print(f"{title:34} {share:5.1f} %  (at most {most} %)  {len(found)} of {total}")
        if given.list:
            print("\n".join(f"    {each.place}  {each.name}  {each.doc[:60]!r}" for each in found))
    comments = sum(map(count_comments, sizes))
    lines = sum(sizes.values())
    print(f"{'comments':34} {100 * comments / max(lines, 1):5.1f} in 100 lines")
    if functions:
        median = statistics.median(each.lines for each in functions)
        print(f"{'median function':34} {median:5.0f} lines")
    print(f"{'lines':34} {lines:5} in {len(sizes)} modules")
    folders = {path.parent for path in sizes}
    crowded = {each: len(list(each.glob("*.py"))) for each in folders}
    too_large = [f"{path}: {count} lines" for path, count in sizes.items() if count > MOST_LINES]
    too_large += [f"{each}: {n} modules" for each, n in crowded.items() if n > MOST_MODULES]
    print("\n".join(too_large) or f"no module over {MOST_LINES} lines, no crowded folder")
    return 1 if too_large else 0


if __name__ == "__main__":
    sys.exit(main())
