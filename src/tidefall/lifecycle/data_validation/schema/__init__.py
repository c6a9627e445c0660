"""Schemas: inferred from statistics, edited, and made to fit new data."""
