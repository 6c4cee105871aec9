"""Measurements of the generators; no product code. `python -m benchmarks --help` says how."""
