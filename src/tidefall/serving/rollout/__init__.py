"""Which version answers whom: splits, canaries, shadow traffic, replays, and their audit."""
