"""`tidefall lite convert | check | debug`: a module each, with `add_flags` and `execute`."""
