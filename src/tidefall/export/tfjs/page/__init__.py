"""A page that runs a model: a folder of static files, which open without a server and offline.

`build.py` writes the model as a script beside `page.js`, `page.css` and `index.html`, and the
runtime, which `runtime.py` takes from npm once and checks.
"""
