"""Models that can be told from tampered ones: manifests, signatures, encryption at rest.

A registered version's folder holds `assets.extra/manifest.json`, the SHA-256 of every file, and
`assets.extra/manifest.sig`, an Ed25519 signature of it. Keys and folders enter, what is wrong
leaves as an error that names the file. Read `manifest.py` first; `loader.py` is what the server
does with it, and `tidefall.lifecycle.registry` writes it.
"""
