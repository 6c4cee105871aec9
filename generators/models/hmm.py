"""Hidden Markov model of sequences: hidden states emit rows of mixed columns."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field

from generators.base import Generator, Model, State, require_rows
from generators.encoding.arrays import EncodedTable
from generators.marginals import Marginal
from generators.sequence_features import Feature, Index, Lookup
from generators.sequence_symbols import SequenceSymbols, Symbols

if TYPE_CHECKING:
    import numpy.typing as npt

    from generators.base import Capability
    from generators.encoding.arrays import Variable
    from generators.networks.hmm import Chain, Prior, Sequences
    from tabular.model import Progress
    from tabular.seeding import Seed

    Floats = npt.NDArray[np.float64]

_GRID = (1, 2, 4, 8, 12, 16, 24, 32, 48)  # numbers of states that are tried
_RESTARTED = 4  # rounds after which the best of several starts goes on alone
_HELD_OUT = 0.2  # share of entities that numbers of states are compared on
_COMPARED = 25_000  # rows that numbers of states are compared on
_TRANSITION_PRIOR = 0.1  # added to the count of moves between each pair of states
_CHAIN = ("start", "transition", "emission", "memory", "following")


class HmmModel(Model):
    """A chain of states, and how symbols become rows."""

    def __init__(self, symbols: SequenceSymbols, chain: dict[str, Floats]) -> None:
        self.symbols = symbols
        self.chain = chain

    @property
    def mean_length(self) -> float:
        """Expected rows per entity."""
        lengths = self.symbols.features[-1]
        if lengths.marginal is None:
            return 1.0
        middle = (lengths.marginal.left + lengths.marginal.right) / 2
        return max(1.0, float(middle @ np.diff(lengths.marginal.edges)))

    def sample(self, n: int, *, seed: Seed) -> EncodedTable:
        """Draw `n` entities: a walk through the states, and what they emit on the way."""
        rng = seed.generator()
        kinds = self.symbols.kinds
        begins = kinds.begins
        emission = self.chain["emission"]
        tables = [_stacked(emission[a:b].T) for a, b in pairwise(begins)]
        following = {
            v: (_stacked(self._following(i)), self.chain["memory"][i])
            for i, v in enumerate(kinds.lagged)
        }
        state = _drawn(_stacked(self.chain["start"][None]), np.zeros(n, dtype=np.int64), rng)
        lengths = self.symbols.lengths(_drawn(tables[-1], state, rng), rng)
        begin = np.cumsum(lengths) - lengths
        total = int(lengths.sum())
        entity = [f.scope == "entity" for f in self.symbols.features]
        drawn = [np.zeros(n if once else total, dtype=np.int64) for once in entity]
        moves = _stacked(self.chain["transition"])
        running = np.arange(n)
        for time in range(int(lengths.max())):
            if time:
                still = lengths[running] > time
                running, state = running[still], _drawn(moves, state[still], rng)
            here = begin[running] + time
            for v, table in enumerate(tables[:-1]):
                if entity[v]:
                    if not time:
                        drawn[v] = _drawn(table, state, rng)
                    continue
                now = _drawn(table, state, rng)
                if time and v in following:
                    after, weight = following[v]
                    recalled = rng.random(len(here)) < weight[state]
                    last = drawn[v][here[recalled] - 1]
                    now[recalled] = _drawn(after, last, rng)
                drawn[v][here] = now
        return self.symbols.decode(drawn, lengths, rng)

    def log_prob(self, rows: EncodedTable) -> Floats:
        """Log density of each entity's rows, all paths of states together, (n_entities,)."""
        from generators.networks import hmm as network

        chain, packed, prior = self._packed(rows)
        logs = network.log_emission(chain, packed, prior)
        found = np.empty(rows.n_subjects)
        found[np.argsort(-rows.lengths, kind="stable")] = network.forward(chain, packed, logs)[3]
        return found + np.bincount(rows.subjects, weights=self.symbols.log_density(rows))

    def states_of(self, rows: EncodedTable) -> npt.NDArray[np.int64]:
        """The likeliest path of states of each entity, in the order of the rows, (n_rows,)."""
        from generators.networks.hmm_paths import likeliest

        chain, packed, prior = self._packed(rows)
        who, time = rows.subjects, place_in_entity(rows.lengths)
        turn = np.empty(rows.n_subjects, dtype=np.int64)
        turn[np.argsort(-rows.lengths, kind="stable")] = np.arange(rows.n_subjects)
        out = np.empty(rows.n_rows, dtype=np.int64)
        out[np.lexsort((turn[who], time))] = likeliest(chain, packed, prior).numpy()
        return out

    def forecast(self, rows: EncodedTable, ahead: int) -> Floats:
        """Probability of each state so many rows after the last, (n_entities, n_states)."""
        from generators.networks import hmm_paths

        chain, packed, prior = self._packed(rows)
        out = np.empty((rows.n_subjects, len(self.chain["start"])))
        found = hmm_paths.ahead(chain, packed, prior, ahead).numpy()
        out[np.argsort(-rows.lengths, kind="stable")] = found
        return out

    def _packed(self, rows: EncodedTable) -> tuple[Chain, Sequences, Prior]:
        import torch

        from generators.networks import hmm as network

        cpu = torch.device("cpu")
        kinds = self.symbols.kinds
        packed = network.Sequences.pack(self.symbols.encode(rows), rows.lengths, kinds, cpu)
        chain = network.Chain(**{name: torch.as_tensor(self.chain[name]) for name in _CHAIN})
        # Of the prior only what belongs together is looked at here.
        prior = network.Prior.of(np.ones(kinds.n_symbols), kinds, transition=0.0, device=cpu)
        return chain, packed, prior

    def _following(self, i: int) -> Floats:
        """Probability of each symbol after each last one, of the i-th lagged variable."""
        begins = self.symbols.kinds.pair_begins
        pairs = self.chain["following"][begins[i] : begins[i + 1]]
        return pairs.reshape(int(np.sqrt(len(pairs))), -1)

    def state(self) -> State:
        """Probabilities, bins and their knots, and what is looked up."""
        arrays: dict[str, npt.NDArray[Any]] = dict(self.chain)
        features = []
        for i, feature in enumerate(self.symbols.features):
            if feature.marginal is not None and feature.cuts is not None:
                arrays |= {
                    f"edges.{i}": feature.marginal.edges,
                    f"left.{i}": feature.marginal.left,
                    f"right.{i}": feature.marginal.right,
                    f"cuts.{i}": feature.cuts,
                }
            features.append(
                {
                    "name": feature.name,
                    "scope": feature.scope,
                    "n_symbols": feature.n_symbols,
                    "numeric": feature.numeric,
                    "bounds": feature.bounds,
                }
            )
        lookups = []
        for i, lookup in enumerate(self.symbols.lookups):
            arrays |= {f"keys.{i}": lookup.keys, f"values.{i}": lookup.values}
            lookups.append([lookup.target, lookup.source])
        index = self.symbols.index
        order = [index.name, index.low, index.high, index.grid, index.unique] if index else None
        return State(arrays, {"features": features, "lookups": lookups, "index": order})

    @classmethod
    def from_state(
        cls,
        generator: Generator,  # noqa: ARG003  the contract's
        variables: tuple[Variable, ...],
        state: State,
    ) -> Self:
        """The model that gave this state."""
        arrays = state.arrays
        features = []
        for i, told in enumerate(state.values["features"]):
            marginal = cuts = None
            if f"edges.{i}" in arrays:
                marginal = Marginal(arrays[f"edges.{i}"], arrays[f"left.{i}"], arrays[f"right.{i}"])
                cuts = arrays[f"cuts.{i}"]
            bounds = tuple(told["bounds"]) if told["bounds"] else None
            features.append(Feature(**{**told, "bounds": bounds}, marginal=marginal, cuts=cuts))
        lookups = tuple(
            Lookup(target, source, arrays[f"keys.{i}"], arrays[f"values.{i}"])
            for i, (target, source) in enumerate(state.values["lookups"])
        )
        order = state.values["index"]
        symbols = SequenceSymbols(
            variables, tuple(features), lookups, Index(*order) if order else None
        )
        return cls(symbols, {name: arrays[name] for name in _CHAIN})


class Hmm(Generator, frozen=True):
    """Hidden Markov model: sequences of mixed columns, of any lengths, with readable states.

    Rows are emitted by a hidden state, columns independently of each other given the state, except
    that a column may, with a probability that its state sets, follow its own last value instead.
    What does not change within an entity is emitted by its first state, and so is its length. A
    table without sequences is a mixture of the states.

    Reference:
        Rabiner (1989), A tutorial on hidden Markov models and selected applications in speech
        recognition, sections III to V.

    Differs from the paper: emissions are categories and quantile bins, and may remember, which
    tells people who never change from people who just have not; lengths are drawn rather than
    ended by a state; numbers of states are compared on entities held out of the fit.
    """

    kind: Literal["hmm"] = "hmm"
    model: ClassVar[type[Model]] = HmmModel
    capabilities: ClassVar[frozenset[Capability]] = frozenset({"sequence", "log_prob"})

    states: Annotated[int, Field(ge=1, le=500)] | Literal["auto"] = Field(
        default="auto", description="Hidden states; `auto` compares several numbers."
    )
    criterion: Literal["held_out", "bic"] = Field(
        default="held_out",
        description="What numbers of states are compared by: the likelihood of entities held out, "
        "or the Bayesian information criterion.",
    )
    topology: Literal["ergodic", "left_right"] = Field(
        default="ergodic",
        description="Whether each state may follow each, or all begin in the first and only stay "
        "or go on to the next.",
    )
    bins: int = Field(default=16, ge=2, le=200, description="About how many bins a number has.")
    restarts: int = Field(default=3, ge=1, le=100, description="Random starts; the best goes on.")
    iterations: int = Field(default=60, ge=1, le=10_000, description="Most rounds of EM.")
    tolerance: float = Field(
        default=1e-4, gt=0, description="Ends when the log-likelihood per row rises by less."
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        default="cpu",
        description="Where to fit; `auto` takes a GPU where there is one, which sums in no fixed "
        "order, so that fits differ in the last digits.",
    )

    def fit_encoded(self, train: EncodedTable, *, seed: Seed, progress: Progress) -> HmmModel:
        """EM from several random starts, with as many states as predict held-out entities best.

        Raises:
            FitError: There are too few entities.
        """
        from generators.networks import hmm as network

        require_rows(train, 2, self.kind)
        symbols = SequenceSymbols.learn(train, self.bins)
        rows = symbols.encode(train)
        device = network.device_of(self.device)
        kinds = symbols.kinds
        everything = network.Sequences.pack(rows, train.lengths, kinds, device)
        prior = network.Prior.of(
            _leaning(rows, kinds),
            kinds,
            transition=_TRANSITION_PRIOR,
            device=device,
            left_right=self.topology == "left_right",
        )
        rounds = self.iterations
        if self.states == "auto":
            sides = _sides(train.lengths, seed)
            seen, fresh = (
                network.Sequences.pack(
                    rows[np.repeat(side, train.lengths)], train.lengths[side], kinds, device
                )
                for side in sides
            )
            states, rounds = self._compare(
                seen,
                fresh,
                prior,
                most=int(sides[0].sum()) // train.k,
                seed=seed.child("compare"),
                progress=progress,
            )
        else:
            states = self.states
        chain = self._start(everything, prior, states, seed.child("final"))
        chain = network.fit(everything, prior, chain, iterations=rounds, tolerance=self.tolerance)[
            0
        ]
        progress(0.99, f"{states} states")
        return HmmModel(symbols, {name: getattr(chain, name).cpu().numpy() for name in _CHAIN})

    def _start(self, sequences: Sequences, prior: Prior, states: int, seed: Seed) -> Chain:
        """The best of several random starts after a few rounds."""
        from generators.networks import hmm as network

        best, most = None, -np.inf
        for i in range(self.restarts):
            rng = seed.child(str(states), str(i)).generator()
            chain = network.initial(sequences, prior, states, rng)
            if self.restarts == 1:
                return chain
            chain, rises, _ = network.fit(
                sequences, prior, chain, iterations=_RESTARTED, tolerance=self.tolerance
            )
            if best is None or rises[-1] > most:
                best, most = chain, rises[-1]
        assert best is not None  # noqa: S101  there is at least one start
        return best

    def _compare(
        self,
        seen: Sequences,
        fresh: Sequences,
        prior: Prior,
        *,
        most: int,
        seed: Seed,
        progress: Progress,
    ) -> tuple[int, int]:
        """The number of states, and of rounds, that predict fresh entities best."""
        from generators.networks import hmm as network

        best, chosen = -np.inf, (1, self.iterations)
        worse = 0
        for i, states in enumerate(_GRID):
            if states > max(most, 1):
                break
            by_fresh = self.criterion == "held_out"
            chain, rises, found = network.fit(
                seen,
                prior,
                self._start(seen, prior, states, seed),
                iterations=self.iterations,
                tolerance=self.tolerance,
                held_out=fresh if by_fresh else None,
            )
            if not by_fresh:
                free = states * (states + len(prior.emission) - int(prior.variable[-1]) - 1) - 1
                likely = network.log_likelihood(chain, seen, prior)
                found = [*[-np.inf] * len(rises), likely - free / 2 * np.log(len(seen))]
            progress(0.9 * (i + 1) / len(_GRID), f"{states} states")
            if max(found) > best:
                best, chosen, worse = max(found), (states, max(int(np.argmax(found)), 1)), 0
            else:
                worse += 1
                if worse == 2:  # noqa: PLR2004  twice in a row
                    break
        return chosen


def place_in_entity(lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Number of each row within its entity, from 0, shape (n_rows,)."""
    begin = np.cumsum(lengths) - lengths
    return np.arange(int(lengths.sum())) - np.repeat(begin, lengths)


def _sides(
    lengths: npt.NDArray[np.int64], seed: Seed
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which entities numbers of states are fitted to, and which compared on, each (n_entities,)."""
    n = len(lengths)
    order = seed.child("split").generator().permutation(n)
    # Enough rows to tell numbers of states apart; more would only take longer.
    enough = max(2, int(np.searchsorted(np.cumsum(lengths[order]), _COMPARED) + 1))
    order = order[:enough]
    cut = max(1, int(len(order) * _HELD_OUT))
    seen, fresh = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    fresh[order[:cut]] = True
    seen[order[cut:]] = True
    return seen, fresh


def _leaning(rows: npt.NDArray[np.int64], kinds: Symbols) -> Floats:
    """One row's weight, spread over each variable's symbols as they occur overall."""
    counts = np.bincount(rows.ravel(), minlength=kinds.n_symbols + 1)[:-1] + 0.5
    return counts / np.bincount(kinds.variable, weights=counts)[kinds.variable]


def _stacked(probabilities: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], int]:
    """Cumulative rows, row k lifted by k, in one increasing array; and the row's width."""
    cumulative = np.cumsum(probabilities, axis=1)
    cumulative[:, -1] = 1.0
    lifted = np.minimum(cumulative, 1.0) + np.arange(len(probabilities), dtype=np.float64)[:, None]
    return lifted.ravel(), probabilities.shape[1]


def _drawn(
    table: tuple[npt.NDArray[np.float64], int],
    rows: npt.NDArray[np.int64],
    rng: np.random.Generator,
) -> npt.NDArray[np.int64]:
    """For each of these rows of a stacked table a column, by its probability."""
    cumulative, width = table
    place = np.searchsorted(cumulative, rows + rng.random(len(rows)), side="right")
    # Adding a large row number may round a random number up to the next row.
    return np.asarray(np.clip(place - rows * width, 0, width - 1), dtype=np.int64)
