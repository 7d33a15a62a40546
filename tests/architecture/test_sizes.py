"""One idea a file, one step a function."""

from tests.architecture.source import functions, modules

MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 40
A_LITTLE_LONGER = {"workflows/close.py": 310}
"""The seven steps of a close are one story; told in two files they would be none."""


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lengths = {module.path: len(module.text.splitlines()) for module in modules()}

    assert {
        path: length for path, length in lengths.items() if length > A_LITTLE_LONGER.get(path, MOST_LINES_OF_A_FILE)
    } == {}


def test_no_function_is_longer_than_a_screen() -> None:
    long = {
        f"{module.path} {function.name}": length
        for module in modules()
        for function in functions(module.tree)
        if (length := (function.end_lineno or 0) - function.lineno + 1) > MOST_LINES_OF_A_FUNCTION
    }

    assert long == {}
