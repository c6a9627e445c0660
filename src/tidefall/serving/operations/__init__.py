"""What the people who run a server need: health, metrics, traces, logs, keys, a status page."""
