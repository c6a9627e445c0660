"""All-reduce between two processes, beside the peers."""
