"""A small HTTP/1.1 server: a strict parser, one event loop, a pool of worker threads."""
