"""MLflow's REST API, as far as its own client uses it for runs, files and models.

Requests of the model server's HTTP layer enter, replies leave. Read `app.py` first: the table of
endpoints; `runs.py` answers for experiments and runs, `models.py` for the registry.
"""
