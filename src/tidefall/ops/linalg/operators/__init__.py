"""Linear operators: matrices known by their structure, which need not be stored whole."""
