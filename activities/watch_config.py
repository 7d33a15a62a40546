"""Which rules hold for which symbol: what Redis says now, else the last good thing that it said."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from activities.watch_rules import Written, parse_rules, rules_text, version_of
from contracts.watch import ConfigState
from kernel.errors import KernelError
from kernel.rules_config import RulesConfig


@dataclass(frozen=True, slots=True)
class ActiveRules:
    """Rules with the name of their content, and what is wrong with what is written, if they are not it."""

    rules: RulesConfig
    state: ConfigState


def _active(rules: RulesConfig) -> ActiveRules:
    return ActiveRules(rules, ConfigState(version=version_of(rules)))


DEFAULT: Final = _active(RulesConfig())


class WatchConfig:
    """Keeps the last good rules of each symbol. A mistake in writing changes nothing, and is told."""

    def __init__(self) -> None:
        self._good: dict[str, ActiveRules] = {}
        self._written: dict[str, Written] = {}
        self._shown: dict[str, ActiveRules] = {}
        self._published: set[str] = set()
        self._fresh: dict[str, str] = {}

    def adopt(self, symbol: str, written: Written) -> ActiveRules:
        """The rules that hold now, given what is written now. Parsed only when that has changed."""
        if symbol not in self._shown or self._written[symbol] != written:
            self._written[symbol] = dict(written)
            self._shown[symbol] = self._parsed(symbol, written)
        return self._shown[symbol]

    def keep(self, symbol: str, problem: str) -> ActiveRules:
        """Redis holds something that is no configuration at all: the last good rules hold."""
        self._shown.pop(symbol, None)
        return self._last_good(symbol, problem)

    def restore(self, symbol: str, written: str) -> None:
        """What was last good in an earlier life, as :meth:`unsaved` gave it. What is no good any more is left out."""
        with suppress(KernelError, ValueError, TypeError, AttributeError):
            self._good.setdefault(symbol, _active(parse_rules(json.loads(written))))

    def unsaved(self) -> dict[str, str]:
        """By symbol what became the last good configuration since this was asked last."""
        fresh, self._fresh = self._fresh, {}
        return fresh

    def save_again(self, unsaved: Mapping[str, str]) -> None:
        """What :meth:`unsaved` gave could not be saved."""
        self._fresh = {**unsaved, **self._fresh}

    def unpublished(self) -> Iterator[tuple[str, str]]:
        """Versions that are in use and not yet looked up by anybody, with their content."""
        for active in self._shown.values():
            if active.state.version not in self._published:
                yield active.state.version, rules_text(active.rules)

    def published(self) -> None:
        """What :meth:`unpublished` gave is written."""
        self._published |= {active.state.version for active in self._shown.values()}

    def _parsed(self, symbol: str, written: Written) -> ActiveRules:
        try:
            active = _active(parse_rules(written))
        except KernelError as wrong:
            return self._last_good(symbol, str(wrong))
        self._good[symbol] = active
        self._fresh[symbol] = json.dumps(dict(written), sort_keys=True)
        return active

    def _last_good(self, symbol: str, problem: str) -> ActiveRules:
        good = self._good.get(symbol, DEFAULT)
        kept = "the last good rules hold" if symbol in self._good else "the default rules hold"
        return ActiveRules(good.rules, ConfigState(version=good.state.version, problem=f"{problem}; {kept}"[:300]))


def merged(common: Mapping[str, str], own: Mapping[str, str]) -> dict[str, str]:
    """A symbol's own settings before those of all symbols."""
    return {**common, **own}
