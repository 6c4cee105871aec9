"""Graphs of columns: networks of conditional tables, and junction trees of marginals."""
