"""docker-compose.yml says what we promise: pinned, healthy, private, safe as it comes."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from contracts.mode import Mode, Venue
from runtime.settings import PREFIX, Settings

Services = dict[str, dict[str, Any]]

SETTING_NAMES = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}


def _environment(service: dict[str, Any]) -> dict[str, str | None]:
    environment = service.get("environment", {})
    assert isinstance(environment, dict)
    return environment


def _runs_once(name: str, service: dict[str, Any], services: Services) -> bool:
    """Somebody waits for its end, or it is started by hand."""
    waited_for = any(
        other.get("depends_on", {}).get(name, {}).get("condition") == "service_completed_successfully"
        for other in services.values()
    )
    return waited_for or service["restart"] == "no"


def _default(text: str) -> str:
    """What compose makes of ``${NAME:-default}`` when nothing is set."""
    found = re.fullmatch(r"\$\{\w+:-(.*)\}", text)
    return found.group(1) if found else text


def test_every_service_is_checked_or_ends(services: Services) -> None:
    unchecked = {
        name
        for name, service in services.items()
        if "healthcheck" not in service and not _runs_once(name, service, services)
    }
    assert unchecked == set()
    assert {"postgres", "temporal", "temporal-ui", "redis", "worker", "jaeger", "prometheus", "grafana"} <= {
        name for name, service in services.items() if service.get("healthcheck", {}).get("test")
    }


def test_images_are_pinned_to_a_release(services: Services) -> None:
    for name, service in services.items():
        _, _, tag = service["image"].partition(":")
        assert re.match(r"v?\d+\.\d+", tag), f"{name}: {service['image']}"


def test_nothing_is_published_beyond_this_machine(services: Services) -> None:
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published
    assert [port for port in published if not port.startswith("127.0.0.1:")] == []


def test_no_two_services_publish_the_same_port(services: Services) -> None:
    published = [port.split(":")[1] for service in services.values() for port in service.get("ports", [])]
    assert len(published) == len(set(published))


def test_who_is_waited_for_can_become_healthy(services: Services) -> None:
    for name, service in services.items():
        for other, wanted in service.get("depends_on", {}).items():
            assert other in services, f"{name} waits for {other}, which does not exist"
            if wanted["condition"] == "service_healthy":
                assert "healthcheck" in services[other], f"{name} waits for {other}'s health"


def test_observability_cannot_keep_the_worker_from_starting(services: Services) -> None:
    assert not {"jaeger", "prometheus", "grafana"} & set(services["worker"]["depends_on"])


def test_worker_settings_exist(services: Services) -> None:
    # The worker refuses a HARVEST_ name that nothing reads: a typing error here would stop every start (R10).
    ours = {name for name in _environment(services["worker"]) if name.startswith(PREFIX)}
    assert ours <= SETTING_NAMES


def test_worker_is_safe_as_it_comes(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTING_NAMES:
        monkeypatch.delenv(name, raising=False)
    for name, value in _environment(services["worker"]).items():
        if value is not None:
            monkeypatch.setenv(name, _default(value))
    settings = Settings()
    assert (settings.mode, settings.venue) == (Mode.SHADOW, Venue.DEMO)
    assert settings.api_key is None


def test_worker_may_finish_before_it_is_killed(services: Services) -> None:
    worker = services["worker"]
    graceful = timedelta(seconds=float(_environment(worker)["HARVEST_GRACEFUL_SHUTDOWN"] or 0))
    killed = timedelta(seconds=int(worker["stop_grace_period"].removesuffix("s")))
    # Twice: the bridge drains first, then the worker; and the last spans are flushed.
    assert killed >= 2 * graceful + timedelta(seconds=3)


def test_secrets_come_from_outside(services: Services) -> None:
    for name, service in services.items():
        for variable, value in _environment(service).items():
            if re.search(r"PASSWORD|PWD|SECRET|API_KEY", variable):
                assert value is None or value.startswith("${"), f"{name}: {variable} is written into the file"


def test_simulator_settings_make_a_worker(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = (root / "ops/simulator.env").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    assert values.pop("COMPOSE_PROFILES") == "simulator"
    assert set(values) <= SETTING_NAMES
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    assert Settings().venue is Venue.SIMULATOR


def test_mounted_files_exist(services: Services, root: Path) -> None:
    mounts = [volume for service in services.values() for volume in service.get("volumes", [])]
    ours = [volume.split(":")[0] for volume in mounts if volume.startswith("./")]
    assert ours
    assert [path for path in ours if not (root / path).exists()] == []


def test_named_volumes_are_declared(compose: dict[str, Any], services: Services) -> None:
    mounts = [volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])]
    assert {mount for mount in mounts if not mount.startswith("./")} == set(compose["volumes"])


def test_image_and_compose_check_the_worker_alike(services: Services, root: Path) -> None:
    found = re.search(r"^HEALTHCHECK .*\\\n\s+CMD (\[.*\])$", (root / "Dockerfile").read_text(), re.MULTILINE)
    assert found
    assert yaml.safe_load(found.group(1)) == services["worker"]["healthcheck"]["test"][1:]


def test_image_holds_every_package(root: Path) -> None:
    lines = (root / ".dockerignore").read_text().splitlines()
    kept = {line.removeprefix("!") for line in lines if line.startswith("!")}
    packages = {path.parent.name for path in root.glob("*/__init__.py") if path.parent.name not in {"tests", "bench"}}
    assert packages | {"worker.py", "requirements.txt", "pyproject.toml"} <= kept
