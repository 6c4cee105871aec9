"""What a dataset is: schema, tables, keys, splits, seeds, errors.

The lowest floor of the house. Generators, validation and pipelines build on it; it imports none
of them.
"""
