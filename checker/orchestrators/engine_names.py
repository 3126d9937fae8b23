"""What a page or lab names as its engine: one, or several that it uses together."""

from __future__ import annotations

TOGETHER = ("docker", "kind", "ecs", "swarm")
ENGINES = (*TOGETHER, "none")


def needs(engine: str, wanted: str) -> bool:
    """Whether a front matter's `engine`, such as "ecs, kind", names the engine WANTED."""
    return wanted in named(engine)


def named(engine: str) -> tuple[str, ...]:
    """The engines of a front matter, in its order."""
    return tuple(each.strip() for each in engine.split(","))


def is_good(engine: object) -> bool:
    """Whether it is one of the engines, or several different ones that can be used together."""
    if not isinstance(engine, str):
        return False
    given = named(engine)
    return given == ("none",) or (len(set(given)) == len(given) and set(given) <= set(TOGETHER))


def described() -> str:
    """What may be given, in words."""
    return f"one of {', '.join(ENGINES)}, or several of them with a comma, such as ecs, kind"
