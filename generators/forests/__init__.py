"""Sequential decision forests: supports, trees as arrays, densities at their leaves."""
