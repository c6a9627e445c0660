"""Signal processing: Fourier and cosine transforms, frames, windows, spectra, speech features.

Samples along the last axis enter, spectra leave, or the reverse. Read `fourier.py` first.
"""
