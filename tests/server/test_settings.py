from __future__ import annotations

import json
from pathlib import Path

import pytest

from checker.base import paths
from checker.server import settings

LEARNERS_OWN = {
    "JUPYTER_CONFIG_DIR": "/home/learner/.jupyter",
    "JUPYTER_CONFIG_PATH": "/home/learner/more",
    "JUPYTER_TOKEN": "known",
    "JUPYTERLAB_DIR": "/home/learner/lab",
    "IPYTHONDIR": "/home/learner/.ipython",
}


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("COURSE_WORK", str(tmp_path / "work"))
    monkeypatch.setattr(
        "checker.orchestrators.registry.shell_environment",
        lambda: {**LEARNERS_OWN, "DOCKER_HOST": "unix:///course.sock", "PATH": "/bin"},
    )


def test_nothing_of_the_learners_own_jupyter_is_used(tmp_path: Path) -> None:
    found = settings.server_environment()
    assert not set(LEARNERS_OWN.values()) & set(found.values())
    assert "JUPYTER_TOKEN" not in found
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR"):
        assert Path(found[name]).is_relative_to(tmp_path / "state")


def test_kernels_and_terminals_reach_the_courses_engine() -> None:
    assert settings.server_environment()["DOCKER_HOST"] == "unix:///course.sock"
    assert settings.server_environment()["PATH"] == "/bin"


def test_the_server_listens_on_this_machine_alone_and_takes_no_other_port(tmp_path: Path) -> None:
    server = settings.make_config(8123, False, tmp_path).ServerApp
    assert (server.ip, server.port, server.port_retries) == ("127.0.0.1", 8123, 0)
    assert server.root_dir == str(tmp_path / "work")


def test_jupyters_own_protection_is_left_on(tmp_path: Path) -> None:
    chosen = settings.make_config(8123, False, tmp_path)
    for name in ("disable_check_xsrf", "allow_origin", "allow_remote_access", "token", "password"):
        assert name not in chosen.ServerApp
    assert "IdentityProvider" not in chosen


def test_jupyterlab_asks_nothing_of_the_internet(tmp_path: Path) -> None:
    lab = settings.make_config(8123, False, tmp_path).LabApp
    assert lab.news_url is None
    assert lab.extension_manager == "readonly"
    settings.write_lab_settings()
    folder = tmp_path / "state/jupyter/config/labconfig"
    page = json.loads((folder / "page_config.json").read_text())
    assert page["disabledExtensions"]["@jupyterlab/apputils-extension:announcements"] is True
    overrides = json.loads((folder / "default_setting_overrides.json").read_text())
    assert overrides["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_the_log_holds_the_token_and_is_private(tmp_path: Path) -> None:
    paths.write_atomically(settings.log_file(), "of the run before")
    settings.make_config(8123, False, tmp_path)
    assert not settings.log_file().exists()
    assert paths.runtime().stat().st_mode & 0o077 == 0
