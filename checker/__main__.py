"""python -m checker: the same as ./course."""

from checker.cli.main import main

main(prog_name="course")
