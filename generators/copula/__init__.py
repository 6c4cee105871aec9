"""The parts of a Gaussian copula: columns as steps of a normal number, sums, correlation."""
