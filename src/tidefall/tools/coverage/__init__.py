"""How much of TensorFlow's public API there is: `python -m tidefall.coverage`.

`api.json.gz` has TensorFlow's public names with their signatures, recorded from TensorFlow itself;
`names.py` looks at each of them here, `report.py` counts, prints, and writes the README's table.
"""
