"""Queues, and what else threads wait for: state shared by the runs of programs."""
