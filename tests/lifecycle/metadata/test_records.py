"""Types, names and texts that the records of runs and of models are made of."""

import pytest

from tidefall.lifecycle.metadata.database import Database
from tidefall.lifecycle.metadata.kinds import ARTIFACT, CONTEXT
from tidefall.lifecycle.metadata.records import (
    add_context,
    context_named,
    put_texts,
    take_text,
    texts,
    type_id,
)


@pytest.fixture
def database(database_url):
    with Database(database_url) as opened:
        yield opened


def test_a_type_is_made_once_of_each_kind(database):
    made = [type_id(database, kind, "T") for kind in (CONTEXT, ARTIFACT, CONTEXT, ARTIFACT)]
    assert made[:2] == made[2:] and made[0] != made[1]


def test_contexts_are_found_by_type_and_name(database):
    one, other = (type_id(database, CONTEXT, name) for name in ("T", "U"))
    key = add_context(database, one, "a")
    assert context_named(database, one, "a") == key
    assert context_named(database, other, "a") is None
    assert context_named(database, one, "A") is None


def test_texts_are_put_replaced_and_taken(database):
    kind = type_id(database, CONTEXT, "T")
    first, second = (add_context(database, kind, name) for name in "ab")
    put_texts(database, CONTEXT, first, {"y": "1", "x": ""})
    put_texts(database, CONTEXT, second, {"x": "2"})
    put_texts(database, CONTEXT, first, {"y": "3"})
    found = [(first, "x", ""), (first, "y", "3"), (second, "x", "2")]
    assert [tuple(row) for row in texts(database, CONTEXT, [second, first])] == found
    assert [take_text(database, CONTEXT, first, "x") for _ in range(2)] == [True, False]
    assert [tuple(row) for row in texts(database, CONTEXT, [first])] == [(first, "y", "3")]
    assert list(texts(database, CONTEXT, [])) == []


def test_a_change_that_fails_leaves_no_text(database):
    key = add_context(database, type_id(database, CONTEXT, "T"), "a")

    def fail():
        with database.transaction():
            put_texts(database, CONTEXT, key, {"x": "1"})
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert list(texts(database, CONTEXT, [key])) == []
