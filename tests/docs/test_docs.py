"""The pages for readers agree with the code: links, settings, streams, outcomes, fields, words, reasons, commands."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from activities.reconcile_events import Speaker, odd_event, record_event, stop_event
from activities.reconcile_view import judge_all
from activities.record_store import Found
from bridge.dead_letters import DeadLetters
from bridge.entry import Entry
from bridge.old import OldDecision
from bridge.settings import BridgeSettings
from bridge.stale import stale_record
from bridge.stats import BridgeStats
from bridge.validate import Rejected, validate
from contracts import names, wire_in
from contracts.intent import CloseIntent
from contracts.order import AlgoOrder, OrderSide, PositionSide
from contracts.reconcile import AccountView, ConditionalOrder, RecordKind
from contracts.result import CloseResult, FillSummary, Outcome
from contracts.wire_out import result_fields, suggestion_payload, trade_closed_fields
from contracts.wire_time import entry_time
from harvest.__main__ import app
from kernel import actions, guard
from runtime.load import _READ_ELSEWHERE
from runtime.settings import PREFIX, Settings
from workflows.inbox import Answer

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
INTEGRATOR = (ROOT / "docs/integrator.md").read_text()
SETTINGS = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields} | _READ_ELSEWHERE
RESULT = CloseResult(
    outcome=Outcome.CLOSED_FLAT,
    reason_codes=("close_allowed",),
    decisive="close_allowed",
    plan_id="p",
    entry_id="1-0",
    account="main",
    symbol="ETHUSDT",
    action="CLOSE",
    position_side=PositionSide.LONG,
    order_side=OrderSide.SELL,
    fills=FillSummary(),
    workflow_id="close-main-ETHUSDT",
    run_id="r",
)

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[tuple[str, Path, str]]:
    """Every relative link: as written, the file it names, and its anchor."""
    for link in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", prose(page)):
        if not re.match(r"[a-z]+:", link):
            path, _, anchor = link.partition("#")
            yield link, (page.parent / path).resolve() if path else page, anchor


def rows(section: str) -> list[list[str]]:
    """Names in the first column of the tables below a heading, row by row."""
    _, found, rest = f"\n{INTEGRATOR}".partition(f"\n{section}\n")
    assert found, f"no section {section}"
    text = re.split(r"^#+ ", rest, maxsplit=1, flags=re.MULTILINE)[0]
    cells = re.findall(r"^\| (`[^|]*?) \|", text, re.MULTILINE)
    return [re.findall(r"`([^`]+)`", cell) for cell in cells]


def documented(section: str) -> set[str]:
    """All names in the first column of the tables below a heading."""
    return {name for row in rows(section) for name in row}


@every_page
def test_relative_links_lead_somewhere(page: Path) -> None:
    dead = [
        link
        for link, target, anchor in links(page)
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target))
    ]

    assert dead == []


@every_page
def test_links_stay_inside_the_repository(page: Path) -> None:
    assert [link for link, target, _ in links(page) if not target.is_relative_to(ROOT)] == []


@every_page
def test_settings_exist(page: Path) -> None:
    named = set(re.findall(rf"\b{PREFIX}[A-Z_]*[A-Z]\b", page.read_text()))

    assert named - set(actions._VOCABULARY) - {"HARVEST_SUGGESTION"} <= SETTINGS


@every_page
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"(?:`|^)make ([a-z]+)\b", page.read_text(), re.MULTILINE)) <= targets


@every_page
def test_commands_exist(page: Path) -> None:
    known = {name for name in app if not name.startswith("-")}

    assert set(re.findall(r"(?:`|^)harvest ([a-z]+(?:-[a-z]+)*)\b", page.read_text(), re.MULTILINE)) <= known


@every_page
def test_streams_and_keys_are_those_of_the_code(page: Path) -> None:
    known = {value for value in vars(names).values() if isinstance(value, str)}
    patterns = {names.key_market_state(""), names.key_risk_proposal(""), names.key_position(""), names.key_config("")}
    patterns |= {names.key_position_state(""), names.key_position_ledger(""), names.key_position_snapshot("")}
    patterns |= {names.key_position_claim(""), names.key_open_positions("")}
    patterns |= {
        "quantum:harvest:answered:",
        "quantum:harvest:latest:",
        "quantum:harvest:owner:",
        "quantum:harvest:published:",
        "quantum:harvest:record:",
        "quantum:harvest:sent:",
    }

    named = set(re.findall(r"\bquantum:[a-z:.]*[a-z:]", page.read_text()))

    assert {name for name in named if name not in known | patterns} == set()


def test_the_integrator_meets_every_stream() -> None:
    streams = {value for name, value in vars(names).items() if name.startswith("STREAM_")}

    assert documented("# Integrating with Harvest") == streams


def test_outcomes_are_those_of_the_code() -> None:
    assert documented("### Outcomes") == {outcome.value for outcome in Outcome}


def test_every_field_of_a_result_is_documented_and_no_other() -> None:
    assert documented("### apply.result") == result_fields(RESULT, "b", "t", 1).keys()


def test_every_field_of_a_closed_trade_is_documented_and_no_other() -> None:
    assert documented("### trade.closed") == trade_closed_fields(RESULT, "b", "t", 1).keys()


def test_every_field_of_a_suggestion_is_documented_and_no_other() -> None:
    record = suggestion_payload(RESULT, "b", "t", 1)

    assert documented("### harvest.suggestions") == record.keys() | json.loads(record["payload"]).keys()


def test_every_field_of_the_record_for_old_decisions_is_documented() -> None:
    _, _, rest = INTEGRATOR.partition("#### The record for old decisions")
    shared = set(re.findall(r"`([a-z_]+)`", rest.partition("Its own are")[0]))
    intent = CloseIntent(entry_id="1-0", symbol="ETHUSDT", action="CLOSE", decided_at=entry_time("1-0"))

    record = stale_record([OldDecision.of(Entry(intent.entry_id, {}), intent)], "main", "b", 1)

    assert (shared - {"count"}) | documented("#### The record for old decisions") == record.keys()


def test_every_field_of_a_dead_letter_is_documented_and_no_other() -> None:
    letters = DeadLetters.__new__(DeadLetters)  # what a letter says needs no Redis
    letters._settings = BridgeSettings(consumer="c")
    letters._stats = BridgeStats()

    assert documented("### Dead letters") == letters._letter(Rejected(Entry("1-0", {}), "entry", "p")).keys()


def test_every_field_of_a_decision_is_documented_and_no_other() -> None:
    assert documented("### Fields") == wire_in.KNOWN - {"harvest_action"}  # which is known only to be named as wrong


def test_every_action_word_is_documented_and_no_other() -> None:
    words = documented("### Action words") - {"HARVEST_DYNAMIC_nnPCT"}

    assert words == set(actions._VOCABULARY) - {""}


def test_every_reason_is_documented() -> None:
    guarded = {code for _, code, _ in guard._RULES}
    worded = {meaning.code.format("<word>") for meaning in actions._VOCABULARY.values() if meaning.code}
    answered = {answer.value for answer in Answer}

    assert guarded | worded | answered <= documented("### Reasons")


def test_the_examples_are_understood_by_the_bridge() -> None:
    commands = re.findall(r"^redis-cli XADD \S+ '\*' (.+)$", INTEGRATOR, re.MULTILINE)
    assert len(commands) >= 5

    for command in commands:
        entry = Entry("1795185973376-0", as_fields(command))
        assert isinstance(validate(entry, entry_time(entry.id)), CloseIntent), command


def as_fields(command: str) -> dict[bytes, bytes]:
    """The fields of an XADD as a shell would give them to Redis, with any `$(date ...)` as a time of today."""
    shell = re.compile(r"'\$\(date \+%s(%3N)?\)'")
    text = shell.sub(lambda found: "1795185973376" if found[1] else "1795185973", command)
    words = [quoted or plain for quoted, plain in re.findall(r"'([^']*)'|(\S+)", text)]
    assert len(words) % 2 == 0, command
    return {name.encode(): value.encode() for name, value in zip(words[::2], words[1::2], strict=True)}


@every_page
def test_pictures_have_no_characters_that_break_them(page: Path) -> None:
    for picture in re.findall(r"^```mermaid\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        assert not re.search(r"[;()#]", picture), picture


def test_every_field_of_an_event_about_records_is_documented_and_no_other() -> None:
    speaker = Speaker("main", "b", shadow=False, now_ms=1)
    order = AlgoOrder(
        algo_id=1, client_algo_id="c", order_type="STOP_MARKET", side=OrderSide.SELL, position_side=PositionSide.BOTH
    )
    (ghost,) = judge_all(AccountView(), [Found("ETHUSDT", RecordKind.POSITION, {"quantity": "1"})])
    events = (
        record_event(ghost, (), speaker) or {},
        odd_event("ETHUSDT", RecordKind.POSITION, "string", speaker),
        stop_event(ConditionalOrder(symbol="ETHUSDT", order=order), speaker),
    )

    assert documented("### reconcile.events") == set().union(*events)
