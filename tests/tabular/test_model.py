from __future__ import annotations

from tabular.model import Progress, silent


def test_silence_is_a_progress() -> None:
    progress: Progress = silent
    progress(0.5, "half way")
    progress(1.0)
    assert callable(progress)
