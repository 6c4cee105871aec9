"""Generative models: a table in, a fitted generator out, synthetic tables from that."""
