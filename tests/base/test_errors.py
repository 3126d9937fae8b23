"""Errors say what was expected, what was found and what to do."""

from checker.base.errors import CouldNotFindOut, CourseError


def test_text_has_all_parts_in_order() -> None:
    error = CourseError("Wrong.", expected="a", found="b", next_step="Do c.")
    assert str(error) == "Wrong.\n  expected: a\n  found: b\n  next: Do c."


def test_text_leaves_out_what_was_not_given() -> None:
    assert str(CourseError("Wrong.")) == "Wrong."


def test_exit_status_tells_bad_input_from_not_knowing() -> None:
    assert (CourseError("").exit_code, CouldNotFindOut("").exit_code) == (2, 3)
