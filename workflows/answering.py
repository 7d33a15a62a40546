"""Answers to the decisions that arrived while another one was carried out."""

from collections.abc import Awaitable, Callable

from temporalio import workflow

from contracts.result import CloseResult
from workflows.case import Case
from workflows.dealt_with import DealtWith
from workflows.ending import answer_without_run
from workflows.inbox import Answer, Inbox

Publish = Callable[..., Awaitable[None]]


async def answer_others(case: Case, inbox: Inbox, result: CloseResult, dealt_with: DealtWith, publish: Publish) -> int:
    """Every one that needs no run of its own, and of more than the next run could be given the weakest. How many."""
    running, count = case.running(), 0
    while answered := inbox.take_answered(running, workflow.now(), dealt_with.until):
        await publish(*(answer_without_run(case, intent, how, result) for intent, how in answered))
        count += len(answered)
    while excess := inbox.take_excess():
        await publish(*(answer_without_run(case, each, Answer.CROWDED, result) for each in excess))
        count += len(excess)
    return count
