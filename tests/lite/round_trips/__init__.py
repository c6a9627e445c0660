"""Models converted here and run by the real runtime, compared with Keras and with the interpreter.

    TIDEFALL_ORACLE=... python -m tests.lite.round_trips [--kind float int8 ...] [MODEL ...]

`making.py` writes the files with what is expected, `litert.py` runs them where ai-edge-litert is
installed, `compare.py` says how far apart they are; `tests/oracle_env/test_lite_models.py` takes a
fixed sample.
"""
