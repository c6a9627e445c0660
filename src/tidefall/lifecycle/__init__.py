"""What surrounds a model between its data and its users, one folder for each part.

`data_validation/` says what data are like and whether they are as they should be.
`transform/` makes features of them, by one graph for training and for serving.
`pipelines/` makes steps of all that, runs them, and runs none twice.
`tune/` searches for the numbers that training hangs on.
`monitoring/` says what served models answered, how good that was, and what has changed.
`release/` brings a version to its users and back, `retrain/` makes the next one when there is
reason to, `slo/` says what was promised and gathers what went wrong.
`metadata/` knows what was made from what; `track/` keeps training runs and `registry/` models
there. `ui/` is one page over all of that.
"""
