# Written by `python -m tidefall.api.stubs`; do not edit.
"""The public namespace `tf.compat.v1.io.gfile`."""

from tidefall._api.io.gfile import GFile as GFile
from tidefall._api.io.gfile import copy as copy
from tidefall._api.io.gfile import exists as exists
from tidefall._api.io.gfile import get_registered_schemes as get_registered_schemes
from tidefall._api.io.gfile import glob as glob
from tidefall._api.io.gfile import isdir as isdir
from tidefall._api.io.gfile import join as join
from tidefall._api.io.gfile import listdir as listdir
from tidefall._api.io.gfile import makedirs as makedirs
from tidefall._api.io.gfile import mkdir as mkdir
from tidefall._api.io.gfile import remove as remove
from tidefall._api.io.gfile import rename as rename
from tidefall._api.io.gfile import rmtree as rmtree
from tidefall._api.io.gfile import stat as stat
from tidefall._api.io.gfile import walk as walk

