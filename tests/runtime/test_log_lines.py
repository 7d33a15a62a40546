"""One format for every line, with the trace in it."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog
from opentelemetry.sdk.trace import TracerProvider
from temporalio import activity, workflow

from runtime.log_lines import configure_logging
from runtime.settings import LogFormat, LogLevel


@pytest.fixture(autouse=True)
def restore_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_our_lines_and_those_of_libraries_look_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LogFormat.JSON, LogLevel.INFO)
    structlog.stdlib.get_logger("bridge").info("close started", symbol="ETHUSDT")
    logging.getLogger("temporalio.worker").warning("slow %s", "task", extra={"workflow_id": "w"})
    structlog.stdlib.get_logger("bridge").debug("not shown")
    ours, theirs = lines(capsys)
    assert (ours["message"], ours["logger"], ours["level"], ours["symbol"]) == (
        "close started", "bridge", "info", "ETHUSDT",
    )  # fmt: skip
    assert (theirs["message"], theirs["logger"], theirs["workflow_id"]) == ("slow task", "temporalio.worker", "w")
    assert str(ours["timestamp"]).endswith("Z")


def test_the_trace_is_in_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LogFormat.JSON, LogLevel.INFO)
    with TracerProvider().get_tracer("test").start_as_current_span("span") as span:
        structlog.stdlib.get_logger("bridge").info("inside")
    (line,) = lines(capsys)
    assert line["trace_id"] == f"{span.get_span_context().trace_id:032x}"


def test_an_exception_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LogFormat.JSON, LogLevel.INFO)
    try:
        int("no number")
    except ValueError:
        structlog.stdlib.get_logger("bridge").exception("it broke")
    (line,) = lines(capsys)
    assert "ValueError" in str(line["exception"])


def test_console(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging(LogFormat.CONSOLE, LogLevel.WARNING)
    structlog.stdlib.get_logger("bridge").warning("dead letter", field="action")
    assert "dead letter" in capsys.readouterr().err


def test_temporals_own_suffix_is_off() -> None:
    configure_logging(LogFormat.JSON, LogLevel.INFO)
    assert not workflow.logger.workflow_info_on_message
    assert not activity.logger.activity_info_on_message
