"""TensorFlow's own unit tests, run on Tidefall beside what passes on real TensorFlow.

What enters: a folder of TensorFlow's sources, given or fetched, never kept here. What leaves: a
table by area, and a list of what fails with the reason. TensorFlow's tests import its inner
modules: `imports.py` answers these with Tidefall's `tidefall.compat.tensorflow` first, with
what the tests' own base classes need next (`harness.py`), and with a stand-in that raises
`InnerName` last (`stand_ins.py`): a case that meets one tells nothing. Read `worker.py` first.
"""
