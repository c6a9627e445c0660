"""The format of `.tflite` files: tables of facts, and one codec for all of them.

`read_model` makes a `Model` of a file's bytes, `write_model` the bytes of a `Model`; everything in
between is a plain object with the schema's field names. `enums.py` has the numbers, `model.py` what
a file is made of, `options.py` and its neighbours what each operator can be told; a field's place
in the file follows from its place in the class (`layout.py`). Read `model.py` first.
"""

# ruff: noqa: F403
from tidefall.lite.schema.enums import *
from tidefall.lite.schema.model import *
from tidefall.lite.schema.option_unions import *
from tidefall.lite.schema.options import *
from tidefall.lite.schema.reader import read_model as read_model
from tidefall.lite.schema.stablehlo_options import *
from tidefall.lite.schema.table import Table as Table
from tidefall.lite.schema.writer import write_model as write_model
