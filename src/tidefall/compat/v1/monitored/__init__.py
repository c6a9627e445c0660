"""Sessions that hooks watch: they save, log, count and stop."""
