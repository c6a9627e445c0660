"""Statistics of data, the schema they must fit, and what does not."""
