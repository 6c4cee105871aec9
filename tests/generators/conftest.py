"""Hypothesis tries the same examples everywhere, and takes its time on a busy machine."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("waxwork", derandomize=True, deadline=None)
settings.load_profile("waxwork")
