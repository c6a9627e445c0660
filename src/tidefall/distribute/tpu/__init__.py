"""TPUs: what programs that were written for them find here, where there are none."""
