"""The process a run happens in: telemetry off, threads bounded, Prefect quiet and at home.

Nothing here imports the libraries it prepares for: the variables must be set before they are.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from tabular.errors import ConfigurationError

if TYPE_CHECKING:
    from pipelines.settings import Settings

_QUIET = {
    # No dependency phones home.
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "GX_ANALYTICS_ENABLED": "false",
    "RAY_USAGE_STATS_ENABLED": "0",
    "SDV_DISABLE_TELEMETRY": "1",
}
_PREFECT = {
    # Three first starts at once on a busy machine take longer than the 20 s it allows itself.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_CLI_PROMPT": "false",
}


def prepare(settings: Settings, *, debug: bool = False) -> None:
    """Set what is not set yet; the user's own variables win.

    Args:
        settings: Gives the threads and the home.
        debug: Leave Prefect's log as loud as it likes to be.

    Raises:
        ConfigurationError: The home can't be made.
    """
    threads = str(settings.threads)
    wanted = {
        **_QUIET,
        **({} if debug else _PREFECT),
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "WAXWORK_HOME": str(settings.home),
    }
    chosen = os.environ.get("PREFECT_HOME") or os.environ.get("PREFECT_API_URL")
    if not chosen and not (Path.home() / ".prefect" / "profiles.toml").exists():
        # Who has no profile, which could name a server, gets a home of our own: so a read-only
        # home folder does no harm, and the server a run brings along keeps its history with us.
        wanted["PREFECT_HOME"] = str(settings.home / "prefect")
    for name, value in wanted.items():
        os.environ.setdefault(name, value)
    if debug:
        os.environ["WAXWORK_DEBUG"] = "true"  # for the tasks, wherever they run
    try:
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        if "PREFECT_HOME" in wanted:
            (settings.home / "prefect").mkdir(exist_ok=True, mode=0o700)
        if not os.access(settings.home, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise ConfigurationError(
            f"the folder of the workspaces can't be used: {error.strerror}",
            where=f"WAXWORK_HOME, {settings.home}",
            fix="Name a folder that can be written",
        ) from None
