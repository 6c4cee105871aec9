"""The dialects of the `sql` source: one module per database system."""
