"""What can be computed: one file per small family of ops, each op declared whole."""
