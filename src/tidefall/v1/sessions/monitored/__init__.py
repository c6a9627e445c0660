"""Sessions that hooks watch: they save, log, count and stop.

Read `monitored_session.py` first, then `run_hooks.py`.
"""
