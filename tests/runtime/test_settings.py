"""Settings are safe as they come, and refuse to be unknown or contradictory (R10, R62, R63)."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from contracts.errors import InvalidSettings
from contracts.mode import LadderBase, Mode, Venue
from contracts.reconcile import StopsOf
from runtime.load import load_settings
from runtime.settings import LogFormat, LogLevel, Settings

LIVE = {
    "HARVEST_MODE": "live",
    "HARVEST_VENUE": "live",
    "HARVEST_API_KEY": "key-4711",
    "HARVEST_API_SECRET": "secret-4711",
    "HARVEST_LIVE_CONFIRMED_ACCOUNT": "main",
}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.upper().startswith("HARVEST_") or name in {"TESTNET", "BINANCE_TESTNET"}:
            monkeypatch.delenv(name)


def put(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def complaint() -> str:
    with pytest.raises(InvalidSettings) as caught:
        load_settings()
    return str(caught.value)


def test_the_defaults_send_nothing() -> None:
    settings = load_settings()
    assert (settings.mode, settings.venue, settings.account) == (Mode.SHADOW, Venue.DEMO, "main")
    assert settings.consumer.startswith("bridge-")
    assert settings.max_intent_age == timedelta(minutes=5)
    assert settings.build


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    put(
        monkeypatch,
        {
            "HARVEST_MODE": " LIVE ",
            "HARVEST_VENUE": "Simulator",
            "HARVEST_EXCHANGE_URL": "http://127.0.0.1:8999",
            "HARVEST_MAX_INTENT_AGE": "90",
            "HARVEST_GRACEFUL_SHUTDOWN": "PT20S",
            "HARVEST_LADDER_BASE": "original",
            "HARVEST_LOG_FORMAT": "json",
            "HARVEST_LOG_LEVEL": "DEBUG",
            "HARVEST_BUILD": "abc1234",
            "HARVEST_REDIS_URL": "",
        },
    )
    settings = load_settings()
    assert (settings.mode, settings.venue, settings.exchange_url) == (
        Mode.LIVE,
        Venue.SIMULATOR,
        "http://127.0.0.1:8999",
    )
    assert (settings.max_intent_age, settings.graceful_shutdown) == (timedelta(seconds=90), timedelta(seconds=20))
    assert (settings.ladder_base, settings.log_format) == (LadderBase.ORIGINAL, LogFormat.JSON)
    assert settings.log_level is LogLevel.DEBUG
    assert settings.build.endswith("+abc1234")
    assert settings.redis_url == "redis://127.0.0.1:6379/0"


def test_overrides_win_over_the_environment_and_it_over_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "harvest.toml"
    file.write_text('account = "file"\nconsumer = "file"\ntask_queue = "file"\nrecv_window_ms = 2000\n')
    put(monkeypatch, {"HARVEST_CONFIG": str(file), "HARVEST_CONSUMER": "env", "HARVEST_TASK_QUEUE": "env"})
    settings = load_settings(task_queue="override")
    assert (settings.account, settings.consumer, settings.task_queue) == ("file", "env", "override")
    assert settings.recv_window_ms == 2000


@pytest.mark.parametrize(
    ("text", "expected"),
    [(None, "cannot be read"), ("account = ", "is not TOML"), ('acount = "x"', "did you mean account?")],
)
def test_the_file_must_be_right(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str | None, expected: str
) -> None:
    file = tmp_path / "harvest.toml"
    if text is not None:
        file.write_text(text)
    put(monkeypatch, {"HARVEST_CONFIG": str(file)})
    assert expected in complaint()


def test_live_with_everything_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, LIVE)
    settings = load_settings()
    assert settings.api_key is not None
    assert settings.api_key.get_secret_value() == "key-4711"
    assert "4711" not in repr(settings)


def test_shadow_may_look_at_the_live_account(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, {"HARVEST_VENUE": "live"})
    assert load_settings().mode is Mode.SHADOW


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"HARVEST_SHADOW": "true"}, "HARVEST_SHADOW is not a setting"),
        ({"HARVEST_ACOUNT": "x"}, "did you mean HARVEST_ACCOUNT?"),
        ({"harvest_acount": "x"}, "did you mean HARVEST_ACCOUNT?"),
        ({"HARVEST_ZZZ": "x"}, "remove it"),
        ({"HARVEST_MODE": "paper"}, "'shadow' or 'live'"),
        ({"HARVEST_ACCOUNT": "my account"}, "HARVEST_ACCOUNT='my account'"),
        ({"HARVEST_RECV_WINDOW_MS": "60000"}, "less than or equal to 5000"),
        ({"HARVEST_MAX_INTENT_AGE": "-1"}, "HARVEST_MAX_INTENT_AGE=-1 s"),
        ({"HARVEST_MAX_INTENT_AGE": "inf"}, "HARVEST_MAX_INTENT_AGE"),
        ({"HARVEST_METRICS_BIND": "9464"}, "HARVEST_METRICS_BIND"),
        ({"HARVEST_VENUE": "simulator"}, "needs exchange_url"),
        ({"HARVEST_VENUE": "simulator", "HARVEST_EXCHANGE_URL": "localhost"}, "is no http address"),
        ({"HARVEST_VENUE": "simulator", "HARVEST_EXCHANGE_URL": "https://fapi.binance.com"}, "names a real exchange"),
        ({"HARVEST_EXCHANGE_URL": "http://127.0.0.1:1"}, "is for venue=simulator"),
        ({**LIVE, "HARVEST_EXCHANGE_URL": "http://127.0.0.1:1"}, "is for venue=simulator"),
        ({**LIVE, "HARVEST_LIVE_CONFIRMED_ACCOUNT": ""}, "live_confirmed_account=main"),
        ({**LIVE, "HARVEST_LIVE_CONFIRMED_ACCOUNT": "other"}, "is not account=main"),
        ({"HARVEST_LIVE_CONFIRMED_ACCOUNT": "main"}, "confirms real money, but venue=demo"),
        ({**LIVE, "HARVEST_API_KEY": "", "HARVEST_API_SECRET": ""}, "needs api_key and api_secret"),
        ({"HARVEST_API_KEY": "key-4711"}, "belong together"),
        ({"HARVEST_API_KEY_FILE": "/nowhere/key"}, "cannot be read"),
        ({"HARVEST_API_KEY_FILE": "/nowhere/key", "HARVEST_API_KEY": "k"}, "both given"),
        ({"HARVEST_SHADOW_MODE": "true", "HARVEST_VENUE": "simulator", "HARVEST_MODE": "live"}, "exchange_url"),
        ({"HARVEST_SHADOW_MODE": "false"}, "HARVEST_SHADOW_MODE=false contradicts mode=shadow"),
        ({"HARVEST_SHADOW_MODE": "perhaps"}, "HARVEST_SHADOW_MODE"),
        ({"TESTNET": "false"}, "TESTNET=false contradicts venue=demo"),
        ({**LIVE, "TESTNET": "true"}, "TESTNET=true contradicts venue=live"),
        ({**LIVE, "BINANCE_TESTNET": "1"}, "BINANCE_TESTNET=1 contradicts venue=live"),
        ({"TESTNET": "true", "BINANCE_TESTNET": "false"}, "BINANCE_TESTNET=false"),
        ({"HARVEST_EXIT_OWNERS": "brain,,manual_close"}, "has an empty name in it"),
        ({"HARVEST_EXIT_OWNERS": ","}, "has an empty name in it"),
        (
            {"HARVEST_EXIT_OWNERS": "brain", "HARVEST_WATCH": "true"},
            "decides as source harvest_watch, which exit_owners=brain does not admit",
        ),
        ({"HARVEST_REDIS_URL": "http://:geheim-4711@host"}, "HARVEST_REDIS_URL=(hidden)"),
    ],
)
def test_what_refuses_to_start(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str) -> None:
    put(monkeypatch, variables)
    message = complaint()
    assert expected in message
    assert "4711" not in message


@pytest.mark.parametrize("text", ["harvest_watch,Brain, manual_close ", "  BRAIN,harvest_watch,manual_close"])
def test_exit_owners_are_names_with_commas_between(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    put(monkeypatch, {"HARVEST_EXIT_OWNERS": text, "HARVEST_WATCH": "true"})
    assert sorted(load_settings().exit_owners) == ["brain", "harvest_watch", "manual_close"]


def test_exit_owners_from_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "harvest.toml"
    file.write_text('exit_owners = ["brain", "unnamed"]\n')
    put(monkeypatch, {"HARVEST_CONFIG": str(file)})
    assert load_settings().exit_owners == ("brain", "unnamed")


def test_every_problem_is_listed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, {"HARVEST_ACOUNT": "x", "HARVEST_MODE": "paper", "HARVEST_READ_COUNT": "many"})
    assert complaint().count("\n  - ") == 3


def test_switches_of_others_that_agree_are_no_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, {"HARVEST_SHADOW_MODE": "True", "TESTNET": "1", "BINANCE_TESTNET": "yes"})
    assert load_settings().mode is Mode.SHADOW


def test_secrets_from_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("key", "secret"):
        (tmp_path / name).write_text(f"{name}-4711\n")
        monkeypatch.setenv(f"HARVEST_API_{name.upper()}_FILE", str(tmp_path / name))
    settings = load_settings()
    assert settings.api_secret is not None
    assert settings.api_secret.get_secret_value() == "secret-4711"
    (tmp_path / "key").write_text("")
    assert "is empty" in complaint()


def test_the_reconcilers_secret_comes_from_a_file_and_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("secret-4711\n")
    put(monkeypatch, {"HARVEST_RECONCILE_SECRET_FILE": str(tmp_path / "secret"), "HARVEST_RECONCILE_STOPS": "Own"})
    settings = load_settings()
    assert settings.reconcile_secret is not None
    assert settings.reconcile_secret.get_secret_value() == "secret-4711"
    assert settings.reconcile_stops is StopsOf.OWN
    assert "4711" not in repr(settings)


def test_settings_are_frozen_and_hide_the_redis_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARVEST_REDIS_URL", "redis://:geheim-4711@127.0.0.1/0")
    settings = load_settings()
    assert "4711" not in repr(settings)
    with pytest.raises(ValidationError):
        settings.mode = Mode.LIVE  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Settings(venue=Venue.SIMULATOR)
