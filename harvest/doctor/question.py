"""Asking: each question has its own patience, what hangs on a failed one is not asked, the rest run side by side."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from redis.exceptions import RedisError
from temporalio.service import RPCError

from contracts.errors import HarvestError
from harvest.doctor.verdict import Check, Verdict, fail, skipped
from runtime.patience import first_line

WITHIN_S: Final = 5.0
"""For each question: a service that is silent must not silence the doctor."""

_ADVICE: Final = " | "
"""Between what the exchange said and what to do about it, in the messages of :mod:`exchange.credentials`."""


@dataclass(frozen=True)
class Question:
    """One thing to find out."""

    name: str
    ask: Callable[[], Awaitable[Verdict]]
    fix: str
    """What to do if it cannot be found out."""
    then: tuple["Question", ...] = ()
    """What makes sense only if this one does not fail."""


async def examine(question: Question) -> tuple[Check, ...]:
    """The answer to the question and to all that hang on it, in their order."""
    check = Check(question.name, await _answer(question))
    if check.failed:
        return (check, *(Check(name, skipped(question.name)) for name in _names(question.then)))
    answers = await asyncio.gather(*(examine(each) for each in question.then))
    return (check, *chain.from_iterable(answers))


async def _answer(question: Question) -> Verdict:
    try:
        async with asyncio.timeout(WITHIN_S):
            return await question.ask()
    except TimeoutError:
        return fail(f"no answer within {WITHIN_S:g} s", question.fix)
    except HarvestError as error:
        said, _, advice = " ".join(str(error).split("\n")).partition(_ADVICE)
        return fail(said, advice or question.fix)
    except RedisError as error:
        return fail(f"Redis says: {first_line(error)}", question.fix)
    except RPCError as error:
        return fail(f"Temporal says {error.status.name}: {first_line(error)}", question.fix)
    except Exception as error:  # told, by its name alone: nobody has looked for secrets in its text
        return fail(f"unexpected {type(error).__name__}", "report it: this check of the doctor is defective")


def _names(questions: tuple[Question, ...]) -> Iterator[str]:
    for question in questions:
        yield question.name
        yield from _names(question.then)
