"""The edge: finds the route, admits the call, lets faults strike, answers."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

from aiohttp import web

from simulator import routes_control
from simulator.acts import Act
from simulator.aim import aimed_at
from simulator.call import Answer, Call, Route
from simulator.config import SimulatorConfig
from simulator.errors import ApiError, refusal
from simulator.exchange import Exchange
from simulator.faces import Execute, play
from simulator.fault import REMAINDERS, Fault, client_id_of
from simulator.faults import Strike
from simulator.movers import Movers
from simulator.parameters import Parameters
from simulator.route_table import ROUTES
from simulator.signature import check_key, check_signature, check_window
from simulator.streams import Address, Streams
from simulator.timetable import Ticker

PLAN = "plan"
HARMLESS = REMAINDERS.keys() | {"meanwhile", "oldest_namesake"}
"""Kinds that change what happens, not how it is answered."""


class Gateway:
    """Serves one exchange over HTTP."""

    def __init__(self, config: SimulatorConfig) -> None:
        self._config = config
        self.exchange = Exchange(config)
        self.streams = Streams(self.exchange)
        self.movers = Movers(lambda: self.exchange)
        self.ticker = Ticker(lambda: self.exchange.timetable)
        self._late: set[asyncio.Task[Answer]] = set()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one HTTP request."""
        path, _, query = request.raw_path.partition("?")
        # text in another encoding is looked at as far as it goes: its signature fits nothing
        body = (await request.read()).decode(errors="replace") if request.can_read_body else ""
        key = f"{request.method} {path}"
        if path.startswith("/sim/"):
            answer: Answer | None = routes_control.control(self, key, query, body)
        elif route := ROUTES.get(key):
            call = Call(query, body, Parameters.parse(query, body), request.headers.get("X-MBX-APIKEY"))
            answer = await self._answer(route, call, request.headers.get("traceparent"))
        elif address := Address.parse(path, query):
            return await self.streams.serve(address, request)
        else:
            answer = Answer.refused(refusal(-5000, path, request.method))
        if answer is None:
            return _cut(request)
        if answer.cut:
            return await _cut_short(request, answer)
        return web.Response(
            body=answer.body,
            status=answer.status,
            headers={**answer.headers, "Content-Type": answer.content_type},
        )

    async def settled(self) -> None:
        """Wait until every late request has reached the engine."""
        while self._late:
            await asyncio.wait(self._late)

    @property
    def late_requests(self) -> int:
        """Requests on their way to the engine after their connection was cut."""
        return len(self._late)

    def begin(self) -> None:
        """Set prices moving and arm faults as configured."""
        config = self._config
        for fault in config.plan.faults:
            self.exchange.faults.arm(fault)
        for stream_fault in config.plan.stream_faults:
            self.exchange.stream_faults.arm(replace(stream_fault))  # it counts down, and a reset begins anew
        self.ticker.begin()
        if config.walk:
            self.movers.walk(config.seed, config.walk_interval_ms, config.walk_bps)
        if config.script:
            self.movers.play(config.script)
        if config.plan.acts:
            self.movers.perform(config.plan.acts, self._act_as_planned)

    def halt(self) -> None:
        """Stop prices, cut the streams and forget requests under way."""
        self.streams.cut()
        self.movers.stop()
        self.ticker.halt()
        self.exchange.ledger.close()
        for task in self._late:
            task.cancel()

    def reset(self) -> None:
        """Start again from the configuration."""
        self.halt()
        self.exchange = Exchange(self._config)
        self.streams = Streams(self.exchange)
        self.begin()

    async def _answer(self, route: Route, call: Call, traceparent: str | None) -> Answer | None:
        exchange = self.exchange
        exchange.timetable.run()
        if route.places_order:
            call.request = exchange.ledger.received(route.key, call.params.texts, traceparent)
        answer = await self._admitted(exchange, route, call)
        if delay := exchange.latency(route.key):
            await asyncio.sleep(delay)
        if answer is not None:
            answer.headers.update(exchange.limits.weight_header())
        return answer

    async def _admitted(self, exchange: Exchange, route: Route, call: Call) -> Answer | None:
        try:
            _admit(exchange, route, call)
        except ApiError as error:
            return _refused(call, error)
        aimed = aimed_at(exchange, call.params)
        strike = exchange.faults.take(route.key, call.params, time.time_ns(), aimed)
        if strike is not None:
            self._act(strike, strike.fault.before)
        call.as_of = exchange.faults.as_of(route.key, call.params.text("symbol"))
        return _execute(exchange, route, call) if strike is None else await self._struck(exchange, route, call, strike)

    async def _struck(self, exchange: Exchange, route: Route, call: Call, strike: Strike) -> Answer | None:
        fault = strike.fault
        if call.request:
            call.request.fault = fault.kind

        def execute() -> Answer:
            return _execute(exchange, route, call)

        def afterwards() -> None:
            self._act(strike, fault.after)

        if fault.kind == "late_execution":
            return await self._arriving_late(fault, execute, afterwards)
        if fault.kind in HARMLESS:
            _prepare(exchange, call, fault)
            answer = execute()
            afterwards()
            await asyncio.sleep(fault.delay_ms / 1000)
            return answer
        if fault.kind == "rate_limited":
            exchange.faults.punish(strike)
        if fault.kind == "executed_twice":
            execute()
            _repeat(exchange, call)
        return await play(fault, execute, lambda: _drop(call), afterwards)

    async def _arriving_late(self, fault: Fault, execute: Execute, afterwards: Callable[[], None]) -> Answer | None:
        async def arrive() -> Answer:
            await asyncio.sleep(fault.delay_ms / 1000)
            answer = execute()
            afterwards()
            return answer

        task = asyncio.create_task(arrive())
        self._late.add(task)
        task.add_done_callback(self._late.discard)
        return None if fault.connection == "cut" else await task

    def _act(self, strike: Strike, acts: tuple[Act, ...]) -> None:
        problems = [problem for act in acts if (problem := act.do(self))]
        strike.injection.problem = "; ".join([strike.injection.problem, *problems]).removeprefix("; ")

    def _act_as_planned(self, act: Act) -> None:
        self.exchange.faults.note(PLAN, act.name, act.fields.get("symbol"), time.time_ns(), act.do(self))


def _admit(exchange: Exchange, route: Route, call: Call) -> None:
    """Penalty, weight, key, signature, window: in this order."""
    if error := exchange.faults.penalty(route.key, call.params, time.time_ns(), exchange.clock.now_ms()):
        raise error
    exchange.limits.charge(route.cost(call.params))
    if not route.signed:
        return
    check_key(call.api_key, exchange.config.api_key)
    check_signature(call.raw_query, call.raw_body, exchange.secret)
    call.timestamp, call.recv_window = check_window(call.params, exchange.clock)


def _prepare(exchange: Exchange, call: Call, fault: Fault) -> None:
    """What a fault changes about a call that is carried out and answered as always."""
    if remainder := REMAINDERS.get(fault.kind):
        call.fraction, call.remainder = fault.fraction, remainder
    if fault.kind == "oldest_namesake":
        symbol, client_id = call.params.text("symbol"), client_id_of(call.params)
        found = (order for order in exchange.engine.orders.of_symbol(symbol or "", call.as_of))
        oldest = next((order for order in found if order.asked.client_order_id == client_id), None)
        if oldest is not None:
            call.params.texts["orderId"] = str(oldest.order_id)


def _repeat(exchange: Exchange, call: Call) -> None:
    """An edge that got no answer in time sends the request again: a second one in the ledger."""
    if first := call.request:
        call.request = exchange.ledger.received(first.path, first.params, first.traceparent)
        call.request.fault = first.fault


def _execute(exchange: Exchange, route: Route, call: Call) -> Answer:
    try:
        result = route.handler(exchange, call)
    except ApiError as error:
        return _refused(call, error)
    counts = route.order_counts
    return Answer.of(result, exchange.limits.count_order(*counts) if counts else None)


def _refused(call: Call, error: ApiError) -> Answer:
    if call.request:
        call.request.settle("refused", code=error.code)
    return Answer.refused(error)


def _drop(call: Call) -> None:
    if call.request:
        call.request.settle("dropped")


def _cut(request: web.BaseRequest) -> web.Response:
    """Close the connection without a word; what is returned can no longer be written."""
    if request.transport is not None:
        request.transport.close()
    return web.Response()


async def _cut_short(request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    """Promise the whole answer, send half of it, close the connection."""
    response = web.StreamResponse(status=answer.status, headers=answer.headers)
    response.content_type, response.content_length = "application/json", len(answer.body)
    await response.prepare(request)
    await response.write(answer.body[: len(answer.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response
