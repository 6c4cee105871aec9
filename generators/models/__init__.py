"""One file per kind of generator; the registry in `generators.base` walks this package."""
