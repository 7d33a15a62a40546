"""What the doctor found, by name."""

from harvest.doctor.verdict import Check, Level, Verdict


def named(checks: tuple[Check, ...]) -> dict[str, Verdict]:
    found = {check.name: check.verdict for check in checks}
    assert len(found) == len(checks), "two checks have one name"
    return found


def not_ok(found: dict[str, Verdict]) -> set[str]:
    return {name for name, verdict in found.items() if verdict.level is not Level.OK}
