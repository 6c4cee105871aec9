"""One file per kind of source; the registry in `pipelines.base` walks this package."""
