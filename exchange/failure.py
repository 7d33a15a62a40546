"""What went wrong with one call, in our own words.

The library's and aiohttp's exceptions carry the signed URL in their text, and Temporal writes an exception's whole
chain into the workflow history. So nothing of theirs leaves this package: a failure is rebuilt from status, code and
message.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from exchange.digits import whole

_LONGEST_TEXT: Final = 300
_SECRET: Final = re.compile(r"(?i)(?:signature|secret|apikey)=\S*|\b[0-9a-z]{40,}\b")


class FailureKind(StrEnum):
    """How far the call got."""

    HELD_BACK = "held_back"
    """Our own gate is closed; nothing left this process."""
    NOT_SENT = "not_sent"
    """No connection came about, so no byte of the request was written."""
    LOST = "lost"
    """The request may have been written and no complete answer came back."""
    ANSWERED = "answered"
    """An HTTP answer that is not what was asked for."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failed call."""

    kind: FailureKind
    status: int | None = None
    """HTTP status, if an answer came."""
    code: int | None = None
    """The exchange's error code (negative); None if the answer carried none, which includes a code of 0."""
    text: str = ""
    """The exchange's message, or the beginning of a body that is not JSON. Without secrets, at most 300 characters."""
    detail: str = ""
    """The name of the exception below, or what our own gate is closed for."""
    retry_after_ms: int | None = None
    """What the answer's Retry-After header, or our own gate, asks for."""

    def describe(self) -> str:
        """For operators and logs."""
        if self.code is not None:
            return f"{self.code}: {self.text}"
        if self.kind is FailureKind.ANSWERED:
            return f"HTTP {self.status} without an error code"
        if self.kind is FailureKind.HELD_BACK:
            return f"held back for {self.retry_after_ms} ms: {self.detail}"
        return f"{'not sent' if self.kind is FailureKind.NOT_SENT else 'answer lost'} ({self.detail})"


def answered(status: int, body: bytes, headers: Mapping[str, str]) -> Failure:
    """The failure that an HTTP answer stands for."""
    text = body[:4096].decode("utf-8", "replace").strip()
    code: int | None = None
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if isinstance(content, dict):
        code = _code(content.get("code"))
        text = str(content.get("msg", ""))
    return Failure(
        FailureKind.ANSWERED,
        status=status,
        code=code,
        text=without_secrets(text),
        retry_after_ms=_retry_after_ms(headers.get("Retry-After")),
    )


def _code(raw: object) -> int | None:
    try:
        return int(str(raw)) or None
    except ValueError:
        return None


def _retry_after_ms(header: str | None) -> int | None:
    """Seconds in the header; a date there is not understood and counts as absent."""
    seconds = whole(header.strip()) if header is not None else None
    return None if seconds is None else seconds * 1000


def without_secrets(text: str) -> str:
    """An edge server may echo the request; its signature must not travel into a history. At most 300 characters."""
    return _SECRET.sub("***", text)[:_LONGEST_TEXT]
