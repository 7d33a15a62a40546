"""Settings of a process: environment over file over safe defaults, and nothing unknown or contradictory.

Variables start with ``HARVEST_``, an empty one counts as not set; ``HARVEST_CONFIG`` names a TOML file with the same
keys in lower case. The way to Temporal is not here: it comes from Temporal's own environment configuration
(``TEMPORAL_ADDRESS``, ``TEMPORAL_NAMESPACE``, ``TEMPORAL_TLS_...``), which the ``temporal`` command reads as well.

The defaults are safe: decide and suggest only, on Binance's demo exchange (R10, R62, R63).
"""

import os
import socket
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from contracts.mode import LadderBase, Mode, Venue
from contracts.names import TASK_QUEUE
from contracts.reconcile import StopsOf
from runtime.build import build_id
from runtime.contradictions import contradictions
from runtime.secret_files import with_secrets_from_files

PREFIX: Final = "HARVEST_"
CONFIG_VARIABLE: Final = "HARVEST_CONFIG"


class LogFormat(StrEnum):
    """How log lines look."""

    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    """The least severe lines that are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _lower(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


def _seconds(value: object) -> object:
    """Plain numbers are seconds; ISO-8601 durations ("PT5M") and "hh:mm:ss" are read as they are."""
    try:
        return timedelta(seconds=float(value)) if isinstance(value, str | int | float) else value
    except (ValueError, OverflowError):
        return value


def _words(value: object) -> object:
    """Comma-separated words, or a list of them, in lower case. Commas around nothing are kept, to be refused."""
    parts = value.split(",") if isinstance(value, str) else value
    return [_lower(part) for part in parts] if isinstance(parts, list | tuple) else parts


Word = BeforeValidator(_lower)
Duration = Annotated[timedelta, BeforeValidator(_seconds)]


class Settings(BaseSettings):
    """Everything that an operator can set. Build it with :func:`runtime.load.load_settings`."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="forbid", frozen=True, validate_default=True
    )

    account: str = Field("main", pattern=r"^[A-Za-z0-9_-]{1,40}$")
    """Our name of the exchange account; part of every workflow id."""
    mode: Annotated[Mode, Word] = Mode.SHADOW
    venue: Annotated[Venue, Word] = Venue.DEMO
    account_alias: str | None = None
    """The exchange's own name of the account, as the worker logs it; if set, nothing is sent to another one (R63)."""
    live_confirmed_account: str | None = None
    """Must repeat ``account`` before an order with real money may leave."""
    exchange_url: str | None = None
    """Address of the simulator; only with venue=simulator."""
    api_key: SecretStr | None = None
    api_secret: SecretStr | None = None
    api_key_file: Path | None = None
    """A file that holds the key, as container secrets do."""
    api_secret_file: Path | None = None

    redis_url: str = Field("redis://127.0.0.1:6379/0", repr=False, pattern=r"^(redis|rediss|unix)://")
    task_queue: str = Field(TASK_QUEUE, min_length=1)
    consumer: str = Field(default_factory=lambda: f"bridge-{socket.gethostname()}", min_length=1)
    """This bridge's name in the consumer group: stable over restarts, or its pending entries are orphaned (R24)."""
    read_count: int = Field(250, ge=1, le=1000)
    """Stream entries per read."""
    max_in_flight: int = Field(200, ge=1, le=10_000)
    """Stream entries in work at a time; reading pauses above."""

    max_intent_age: Duration = Field(timedelta(minutes=5), gt=timedelta(0), le=timedelta(days=1))
    exit_owners: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)] = ()
    """The `source` values that may decide, comma-separated; none: all. Emergencies pass whoever sends them."""
    ladder_base: Annotated[LadderBase, Word] = LadderBase.CURRENT
    recv_window_ms: int = Field(5000, ge=1000, le=5000)
    read_lag: Duration = Field(timedelta(seconds=5), ge=timedelta(0), le=timedelta(seconds=10))
    """How far behind all reads may be. Where the user stream does not tell what they do not show yet, a symbol is
    believed to be flat by a read that is younger than the decision by so much."""
    order_timeout: Duration = Field(timedelta(seconds=5), ge=timedelta(milliseconds=500), le=timedelta(seconds=30))
    """How long the exchange's answer to an order is waited for before its outcome counts as unknown."""

    safety: bool | None = None
    """Whether the safety net closes what is beyond its bounds. If not said: where orders leave for a real exchange
    (live mode, not the simulator), because a net that has to be thought of is not there when it is needed."""
    safety_max_loss: Decimal = Field(Decimal("0.03"), gt=0, le=1)
    """Of the entry notional."""
    safety_max_age: Duration = Field(timedelta(hours=72), gt=timedelta(0), le=timedelta(days=365))
    """Since the fill that opened the position."""
    safety_max_margin_ratio: Decimal = Field(Decimal("0.85"), gt=0, le=1)
    """Maintenance margin over margin balance; the exchange liquidates at 1."""

    reconcile: bool | None = None
    """Whether the records that others keep of positions are compared with the exchange and put right. If not said:
    where orders leave for a real exchange, as the safety net."""
    reconcile_stops: Annotated[StopsOf, Word] = StopsOf.ALL
    """Whose stops are cancelled when their position is gone."""
    reconcile_secret: SecretStr | None = None
    """What the producer of reconcile.close signs its entries with; if set, others are dead letters."""
    reconcile_secret_file: Path | None = None

    user_stream: bool = True
    """Listen to the account's user stream, which makes closes cheaper in request weight; nothing depends on it."""

    watch: bool = False
    """Judge every open position again and again, and write what the rules decide."""
    watch_interval: Duration = Field(timedelta(seconds=3), ge=timedelta(milliseconds=200), le=timedelta(minutes=1))
    """From one pass over the positions to the next."""
    watch_turn: Duration = Field(timedelta(minutes=1), ge=timedelta(seconds=1), le=timedelta(minutes=5))
    """How long one worker watches until that is written to the workflow's history."""

    metrics_bind: str | None = Field(None, pattern=r"^[^\s:]+:[0-9]{1,5}$")
    """host:port for Prometheus; none if not set."""
    build: str = Field("", max_length=80)
    """What this build is called in results and traces; HARVEST_BUILD takes a git revision."""
    log_format: Annotated[LogFormat, Word] = LogFormat.CONSOLE
    log_level: Annotated[LogLevel, Word] = LogLevel.INFO
    graceful_shutdown: Duration = Field(timedelta(seconds=10), ge=timedelta(0), le=timedelta(minutes=5))

    @property
    def safety_on(self) -> bool:
        """Whether the safety net is to be there."""
        return self.safety if self.safety is not None else self._sends_for_real

    @property
    def reconcile_on(self) -> bool:
        """Whether records are to be kept true."""
        return self.reconcile if self.reconcile is not None else self._sends_for_real

    @property
    def records_follow_closes(self) -> bool:
        """Whether a close writes down at once what it left of a position. In shadow mode it leaves everything."""
        return self.reconcile_on and self.mode is Mode.LIVE

    @property
    def reconcile_key(self) -> bytes | None:
        """The secret as it is signed with."""
        return self.reconcile_secret.get_secret_value().encode() if self.reconcile_secret else None

    @property
    def _sends_for_real(self) -> bool:
        return self.mode is Mode.LIVE and self.venue is not Venue.SIMULATOR

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What the program passes wins over the environment, which wins over the file."""
        del dotenv_settings, file_secret_settings
        config = os.environ.get(CONFIG_VARIABLE)
        file = (TomlConfigSettingsSource(settings_cls, toml_file=config),) if config else ()
        return (init_settings, env_settings, *file)

    @model_validator(mode="before")
    @classmethod
    def _read_secret_files(cls, data: object) -> object:
        return with_secrets_from_files(data) if isinstance(data, dict) else data

    @field_validator("build")
    @classmethod
    def _complete_build(cls, revision: str) -> str:
        return build_id(revision)

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        found = contradictions(self)
        if found:
            raise ValueError("\n".join(found))
        return self
