"""`tensorflow.python.util` and what tests are made with: decorators, nests, inspection."""
