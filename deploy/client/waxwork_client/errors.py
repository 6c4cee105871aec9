"""What can go wrong between a reader and a store."""

from __future__ import annotations


class WaxworkClientError(Exception):
    """Base of every error of this package."""


class NotFound(WaxworkClientError):
    """The store has no such dataset, version or table."""


class Withdrawn(WaxworkClientError):
    """The release was taken back; the message says why."""


class NotAsPublished(WaxworkClientError):
    """Bytes differ from the digests of the release, or the release is malformed."""


class StoreUnreachable(WaxworkClientError):
    """The store does not answer, and the cache can't help."""


class StaleWarning(UserWarning):
    """The store did not answer, so what the cache knew last was taken."""
