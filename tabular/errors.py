"""Every error a user can meet, with the exit code it ends the command in.

    WaxworkError                 1   something went wrong; the message says what, where, what to do
    +- ConfigurationError        2   the configuration, an option or a secret is wrong or missing
    +- SourceError               1   the source can't be read
    |  +- SourceUnavailable      1   ... at the moment: trying again may help
    +- DataError                 1   the rows can't be used as they are
    |  +- ContractViolated       1   too many rows break the contract
    |  +- SourceDrifted          1   the source is not what it was, and the owner asked to stop
    +- FitError                  1   a model could not be fitted
    |  +- TrainingDiverged       1   ... as its losses ran away: lower what the message says
    +- SampleError               1   a model could not produce the rows asked for
    +- ArtifactError             1   a saved model or cached artefact is damaged or foreign
    +- ReleaseError              1   a release could not be written or read
    |  +- SinkUnavailable        1   ... at the moment: trying again may help
    +- Rejected                  3   the gate refused the data
    +- Held                      4   the gate could not decide, or asks for a signature

A message never holds a cell value of the source: rows are named by position, columns by name.
"""

from typing import ClassVar


class WaxworkError(Exception):
    """The root of the tree.

    Args:
        what: What went wrong, in one sentence without a trailing full stop.
        where: The file, column, option or configuration path it happened at.
        fix: What the reader can do about it.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None) -> None:
        self.what = what
        self.where = where
        self.fix = fix
        super().__init__(what)

    def __str__(self) -> str:
        """One line: where, what, what to do."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}. {self.fix}" if self.fix else head

    def __reduce__(self) -> tuple[object, tuple[object, ...], dict[str, object]]:
        """Survive pickling, which workers and process pools do to errors."""
        return (type(self), (self.what,), {"where": self.where, "fix": self.fix})


class ConfigurationError(WaxworkError):
    """The configuration, a command-line option or a secret is wrong or missing."""

    exit_code = 2


class SourceError(WaxworkError):
    """The source can't be opened, read or parsed."""


class SourceUnavailable(SourceError):
    """The source can't be reached at the moment; trying again may help."""


class DataError(WaxworkError):
    """The rows were read, but can't be used as they are."""


class ContractViolated(DataError):
    """More rows break the contract than the configuration tolerates."""


class SourceDrifted(DataError):
    """The source is not what it was for the last release."""


class FitError(WaxworkError):
    """A generative model could not be fitted."""


class TrainingDiverged(FitError):
    """The losses of a training are no longer numbers."""


class SampleError(WaxworkError):
    """A fitted model could not produce the rows that were asked for."""


class ArtifactError(WaxworkError):
    """A saved model or a cached artefact is damaged, foreign or of another version."""


class ReleaseError(WaxworkError):
    """A release could not be written to, or read from, its store or database."""


class SinkUnavailable(ReleaseError):
    """The sink can't be reached at the moment; trying again may help."""


class Rejected(WaxworkError):
    """The gate refused to publish."""

    exit_code = 3


class Held(WaxworkError):
    """The gate could not decide, or the policy asks for a person's signature."""

    exit_code = 4
