"""How programs run: the host executor, and the compiler bridge to XLA."""
