"""What `doctor` looks at: one file of checks per kind of thing, each adding to a `Report`."""
