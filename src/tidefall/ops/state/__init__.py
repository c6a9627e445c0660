"""Ops on what outlives a run: variables behind handles or passed by reference, optimizer updates.

A handle and new values enter; the value leaves with a read. Read `resource_variables.py` first.
"""
