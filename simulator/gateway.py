"""The edge: finds the route, admits the call, lets faults strike, answers."""

import asyncio
import time

from aiohttp import web

from simulator import routes_account, routes_algo, routes_control, routes_market, routes_orders
from simulator.call import Answer, Call, Route
from simulator.config import SimulatorConfig
from simulator.errors import ApiError, refusal
from simulator.exchange import Exchange
from simulator.faces import play
from simulator.faults import Fault
from simulator.movers import Movers
from simulator.parameters import Parameters
from simulator.signature import check_key, check_signature, check_window

ROUTES: dict[str, Route] = {
    route.key: route
    for module in (routes_market, routes_account, routes_orders, routes_algo)
    for route in module.routes()
}


class Gateway:
    """Serves one exchange over HTTP."""

    def __init__(self, config: SimulatorConfig) -> None:
        self.exchange = Exchange(config)
        self.movers = Movers(lambda: self.exchange)
        self._late: set[asyncio.Task[Answer]] = set()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one HTTP request."""
        path, _, query = request.raw_path.partition("?")
        body = (await request.read()).decode() if request.can_read_body else ""
        key = f"{request.method} {path}"
        if path.startswith("/sim/"):
            answer: Answer | None = routes_control.control(self, key, query, body)
        elif route := ROUTES.get(key):
            call = Call(query, body, Parameters.parse(query, body), request.headers.get("X-MBX-APIKEY"))
            answer = await self._answer(route, call, request.headers.get("traceparent"))
        else:
            answer = Answer.refused(refusal(-5000, path, request.method))
        if answer is None:
            return _cut(request)
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
        """Set prices moving as configured."""
        config = self.exchange.config
        if config.walk:
            self.movers.walk(config.seed, config.walk_interval_ms, config.walk_bps)
        if config.script:
            self.movers.play(config.script)

    def halt(self) -> None:
        """Stop prices and forget requests under way."""
        self.movers.stop()
        for task in self._late:
            task.cancel()

    def reset(self) -> None:
        """Start again from the configuration."""
        self.halt()
        self.exchange = Exchange(self.exchange.config)
        self.begin()

    async def _answer(self, route: Route, call: Call, traceparent: str | None) -> Answer | None:
        exchange = self.exchange
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
        call.as_of = exchange.faults.as_of(route.key, call.params.text("symbol"))
        fault = exchange.faults.take(route.key, call.params, time.time_ns())
        if fault is None:
            return _execute(exchange, route, call)
        return await self._faulty(exchange, route, call, fault)

    async def _faulty(self, exchange: Exchange, route: Route, call: Call, fault: Fault) -> Answer | None:
        if call.request:
            call.request.fault = fault.kind
        if fault.kind == "partial_fill":
            call.fraction = fault.fraction
            return _execute(exchange, route, call)
        if fault.kind == "late_execution":
            return await self._arriving_late(exchange, route, call, fault)
        return await play(fault, lambda: _execute(exchange, route, call), lambda: _drop(call))

    async def _arriving_late(self, exchange: Exchange, route: Route, call: Call, fault: Fault) -> Answer | None:
        async def arrive() -> Answer:
            await asyncio.sleep(fault.delay_ms / 1000)
            return _execute(exchange, route, call)

        task = asyncio.create_task(arrive())
        self._late.add(task)
        task.add_done_callback(self._late.discard)
        return None if fault.connection == "cut" else await task


def _admit(exchange: Exchange, route: Route, call: Call) -> None:
    """Weight, key, signature, window: in this order."""
    exchange.limits.charge(route.cost(call.params))
    if not route.signed:
        return
    check_key(call.api_key, exchange.config.api_key)
    check_signature(call.raw_query, call.raw_body, exchange.secret)
    call.timestamp, call.recv_window = check_window(call.params, exchange.clock)


def _execute(exchange: Exchange, route: Route, call: Call) -> Answer:
    try:
        result = route.handler(exchange, call)
    except ApiError as error:
        return _refused(call, error)
    return Answer.of(result, exchange.limits.count_order() if route.places_order else None)


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
