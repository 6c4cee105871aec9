"""One file per kind of sink; the registry in `pipelines.base` walks this package."""
