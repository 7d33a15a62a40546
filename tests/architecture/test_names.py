"""Streams and keys have one spelling, and nobody works on keys by their looks."""

import ast

from tests.architecture.source import Module, modules, parse

PREFIX = "quantum:"
BY_PATTERN = frozenset({"scan", "scan_iter", "keys"})


def names(module: Module) -> list[int]:
    """Lines with a text that begins like the name of a stream or key."""
    texts = (node for node in ast.walk(module.tree) if isinstance(node, ast.Constant))
    return [text.lineno for text in texts if isinstance(text.value, str) and text.value.startswith(PREFIX)]


def searches(module: Module) -> list[int]:
    """Lines that ask Redis for keys by a pattern. A mapping's own `keys()` takes no argument."""
    calls = (node for node in ast.walk(module.tree) if isinstance(node, ast.Call))
    return [
        call.lineno
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in BY_PATTERN
        and (call.func.attr != "keys" or call.args or call.keywords)
    ]


def test_r16_r19_r51_streams_and_keys_are_spelt_in_one_place() -> None:
    assert {module.path for module in modules() if names(module)} == {"contracts/names.py"}


def test_r32_r33_nothing_is_counted_or_deleted_by_the_looks_of_its_key() -> None:
    assert {module.path: searches(module) for module in modules() if searches(module)} == {}


def test_a_second_spelling_and_a_search_would_be_noticed() -> None:
    text = 'a = "quantum:stream:x"\nb = f"quantum:{a}"\nc = redis.keys("quantum:*")\nd = {}.keys()\nredis.scan_iter()\n'
    module = parse("bad.py", text)

    assert names(module) == [1, 2, 3]
    assert searches(module) == [3, 5]
