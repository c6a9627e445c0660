"""What surrounds a model between its data and its users, one folder for each part.

`data_validation/` says what data are like and whether they are as they should be.
`transform/` makes features of them, by one graph for training and for serving.
`pipelines/` makes steps of all that, runs them, and runs none twice.
`tune/` searches for the numbers that training hangs on.
`monitoring/` says what served models answered, how good that was, and what has changed.
`metadata/` knows what was made from what; `track/` keeps training runs and `registry/` models
there. `ui/` is one page over all of that.
"""
