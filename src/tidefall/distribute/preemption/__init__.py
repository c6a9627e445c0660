"""Preemption: noticing that a machine is about to be taken away, and saving in time.

A watcher notices (`notice.py`), all workers agree on the step to save after (`agreement.py`), and
the handler saves and exits (`handler.py`).
"""
