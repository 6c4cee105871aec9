"""Orchestration: sources, sinks, releases, flows and the command line."""
