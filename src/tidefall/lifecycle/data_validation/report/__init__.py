"""Statistics, schemas and anomalies for people: data frames, tables for terminals, one HTML page.

Messages enter; text leaves. `rows.py` says what stands in the lines of all of them, `page.py` makes
the page, `charts.py` its drawings.
"""
