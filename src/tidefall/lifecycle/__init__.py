"""What surrounds a model between its data and its users, one folder for each part.

`data_validation/` says what data are like and whether they are as they should be.
"""
