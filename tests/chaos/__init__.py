"""Processes that are killed or stopped at random while a job runs: `python -m tests.chaos`."""
