"""`tidefall ui`: one local page over a store's runs, pipelines, lineage, models and reports.

A store's folder enters; what leaves is a JSON API and the page in `page/` that shows it, over the
model server's HTTP layer. Read `server.py` first: it says what is answered where. `answers/` has
the API by topic, `reports.py` makes artifacts into pages, `documents.py` shows those, and whatever
else was stored, in a frame that can do nothing.

    from tidefall.lifecycle.ui.server import UiServer

    with UiServer("store", port=0) as server:
        print(server.url)
"""
