"""Convolutions: of images and volumes, of each channel by itself, and transposed."""
