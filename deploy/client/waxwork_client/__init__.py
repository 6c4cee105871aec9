"""Read synthetic datasets that Waxwork released.

>>> from waxwork_client import load
>>> census = load("census", store="/srv/releases")  # or s3://..., or WAXWORK_STORE
>>> rows = census.pandas()
"""

from waxwork_client.datasets import Dataset, load
from waxwork_client.errors import (
    NotAsPublished,
    NotFound,
    StaleWarning,
    StoreUnreachable,
    WaxworkClientError,
    Withdrawn,
)

__all__ = [
    "Dataset",
    "NotAsPublished",
    "NotFound",
    "StaleWarning",
    "StoreUnreachable",
    "WaxworkClientError",
    "Withdrawn",
    "load",
]
