"""After a run in which everything failed once, no key, secret or signature is anywhere that somebody may read."""

import re
from dataclasses import dataclass

import pytest

from harvest.stack import API_KEY, API_SECRET, Stack, StackConfig
from tests.faults.outside import Outside
from tests.tracing.otlp_receiver import OtlpReceiver

pytestmark = pytest.mark.xdist_group("secrets")  # one stack serves them all
READS = ("positionRisk", "userTrades", "openOrders", "order", "openAlgoOrders")
FACES = ("html_502", "refused_cut", "refused_503_unknown", "refused_408", "empty_body")
_SIGNATURE = re.compile(rb"\b[0-9a-f]{64}\b")


@dataclass(frozen=True)
class Left:
    """What a run leaves behind, by place, and the signatures that the exchange received in it."""

    places: dict[str, bytes]
    signatures: tuple[str, ...]


async def fail_at_everything(outside: Outside) -> None:
    """Every read in every way, orders unanswered and refused, credentials refused: then it closes."""
    await outside.open("SOLUSDT", "LONG", "10")
    for name in READS:
        version = "v3" if name == "positionRisk" else "v1"
        for face in FACES:
            await outside.fault(face, call=f"GET /fapi/{version}/{name}")
    await outside.fault("error", call="GET /fapi/v1/openOrders", code=-1022, msg="Signature is not valid.", status=400)
    await outside.fault("executed_cut", symbol="SOLUSDT")
    entry = await outside.send("SOLUSDT", "PARTIAL_CLOSE", percentage="0.5")
    assert (await outside.result(entry, within=90))["outcome"] == "REDUCED"
    await outside.fault("error", code=-2015, msg="Invalid API-key, IP, or permissions for action.", status=401)
    await outside.fault(
        "error", code=-1100, msg=f"Illegal characters: signature={'ab' * 32}&x=1 {API_KEY} {API_SECRET}"
    )
    await outside.fault("html_502", executed=False)
    entry = await outside.send("SOLUSDT")
    assert (await outside.result(entry, within=90))["outcome"] == "CLOSED_FLAT"


async def what_redis_holds(outside: Outside) -> bytes:
    """Every stream and every key."""
    found = b""
    async for key in outside.redis.scan_iter():
        found += key + b" " + (await outside.redis.dump(key) or b"")
    return found


async def what_temporal_holds(outside: Outside) -> bytes:
    """Every event of every run, payloads and failures with them."""
    found = b""
    async for run in outside.client.list_workflows():
        history = await outside.client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        found += b"".join(event.SerializeToString() for event in history.events)
    return found


@pytest.fixture(scope="module")
async def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    folder = tmp_path_factory.mktemp("secrets")
    async with OtlpReceiver() as receiver:
        settings = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
            "OTEL_EXPORTER_OTLP_INSECURE": "true",
            "HARVEST_LOG_LEVEL": "debug",
            "HARVEST_RECV_WINDOW_MS": "1000",
        }
        config = StackConfig(folder=folder, worker_settings=settings)
        async with Stack(config) as stack, await Outside.of(stack) as outside:
            await fail_at_everything(outside)
            places = {"redis": await what_redis_holds(outside), "temporal": await what_temporal_holds(outside)}
            signatures = [row["params"].get("signature", "") for row in await outside.requests("SOLUSDT")]
            worker = stack.worker
            assert worker is not None
            await worker.stop(grace_s=10)
            places |= {path.name: path.read_bytes() for path in folder.glob("*.log")}
        places["traces"] = bytes(receiver.wire)
    return Left(places, tuple(filter(None, signatures)))


def test_there_is_something_to_search(left: Left) -> None:
    assert {"redis", "temporal", "traces", "worker.log"} <= left.places.keys()
    assert all(len(left.places[place]) > 1_000 for place in ("redis", "temporal", "traces", "worker.log"))
    assert len(left.signatures) >= 3
    assert b"-2015" in left.places["temporal"]
    assert b"Illegal characters" in left.places["temporal"]
    assert b"HTTP 502" in left.places["traces"]


def test_no_signature_is_anywhere(left: Left) -> None:
    for place, content in left.places.items():
        assert [each for each in left.signatures if each.encode() in content] == [], place
        assert b"signature=" not in content, place


def test_no_key_and_no_secret_is_anywhere(left: Left) -> None:
    for place, content in left.places.items():
        for secret in (API_KEY, API_SECRET):
            assert secret.encode() not in content, place


def test_nothing_that_looks_like_a_signature_is_in_history_logs_or_traces(left: Left) -> None:
    for place in ("temporal", "traces", "worker.log"):
        assert _SIGNATURE.findall(left.places[place]) == [], place
