"""Checks that measure synthetic data, and the gate that decides."""
