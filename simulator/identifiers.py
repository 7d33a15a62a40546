"""Order and trade ids as large as the real ones, growing per symbol, the same for the same seed."""

from random import Random


class Identifiers:
    """Hands out ids; each symbol has its own ranges."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._orders: dict[str, int] = {}
        self._trades: dict[str, int] = {}
        self._gaps = Random(seed)  # noqa: S311 - reproducible, not secret
        self._algos = 2_000_000_000_000_000 + seed
        self._anonymous = 0

    def order_id(self, symbol: str) -> int:
        """The next order id; ETHUSDT's exceed 2^53, as they do on the exchange."""
        start = 8_389_766_000_000_000_000 if symbol == "ETHUSDT" else 700_000_000_000
        return self._next(self._orders, symbol, start)

    def trade_id(self, symbol: str) -> int:
        """The next trade id; others trade in between, so ids have gaps."""
        return self._next(self._trades, symbol, 1_000_000_000)

    def algo_id(self) -> int:
        """The next conditional order's id, a number space of its own."""
        self._algos += 1
        return self._algos

    def client_id(self, prefix: str) -> str:
        """An id for an order that came without one."""
        self._anonymous += 1
        return f"{prefix}{self._seed:x}n{self._anonymous:08d}"

    def _next(self, last: dict[str, int], symbol: str, start: int) -> int:
        if symbol not in last:
            offset = Random(f"{self._seed}:{symbol}").randrange(100_000_000)  # noqa: S311 - reproducible, not secret
            last[symbol] = start + offset
        last[symbol] += 1 + int(self._gaps.random() * 7)
        return last[symbol]
