"""What the commands do; `pipelines.cli` says how they are called."""
