"""Torch modules only: tensors in, tensors out."""
