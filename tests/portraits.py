"""Portraits of models for the tests of the page: one with every part, as a kind would fill it."""

from __future__ import annotations

from tabular.portrait import Edge, Emission, Graph, Portrait, State, Training

NETWORK = Graph(
    title="What depends on what",
    nodes=("age", "<sex>", "hired", "salary", "a name that is far too long to be shown"),
    edges=(
        Edge(source=0, target=2, weight=0.3),
        Edge(source=1, target=2, weight=0.05),
        Edge(source=2, target=3, weight=0.61234),
    ),
    directed=True,
    weight="mutual information in nats",
)
CHAIN = Graph(
    title="Moves between states",
    nodes=("state 1", "state 2", "state 3"),
    edges=(
        Edge(source=0, target=0, weight=0.9),
        Edge(source=0, target=1, weight=0.1),
        Edge(source=1, target=2, weight=1.0),
        Edge(source=2, target=0, weight=1.0),
    ),
    directed=True,
    weight="probability",
)
EVERYTHING = Portrait(
    training=Training(
        steps=(250, 500, 750),
        losses={"generator": (0.5, -0.25, -1.0), "critic": (2.0, 1.0, 1.5)},
        scores=(0.3, 0.1, 0.2),
        best_step=500,
    ),
    graphs=(NETWORK, CHAIN),
    states=(
        State(
            name="state 1",
            share=0.75,
            emits=(
                Emission(column="hired", value="yes & no", share=1.0),
                Emission(column="age", value="30 to 45", share=0.5),
            ),
        ),
        State(name="state 2", share=0.004, emits=()),
    ),
)
