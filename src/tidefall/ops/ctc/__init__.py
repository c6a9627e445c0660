"""Connectionist temporal classification: losses and decoders of sequences without alignment."""
