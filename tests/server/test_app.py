from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from checker.base import paths
from checker.base.errors import CouldNotFindOut, CourseError
from checker.server import app, instance

URL = "http://127.0.0.1:9/course/?token=secret"


class Server:
    """Jupyter's server, as far as `up` knows it."""

    port = 9
    identity_provider = type("Provider", (), {"token": "secret"})()
    runs: list[str]

    def __init__(self, config: Any) -> None:
        self.config = config

    @classmethod
    def instance(cls, config: Any) -> Server:
        return cls(config)

    def initialize(self, argv: list[str]) -> None:
        assert argv == []

    def start(self) -> None:
        found = instance.running()
        assert found is not None
        self.runs.append(found.url)


@pytest.fixture(autouse=True)
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What `up` and `down` had done, in its order."""
    done: list[str] = []

    def doing(name: str, result: object = None) -> Any:
        return lambda *args, **kwargs: (done.append(name), result)[1]

    monkeypatch.setenv("COURSE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "work"))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", "restored after the test")
    monkeypatch.setattr(app.os, "environ", dict(app.os.environ))
    monkeypatch.setattr("checker.docker.docker_engine.ensure_engine", doing("engine"))
    monkeypatch.setattr("checker.orchestrators.registry.shell_environment", dict)
    monkeypatch.setattr("checker.labs.notebook.ensure_kernels", doing("kernels"))
    monkeypatch.setattr("checker.server.site.build_site", doing("site", tmp_path))
    monkeypatch.setattr("jupyter_server.serverapp.ServerApp", Server)
    monkeypatch.setattr(app.webbrowser, "open", lambda url: done.append(f"open {url}"))
    monkeypatch.setattr(Server, "runs", done, raising=False)
    yield done
    shutil.rmtree(paths.runtime(), ignore_errors=True)


def test_up_makes_the_machine_ready_then_serves_and_says_where(
    calls: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    app.serve_course(port=0, open_browser=False, assume_yes=True)
    assert calls == ["engine", "kernels", "site", URL]
    assert URL in capsys.readouterr().out
    assert instance.running() is None


def test_a_second_up_points_to_the_first_and_opens_it(
    calls: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def again(self: Server) -> None:
        app.serve_course(port=8888, open_browser=True, assume_yes=True)

    monkeypatch.setenv("DISPLAY", ":0")

    monkeypatch.setattr(Server, "start", again)
    app.serve_course(port=0, open_browser=False, assume_yes=True)
    assert calls == ["engine", "kernels", "site", f"open {URL}"]
    assert "already up" in capsys.readouterr().out


def test_a_second_up_opens_no_browser_where_none_is_wanted(
    calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Server, "start", lambda self: app.serve_course(0, False, True))
    app.serve_course(port=0, open_browser=False, assume_yes=True)
    assert calls == ["engine", "kernels", "site"]


def test_without_a_screen_no_browser_is_opened_in_the_terminal(
    calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(app.sys, "platform", "linux")
    monkeypatch.setattr(Server, "start", lambda self: app.serve_course(0, True, True))
    app.serve_course(port=0, open_browser=True, assume_yes=True)
    assert calls == ["engine", "kernels", "site"]


def test_up_while_another_gets_ready_says_so() -> None:
    with (
        instance.claim_server(),
        pytest.raises(CourseError, match="still making this machine ready"),
    ):
        app.serve_course(port=0, open_browser=False, assume_yes=True)


def test_a_taken_port_is_told_before_anything_is_installed(calls: list[str]) -> None:
    with pytest.raises(CourseError, match="cannot be used"):
        app.serve_course(port=70000, open_browser=False, assume_yes=True)
    assert calls == []


def test_without_an_engine_up_ends_and_the_next_up_is_free(
    calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise CouldNotFindOut("No engine.")

    with monkeypatch.context() as broken:
        broken.setattr("checker.docker.docker_engine.ensure_engine", refuse)
        with pytest.raises(CouldNotFindOut, match="No engine"):
            app.serve_course(port=0, open_browser=False, assume_yes=True)
    app.serve_course(port=0, open_browser=False, assume_yes=True)
    assert calls[-1] == URL


def test_down_stops_the_server_and_the_recording_before_it_removes(
    calls: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(instance, "stop", lambda: calls.append("server") or True)
    monkeypatch.setattr(
        "checker.sandbox.background_recorder.stop_recording", lambda: calls.append("keeper")
    )
    monkeypatch.setattr(
        "checker.machine.cleanup.clean_up", lambda purge: calls.append(f"clean up, {purge}")
    )
    app.stop_course(purge=True)
    assert calls == ["server", "keeper", "clean up, True"]
    assert "The server has stopped." in capsys.readouterr().out


def test_down_says_nothing_of_a_server_where_there_is_none(
    calls: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("checker.machine.cleanup.clean_up", lambda purge: None)
    app.stop_course(purge=False)
    assert capsys.readouterr().out == ""
