"""One package per family; the registry in `validation.base` walks them."""
