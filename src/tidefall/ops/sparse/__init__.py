"""Sparse tensors: conversion, arithmetic, joining, cutting, counts, crosses.

Indices, values and a shape enter and leave, in order by row unless said otherwise. Read
`functions.py` first.
"""
