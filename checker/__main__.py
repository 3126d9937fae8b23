"""python -m checker: the same as ./course."""

from checker.cli import main

main(prog_name="course")
