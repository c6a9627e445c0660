"""What is served: servables, the versions of a model on disk, and their life cycle."""
