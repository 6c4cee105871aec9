"""Sequences as rows that know what came before them."""
