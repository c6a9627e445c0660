"""Names of cases that are the same in every process."""

import re


def without_address(value: object) -> str:
    """Return the `repr` of a value, without the address that Python's own one has."""
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))
