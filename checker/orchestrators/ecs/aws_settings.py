"""The AWS settings of course shells: an endpoint, keys and files that reach no real account.

The learner's own profile is neither read nor written. The access key is the account number that
the emulator answers for, and no key that AWS ever gives out: those begin with four letters
(docs.aws.amazon.com, IAM identifiers, unique identifiers).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from checker.base import paths

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


def environment() -> dict[str, str]:
    """What AWS tools need in a course shell; the files that it names are written."""
    config, credentials = folder() / "config", folder() / "credentials"
    _write(config, CONFIG)
    _write(credentials, CREDENTIALS)
    return {
        "AWS_ENDPOINT_URL": endpoint(),
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": SIGNING,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
        "NO_PROXY": _no_proxy(),
        "no_proxy": _no_proxy(),
    }


def is_foreign(name: str) -> bool:
    """Whether a variable of the learner's is about AWS, and so must not get into course shells."""
    return name.startswith(("AWS_", "BOTO_", "BOTO3_"))


def endpoint() -> str:
    """Where the emulator answers, or would."""
    return f"http://127.0.0.1:{port()}"


def port() -> int:
    """The port that was chosen when the emulator was last started; AWS emulators use 4566."""
    try:
        chosen = int(port_file().read_text())
    except (OSError, ValueError):
        return FIRST_PORT
    return chosen if 0 < chosen < 65536 else FIRST_PORT


def port_file() -> Path:
    """Keeps the choice, so that shells opened before a restart find the emulator again."""
    return folder() / "port"


def folder() -> Path:
    """The course's own settings and state of the emulator."""
    made = paths.state() / "aws"
    made.mkdir(exist_ok=True)
    return made


def programs() -> Path:
    """A folder with `aws` alone, since the environment's own has Python and much else."""
    made = paths.cache() / "engines" / "aws"
    made.mkdir(parents=True, exist_ok=True)
    launcher = made / "aws"
    _write(launcher, LAUNCHER.format(python=sys.executable))
    if not os.access(launcher, os.X_OK):
        launcher.chmod(0o755)
    return made


def _write(path: Path, content: str) -> None:
    try:
        same = path.read_text() == content
    except (OSError, UnicodeDecodeError):
        same = False
    if not same:
        paths.write_atomically(path, content)


def _no_proxy() -> str:
    """A proxy of the learner's must not get what is meant for this machine."""
    given = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    return ",".join(dict.fromkeys([*filter(None, given.split(",")), "127.0.0.1", "localhost"]))
