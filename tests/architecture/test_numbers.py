"""Prices and quantities are Decimal from end to end. Where a float remains, it is named here with its reason."""

import ast

import pytest

from tests.architecture.source import Module, modules, parse

JUSTIFIED = {
    "contracts/search.py Key": "the type of a search attribute; Temporal has no decimal one",
    "contracts/search.py start_attributes": "R as an index value for operators; nothing is computed from it",
    "workflows/journal.py _final_attributes": "R and kill score as index values for operators",
    "workflows/permission.py _seconds": "a time: clock readings come as float and become Decimal text at once",
    "workflows/policies.py READ_QUICKLY": "the SDK's backoff coefficient",
}


def floats(module: Module) -> set[str]:
    """Top-level definitions of a module that have a float in them: a literal, a call or a type."""
    return {
        f"{module.path} {_name(statement)}"
        for statement in module.tree.body
        if any(_is_float(node) for node in ast.walk(statement))
    }


def _is_float(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, float)
    return isinstance(node, ast.Name) and node.id == "float"


def _name(statement: ast.stmt) -> str:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return statement.name
    if isinstance(statement, ast.Assign):
        return ast.unparse(statement.targets[0])
    return ast.unparse(statement.target) if isinstance(statement, ast.AnnAssign) else f"line {statement.lineno}"


def test_r02_the_kernel_has_no_float_at_all() -> None:
    assert [where for module in modules("kernel") for where in floats(module)] == []


def test_contracts_and_workflows_have_only_the_floats_that_are_justified() -> None:
    found = {where for module in modules("contracts", "workflows") for where in floats(module)}

    assert found == set(JUSTIFIED)


def test_the_way_of_an_order_has_no_float() -> None:
    ways = ("activities/confirmation.py", "activities/look.py", "activities/publisher.py", "activities/snapshot.py",
            "exchange/order_form.py", "exchange/send.py", "exchange/wire.py")  # fmt: skip
    found = {where for module in modules("activities", "exchange") if module.path in ways for where in floats(module)}

    assert found == {"activities/confirmation.py PAUSES_SECONDS"}  # seconds


@pytest.mark.parametrize(
    "line", ["x = 0.1", "def f(y: str) -> object:\n    return float(y)", "class C:\n    z: float", "w = [1, 2.0]"]
)
def test_a_float_would_be_noticed(line: str) -> None:
    assert len(floats(parse("offender.py", line))) == 1
