"""Names of other packages that the emulator replaces or uses are listed, and are there."""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from checker.orchestrators.ecs.emulator import private_names
from checker.orchestrators.ecs.emulator.private_names import ALB, ECS, REPLACED, PrivateName

HERE = Path(private_names.__file__).parent
THIRD_PARTY = ("ministack", "docker", "aiohttp", "hypercorn", "yarl")
MODULES = {"ecs": ECS, "self._ecs": ECS, "alb": ALB, "self._alb": ALB}
"""What the emulator's code calls MiniStack's modules; none of their names is documented."""

PRIVATE = re.compile(r"_[A-Za-z]\w*")
KNOWN = {each.name for each in private_names.NAMES}
KEYS = {each.name for each in private_names.KEYS} | set(private_names.OWN_KEYS)


def find_owner(dotted: str) -> Any:
    """Return the module, class or mapping of a dotted name."""
    parts = dotted.split(".")
    for at in range(len(parts), 0, -1):
        try:
            found: Any = importlib.import_module(".".join(parts[:at]))
        except ModuleNotFoundError:
            continue
        for part in parts[at:]:
            found = getattr(found, part)
        return found
    raise LookupError(dotted)


def has_name(owner: Any, name: str) -> bool:
    """Tell whether an owner has a name; aiohttp lists what its sessions have as ATTRS."""
    if isinstance(owner, Mapping):
        return name in owner
    if hasattr(owner, "__path__") and importlib.util.find_spec(f"{owner.__name__}.{name}"):
        return True
    return hasattr(owner, name) or name in getattr(owner, "ATTRS", ())


def name_each(names: tuple[PrivateName, ...]) -> list[Any]:
    return [pytest.param(each, id=f"{each.owner}.{each.name}") for each in names]


@pytest.mark.parametrize("listed", name_each(private_names.NAMES))
def test_each_name_is_there_still(listed: PrivateName) -> None:
    assert has_name(find_owner(listed.owner), listed.name), (
        f"{listed.owner} has no {listed.name} any more. What it was {listed.use} for: "
        f"{listed.reason}"
    )


@pytest.mark.parametrize("listed", name_each(private_names.KEYS))
def test_each_key_is_there_still(listed: PrivateName) -> None:
    source = inspect.getsource(find_owner(listed.owner))
    assert f'"{listed.name}"' in source, f"{listed.owner} knows no {listed.name} any more"


@pytest.mark.parametrize("package", private_names.VERSIONS)
def test_the_installed_version_is_the_one_that_was_looked_at(package: str) -> None:
    looked_at = private_names.VERSIONS[package]
    advice = f"look at each name of {package} in private_names.py, then raise the version there"
    assert version(package) == looked_at, advice
    pins = (Path(__file__).parents[4] / "requirements.txt").read_text()
    assert f"\n{package}=={looked_at} " in pins, advice


def test_each_name_has_a_version_a_use_and_a_reason() -> None:
    for each in (*private_names.NAMES, *private_names.KEYS):
        assert each.owner.partition(".")[0] in private_names.VERSIONS
        assert each.use in (REPLACED, private_names.USED)
        assert each.reason.endswith(".")
    assert len(set(private_names.NAMES)) == len(private_names.NAMES)


class Names:
    """What a module of the emulator does with names of other packages.

    `used` and `replaced` have the names; `trouble` has what must not be.
    """

    def __init__(self, source: str) -> None:
        self.used: set[str] = set()
        self.replaced: set[str] = set()
        self.trouble: list[str] = []
        tree = ast.parse(source)
        self._imported = set(self._find_imports(tree))
        for node in ast.walk(tree):
            match node:
                case ast.ImportFrom(module=str(module)) if not module.startswith("checker"):
                    for each in node.names:
                        if module.startswith("ministack") or PRIVATE.fullmatch(each.name):
                            self._use(module, each.name, node)
                case ast.Attribute():
                    self._look_at_attribute(node)
                case ast.Constant(value=str(text)):
                    if PRIVATE.fullmatch(text) and text not in KNOWN | KEYS:
                        self._complain(node, f"{text} is not listed")
                case ast.Call(func=ast.Name(id=function)):
                    self._look_at_call(function, node)

    def _find_imports(self, tree: ast.AST) -> Iterator[str]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                module = getattr(node, "module", None)
                for each in node.names:
                    if (module or each.name).partition(".")[0] in THIRD_PARTY:
                        yield (each.asname or each.name).partition(".")[0]

    def _complain(self, node: ast.AST, text: str) -> None:
        self.trouble.append(f"line {getattr(node, 'lineno', 0)}: {text}")

    def _use(self, owner: str, name: str, node: ast.AST) -> None:
        """Note a name; an empty owner is one that the code does not tell."""
        self.used.add(name)
        listed = [each for each in private_names.NAMES if each.name == name]
        if not any(owner in ("", each.owner) for each in listed):
            self._complain(node, f"{owner}.{name} is not listed")

    def _look_at_attribute(self, node: ast.Attribute) -> None:
        base = ast.unparse(node.value)
        private = PRIVATE.fullmatch(node.attr) and base not in ("self", "cls")
        if base in MODULES or private:
            self._use(MODULES.get(base, ""), node.attr, node)
        root = base.partition(".")[0].partition("[")[0]
        ours = not private and base not in MODULES and root not in self._imported
        if not isinstance(node.ctx, ast.Load) and not ours:
            self._complain(node, f"{base}.{node.attr} is set without replace_name")

    def _look_at_call(self, function: str, node: ast.Call) -> None:
        if function in ("setattr", "delattr"):
            self._complain(node, "what replaces a name calls replace_name")
        if function not in ("getattr", "replace_name"):
            return
        owner, name = ast.unparse(node.args[0]), node.args[1]
        if not (isinstance(name, ast.Constant) and isinstance(name.value, str)):
            self._complain(node, f"{function} must have the name itself")
        elif function == "getattr" and owner in MODULES:
            self._use(MODULES[owner], name.value, node)
        elif function == "replace_name":
            self.replaced.add(name.value)
            listed = [each for each in private_names.NAMES if each.name == name.value]
            if not any(each.use == REPLACED for each in listed):
                self._complain(node, f"{name.value} is not listed as replaced")


MODULE_FILES = [each for each in sorted(HERE.rglob("*.py")) if each.name != "private_names.py"]


@pytest.mark.parametrize("path", MODULE_FILES, ids=lambda path: str(path.relative_to(HERE)))
def test_no_module_knows_a_name_that_is_not_listed(path: Path) -> None:
    assert Names(path.read_text()).trouble == []


def test_no_name_is_listed_that_is_not_used() -> None:
    found = [Names(each.read_text()) for each in MODULE_FILES]
    replaced = set().union(*(each.replaced for each in found))
    used = set().union(*(each.used for each in found))
    for listed in private_names.NAMES:
        known = replaced if listed.use == REPLACED else used
        assert listed.name in known, f"{listed.owner}.{listed.name} is no longer {listed.use}"
    text = "".join(each.read_text() for each in MODULE_FILES)
    assert [each for each in KEYS if f'"{each}"' not in text] == []


@pytest.mark.parametrize(
    "source",
    [
        "ecs._never_listed()",
        "self._ecs.public_but_not_listed",
        "alb._run_task()",
        "anything.api._never_listed",
        'task["_never_listed"]',
        'getattr(thing, "_never_listed")',
        'getattr(ecs, "public_but_not_listed")',
        "getattr(ecs, name)",
        "from aiohttp.client import _never_listed",
        "from ministack.core import responses",
        "import aiohttp\naiohttp.ClientSession.request = mine",
        "from docker.models.containers import Container\nContainer.stop = mine",
        "session._retry_connection = False",
        "ecs._stop_task = mine",
        'setattr(ecs, "_stop_task", mine)',
        'replace_name(ecs, "_run_task", mine)',
        "replace_name(ecs, name, mine)",
    ],
)
def test_a_name_that_is_not_listed_is_found(source: str) -> None:
    assert Names(source).trouble


@pytest.mark.parametrize(
    "source",
    [
        "self._mine = 1",
        "health.asked = False",
        "ecs._tasks.get(arn)",
        'replace_name(ecs, "_stop_task", mine)',
        "from aiohttp import ClientSession",
    ],
)
def test_what_is_ours_or_listed_or_public_is_no_trouble(source: str) -> None:
    assert Names(source).trouble == []


def test_only_a_listed_name_can_be_replaced() -> None:
    owner = SimpleNamespace(_stop_task=1)
    private_names.replace_name(owner, "_stop_task", 2)
    assert owner._stop_task == 2
    with pytest.raises(LookupError, match="_never_listed"):
        private_names.replace_name(owner, "_never_listed", 2)
