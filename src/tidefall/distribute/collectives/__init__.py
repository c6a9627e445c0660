"""Collectives between processes on CPUs, outside of compiled programs: no service, any may fail."""
