"""CPU seconds and peak memory of this process and of the helpers it started."""

from __future__ import annotations

import resource
import time


def cpu_seconds() -> float:
    """User and system time used so far, by this process and by its children, ended or alive."""
    import psutil

    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = time.process_time() + ended.ru_utime + ended.ru_stime
    for child in psutil.Process().children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system
    return total


def peak_mib() -> float:
    """Peak resident memory, the children's peaks added: at most too much, never too little."""
    import psutil

    total = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for child in psutil.Process().children(recursive=True):
        try:
            status = open(f"/proc/{child.pid}/status").read()  # noqa: SIM115, PTH123
        except OSError:
            continue
        peak = next((line for line in status.splitlines() if line.startswith("VmHWM")), None)
        total += int(peak.split()[1]) / 1024 if peak else 0
    return total
