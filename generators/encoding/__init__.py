"""Tables to arrays and back, one module per column type, exact inside the domain."""
