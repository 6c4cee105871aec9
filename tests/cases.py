"""One line per component: the quickest parameters that the contract tests run it with.

A registered kind without a line here fails `tests/contracts`. Tables that the tests share are in
`tests/tables.py`.
"""

from __future__ import annotations

GENERATOR_CASES: dict[str, dict[str, object]] = {
    "autoencoder": {"steps": 150, "batch": 64, "latent": 4, "hidden": [16]},
    "autoregressive": {"steps": 60, "batch": 64, "embedding": 4, "hidden": 16},
    "bayesian_network": {"parents": 2, "candidates": 4, "bins": 8},
    "bootstrap": {},
    "ctgan": {"steps": 10, "batch": 64, "noise": 8, "hidden": [16], "critic_hidden": [16]},
    "diffusion": {"steps": 10, "batch": 64, "hidden": 16, "blocks": 1, "noise_steps": 4},
    "flow": {"steps": 10, "batch": 64, "hidden": 16, "blocks": 1, "bins": 4},
    "gaussian_copula": {},
    "hmm": {"states": 3, "restarts": 1, "iterations": 10},
    "independent": {},
    "latent_class": {"components": 8, "passes": 3},
    "markov_network": {"bins": 6, "tree_cells": 20_000, "triples": 3},
    "rbm": {"steps": 20, "batch": 64, "chains": 32, "hidden": 8, "bins": 6, "temperatures": 10},
    "sdv_ctgan": {"epochs": 1, "embedding_dim": 8, "generator_dim": [8], "discriminator_dim": [8]},
    "sdv_gaussian_copula": {},
    "sdv_par": {"epochs": 1},
    "sdv_tvae": {"epochs": 1, "embedding_dim": 8, "compress_dims": [8], "decompress_dims": [8]},
    "trees": {"trees": 1, "leaf": 5},
    "tvae": {"steps": 150, "batch": 64, "latent": 4, "hidden": [16]},
}

SINK_CASES: dict[str, dict[str, object]] = {
    "csv": {"path": "{folder}/store", "compression": "gzip"},
    "parquet": {"path": "{folder}/store"},
    "sql": {"url": "postgresql://nobody@127.0.0.1:1/nothing"},
}

CHECK_CASES: dict[str, dict[str, object]] = {
    "alpha_beta": {},
    "associations": {},
    "attribute_inference": {},
    "calibration": {},
    "classifier_two_sample": {"folds": 2},
    "column_shapes": {},
    "contract": {},
    "copies": {},
    "coverage": {},
    "domains": {},
    "dtypes": {},
    "equalised_odds": {},
    "feature_importance": {},
    "holdout_likelihood": {},
    "intersections": {},
    "joint_rates": {},
    "k_map": {},
    "keys": {},
    "linkability": {},
    "membership": {},
    "missingness": {},
    "model_file_scan": {},
    "nearest_record": {},
    "pair_trends": {},
    "parity_gap": {},
    "personal_data_in_output": {},
    "proxies": {},
    "query_error": {},
    "rare_values": {},
    "representation": {},
    "rules": {},
    "sdmetrics_quality": {},
    "singling_out": {},
    "three_way_marginals": {},
    "train_synthetic_test_real": {},
    "children_per_parent": {},
    "family_trends": {},
    "join_membership": {},
    "join_two_sample": {"folds": 2},
    "references": {},
    "entity_membership": {},
    "entity_two_sample": {"folds": 2},
    "sequence_index": {},
    "sequence_lengths": {},
    "sequence_memory": {},
    "sequence_runs": {},
    "sequence_starts": {},
    "sequence_steps": {},
    "sequence_transitions": {},
}

SOURCE_CASES: dict[str, dict[str, object]] = {
    "csv": {"path": "{folder}/people.csv"},
    "duckdb": {"files": {"people": "{folder}/people.parquet"}},
    "excel": {"path": "{folder}/people.xlsx"},
    "jsonl": {"path": "{folder}/people.jsonl"},
    "parquet": {"path": "{folder}/people.parquet"},
    "sample": {"name": "wagepan"},
    "sql": {
        "url": "{postgres}",
        "tables": ["{schema}.people"],
        "version_query": "select * from {schema}.version",
    },
}

DIALECT_CASES: dict[str, dict[str, object]] = {
    "mariadb": {
        "url": "{mariadb}",
        "tables": ["{schema}.people"],
        "version_query": "select * from {schema}.version",
    },
    "sqlite": {"url": "sqlite:///{folder}/people.db", "tables": ["people"]},
}
"""Further databases that the `sql` source reads."""
