"""Prefect flows; each reads as one paragraph."""
