"""Closes for the estimator's tests, from a generator of whole numbers: the same on every machine."""

from collections.abc import Iterator
from decimal import Decimal

_MODULUS = 2**31


def _noise(seed: int, count: int) -> Iterator[int]:
    """Sums of four numbers from -1000 to 1000."""
    state = seed
    for _ in range(count):
        total = 0
        for _ in range(4):
            state = (1103515245 * state + 12345) % _MODULUS
            total += state % 2001 - 1000
        yield total


def walk(seed: int, drift: int, scale: int, count: int = 257) -> list[Decimal]:
    """From 100: each step `drift` and a noise of `scale`, both in 1/10,000."""
    price, closes = 1_000_000, []
    for shock in _noise(seed, count):
        closes.append(Decimal(price) / 10_000)
        price = max(1, price + drift + shock * scale // 1000)
    return closes


def reverting(seed: int, count: int = 257) -> list[Decimal]:
    """Noise around 100 that always comes back."""
    return [Decimal(1_000_000 + shock // 2) / 10_000 for shock in _noise(seed, count)]
