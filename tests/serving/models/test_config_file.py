"""The file that says which models to serve, and what is done when it changes."""

import logging

import pytest

from tidefall.base import errors
from tidefall.proto import serving
from tidefall.serving.models.config import ModelConfig
from tidefall.serving.models.config_file import ConfigFile, model_configs
from tidefall.serving.models.policies import All, Latest, Specific

ENTRY = 'config {{ name: "{name}" base_path: "{path}" model_platform: "tensorflow" {more} }}\n'

LOGGING = 'logging_config {{ log_collector_config {{ filename_prefix: "/log" }} {} }}'


def text(name="m", path="/models/m", more="") -> str:
    return "model_config_list {\n" + ENTRY.format(name=name, path=path, more=more) + "}\n"


@pytest.fixture
def file(tmp_path):
    return tmp_path / "models.config"


def read(file, content) -> dict[str, ModelConfig]:
    file.write_text(content)
    return ConfigFile(file).read()


@pytest.mark.parametrize(
    ("more", "policy"),
    [
        ("", Latest(1)),
        ("model_version_policy { latest { num_versions: 3 } }", Latest(3)),
        ("model_version_policy { latest {} }", Latest(1)),
        ("model_version_policy { all {} }", All()),
        (
            "model_version_policy { specific { versions: 2 versions: 9 } }",
            Specific(frozenset({2, 9})),
        ),
    ],
)
def test_policies(file, more, policy):
    assert read(file, text(more=more))["m"].version_policy == policy


def test_paths_labels_and_several_models(file):
    content = (
        "# all of them\nmodel_config_list: {\n"
        + ENTRY.format(name="a", path="/models/a", more="")
        + ENTRY.format(
            name="b",
            path="gs://bucket/b/",
            more='version_labels { key: "stable" value: 4 } version_labels { key: "c" value: 5 }',
        )
        + ENTRY.format(name="c", path="file:///models/c", more="")
        + "}"
    )
    found = read(file, content)
    assert {name: str(config.base_path) for name, config in found.items()} == {
        "a": "/models/a",
        "b": "gs://bucket/b",
        "c": "/models/c",
    }
    assert found["b"].version_labels == {"stable": 4, "c": 5}


def test_the_type_that_came_before_platforms_is_understood(file):
    content = 'model_config_list { config { name: "m" base_path: "/m" model_type: TENSORFLOW } }'
    assert read(file, content).keys() == {"m"}


@pytest.mark.parametrize("content", ["", "model_config_list {}"])
def test_a_server_may_start_with_no_models(file, content):
    assert read(file, content) == {}


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (
            "model_config_list { confg {} }",
            errors.InvalidArgumentError,
            r"no ModelServerConfig .*1",
        ),
        (text(path="models/m"), errors.InvalidArgumentError, "to have an absolute path or URI"),
        (text(name=""), errors.InvalidArgumentError, "a model needs a name"),
        (
            text().replace(
                "model_config_list {",
                "model_config_list {" + ENTRY.format(name="m", path="/other", more=""),
            ),
            errors.InvalidArgumentError,
            "Illegal to list model m multiple times",
        ),
        (
            text(more="model_version_policy { specific {} }"),
            errors.InvalidArgumentError,
            "No specific versions requested for servable m",
        ),
        (
            text().replace('model_platform: "tensorflow"', ""),
            errors.InvalidArgumentError,
            "setting neither ModelServerConfig::model_type",
        ),
        (text(more="model_type: TENSORFLOW"), errors.InvalidArgumentError, "setting both"),
        (
            text().replace('"tensorflow"', '"caffe"'),
            errors.FailedPreconditionError,
            "no entry for platform caffe",
        ),
        (
            text(more="logging_config { sampling_config { sampling_rate: 1 } }"),
            errors.InvalidArgumentError,
            "needs log_collector_config.filename_prefix",
        ),
        (
            text(more=LOGGING.format("sampling_config { sampling_rate: 2 }")),
            errors.InvalidArgumentError,
            "sampling_rate must be 0 to 1, received 2",
        ),
        (
            text(more=LOGGING.format("sampling_config { attributes: 1 }")),
            errors.UnimplementedError,
            "model m: attributes of logging_config is not implemented",
        ),
        (
            text(more=LOGGING.format("custom_logging_config {}")),
            errors.UnimplementedError,
            "custom_logging_config of logging_config",
        ),
        (
            'custom_model_config { type_url: "x/tensorflow.serving.ModelConfig" }',
            errors.UnimplementedError,
            "custom_model_config",
        ),
    ],
)
def test_files_that_make_no_sense_are_refused(file, content, kind, message):
    with pytest.raises(kind, match=message):
        read(file, content)


def test_a_missing_file_is_named(file):
    with pytest.raises(errors.NotFoundError, match=r"cannot read .*models\.config"):
        ConfigFile(file).read()


def test_messages_of_requests_are_read_alike():
    message = serving.ModelServerConfig()
    message.model_config_list.config.add(name="m", base_path="/m", model_platform="tensorflow")
    assert model_configs(message) == {"m": ModelConfig("m", "/m")}


# --- changes --------------------------------------------------------------------------------------


@pytest.fixture
def watched(file, wait_for):
    """A file that is looked at when asked, and what it gave."""
    file.write_text(text("a"))
    config_file = ConfigFile(file)
    config_file.read()
    given = []
    config_file.watch(given.append)
    yield config_file, given
    config_file.stop()
    assert not config_file._thread.is_alive()


def test_a_change_is_passed_on(watched, file, wait_for):
    config_file, given = watched
    file.write_text(text("b"))
    config_file.reread()
    wait_for(lambda: given)
    assert [[config.name for config in configs] for configs in given] == [["b"]]


def test_polling_needs_no_asking(file, wait_for):
    file.write_text(text("a"))
    config_file = ConfigFile(file, poll_seconds=0.01)
    config_file.read()
    given = []
    config_file.watch(given.append)
    file.write_text(text("b"))
    wait_for(lambda: given)
    config_file.stop()
    assert [[config.name for config in configs] for configs in given] == [["b"]]


def test_what_cannot_be_used_is_logged_once_and_tried_again(file, caplog):
    refusals = [errors.FailedPreconditionError(None, None, "version 2 is not available")] * 2
    given = []

    def reload(configs):
        if refusals:
            raise refusals.pop()
        given.append(configs)

    file.write_text(text("a"))
    config_file = ConfigFile(file)
    config_file.read()
    file.write_text("model_config_list {")
    with caplog.at_level(logging.ERROR, "tidefall.serving"):
        config_file._look(reload)
        config_file._look(reload)
        assert [record.getMessage().count("is not used") for record in caplog.records] == [1]
        file.write_text(text("b"))
        for _ in range(3):
            config_file._look(reload)
    assert len(caplog.records) == 2
    assert [[config.name for config in configs] for configs in given] == [["b"]]
