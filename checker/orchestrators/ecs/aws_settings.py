"""The AWS settings of course shells: an endpoint, keys and files that reach no real account.

The learner's own profile is neither read nor written. The access key is the account number that
the emulator answers for, and no key that AWS ever gives out: those begin with four letters
(docs.aws.amazon.com, IAM identifiers, unique identifiers).
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from checker.base import paths
from checker.base.settings import Settings, current_settings

REGION = "us-east-1"
ACCOUNT = "000000000000"
SIGNING = "the-emulator-asks-for-none"
FIRST_PORT = 4566
CONFIG = f"""\
[default]
region = {REGION}
output = json
cli_pager =
"""
CREDENTIALS = f"""\
[default]
aws_access_key_id = {ACCOUNT}
aws_secret_access_key = {SIGNING}
"""
LAUNCHER = """\
#!{python}
import sys
sys.dont_write_bytecode = True
from awscli.clidriver import main
sys.exit(main())
"""


def aws_environment() -> dict[str, str]:
    """Return what AWS tools need in a course shell; `write_files` writes the files it names."""
    # A proxy of the learner's must not get what is meant for this machine.
    direct = (os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or "").split(",")
    no_proxy = ",".join(dict.fromkeys([*filter(None, direct), "127.0.0.1", "localhost"]))
    return {
        "AWS_ENDPOINT_URL": endpoint_url(),
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": SIGNING,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": str(aws_folder() / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(aws_folder() / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
    }


def endpoint_url() -> str:
    """Return where the emulator answers, or would."""
    return f"http://127.0.0.1:{chosen_port()}"


def chosen_port() -> int:
    """Return the port of the emulator's last start; AWS emulators use 4566."""
    try:
        chosen = int(port_file().read_text())
    except (OSError, ValueError):
        return FIRST_PORT
    return chosen if 0 < chosen < 65536 else FIRST_PORT


def port_file() -> Path:
    """Return where the choice is saved, so that open shells find the emulator after a restart."""
    return aws_folder() / "port"


def aws_folder(settings: Settings | None = None) -> Path:
    """Return the folder of the course's own settings and state of the emulator."""
    return (settings or current_settings()).state / "aws"


def programs_folder() -> Path:
    """Return a folder with `aws` alone, since the environment's own has Python and much else."""
    return current_settings().cache / "engines" / "aws"


def write_files() -> None:
    """Write the files that `aws_environment` names, and the command `aws`, where they differ."""
    launcher = programs_folder() / "aws"
    for path, content in {
        aws_folder() / "config": CONFIG,
        aws_folder() / "credentials": CREDENTIALS,
        launcher: LAUNCHER.format(python=sys.executable),
    }.items():
        with contextlib.suppress(OSError, UnicodeDecodeError):
            if path.read_text() == content:
                continue
        paths.write_atomically(path, content)
    if not os.access(launcher, os.X_OK):
        launcher.chmod(0o755)
