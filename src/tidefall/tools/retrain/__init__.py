"""The command `tidefall retrain`: decide, train again, make a version once more."""
