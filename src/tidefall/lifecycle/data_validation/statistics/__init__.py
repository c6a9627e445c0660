"""Tables to statistics: one pass over Arrow batches, in bounded memory, on all cores.

Sources of batches enter (`../sources`); a `DatasetFeatureStatisticsList` leaves. Read `table.py`
first, then `scan.py`, which divides the work, and `features.py`.
"""
