"""The mutation battery: planted faults that a named check must refuse, and rows that must pass."""
