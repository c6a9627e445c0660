"""The public surface as tools see it. `stubs/` writes the `.pyi` files for editors and checkers."""
