"""The command line: flags, messages, exit statuses."""

import importlib.util
import json
import signal
import subprocess
import urllib.request

import pytest

import tidefall
from tidefall.base.config import config
from tidefall.serving import cli
from tidefall.serving.cli import main
from tidefall.serving.flags import parse_flags

BASE = "--model_base_path=/models/m"


@pytest.mark.parametrize(
    "arguments",
    [
        [BASE, "--model_name=m", "--rest_api_port=0"],
        ["--model_base_path", "/models/m", "--model_name", "m", "--rest_api_port", "0"],
    ],
)
def test_flags_are_called_as_those_of_tensorflow_serving(arguments):
    flags = parse_flags(arguments)
    assert (flags.model_base_path, flags.model_name, flags.rest_api_port) == ("/models/m", "m", 0)


def test_defaults():
    flags = parse_flags([BASE])
    assert (flags.model_name, flags.host, flags.rest_api_port) == ("default", "127.0.0.1", 8501)
    assert flags.file_system_poll_wait_seconds == 1
    assert (flags.max_num_load_retries, flags.load_retry_interval_micros) == (5, 60_000_000)


@pytest.mark.parametrize(
    ("text", "value"), [("", True), ("=true", True), ("=1", True), ("=false", False), ("=0", False)]
)
def test_switches_are_written_as_those_of_tensorflow_serving(text, value):
    flags = parse_flags([BASE, f"--allow_version_labels_for_unavailable_models{text}"])
    assert flags.allow_version_labels_for_unavailable_models is value


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "give --model_base_path, or --model_config_file"),
        ([BASE, "--nonsense=1"], "unknown flag --nonsense"),
        ([BASE, "--rest_api_prt=1"], "unknown flag --rest_api_prt; did you mean --rest_api_port?"),
        (
            [BASE, "--mixed_precision=x"],
            (
                "flag --mixed_precision is not implemented: "
                "models run in the types they were saved with"
            ),
        ),
        (
            [BASE, "--enable_profiler"],
            "flag --enable_profiler is not implemented: there is no profiler service",
        ),
        (
            [BASE, "--saved_model_tags=,"],
            "argument --saved_model_tags: expected names separated by commas",
        ),
        (
            [BASE, "--per_process_gpu_memory_fraction=1.5"],
            "--per_process_gpu_memory_fraction must be 0 to 1, received 1.5",
        ),
        ([BASE, "--num_load_threads=-1"], "--num_load_threads must not be negative, received -1"),
        (
            [BASE, "--allow_version_labels_for_unavailable_models=maybe"],
            (
                "argument --allow_version_labels_for_unavailable_models: expected true or false, "
                "received 'maybe'"
            ),
        ),
        ([BASE, "--port=-1"], "--port must be 0 to 65535, received -1"),
        ([BASE, "--grpc_max_threads=0"], "--grpc_max_threads must be positive, received 0"),
        (
            [BASE, "--grpc_channel_arguments=grpc.x"],
            "argument --grpc_channel_arguments: expected name=value, received 'grpc.x'",
        ),
        (
            [BASE, "--enable_grpc_reflection=maybe"],
            "argument --enable_grpc_reflection: expected true or false, received 'maybe'",
        ),
        ([BASE, "--rest_api_port=x"], "argument --rest_api_port: invalid int value: 'x'"),
        ([BASE, "--rest_api_port=99999"], "--rest_api_port must be 0 to 65535, received 99999"),
        ([BASE, "--rest_api_num_threads=0"], "--rest_api_num_threads must be positive, received 0"),
        ([BASE, "--request_log_rate=2"], "--request_log_rate must be 0 to 1, received 2.0"),
        (
            [BASE, "--tensorflow_intra_op_parallelism=-1"],
            "--tensorflow_intra_op_parallelism must not be negative, received -1",
        ),
        ([BASE, "stray"], "unrecognized arguments: stray"),
    ],
)
def test_flags_that_make_no_sense_end_in_one_line(arguments, message, capsys):
    with pytest.raises(SystemExit) as caught:
        parse_flags(arguments)
    assert caught.value.code == 2
    assert capsys.readouterr().err == f"tidefall.serving: {message}\n"


# Those of `tensorflow_model_server`'s main.cc, with values it takes.
TENSORFLOW_SERVING = {
    "port": "8500", "grpc_socket_path": "/s", "rest_api_port": "8501", "rest_api_num_threads": "4",
    "rest_api_timeout_in_ms": "1", "rest_api_enable_cors_support": "true", "enable_batching": "1",
    "allow_version_labels_for_unavailable_models": "true", "batching_parameters_file": "f",
    "enable_per_model_batching_parameters": "true", "model_config_file": "f",
    "model_config_file_poll_wait_seconds": "1", "model_name": "m", "model_base_path": "/m",
    "num_load_threads": "1", "num_unload_threads": "1", "max_num_load_retries": "1",
    "load_retry_interval_micros": "1", "file_system_poll_wait_seconds": "1",
    "flush_filesystem_caches": "true", "tensorflow_session_parallelism": "1",
    "tensorflow_session_config_file": "f", "tensorflow_intra_op_parallelism": "1",
    "tensorflow_inter_op_parallelism": "1", "use_alts_credentials": "true", "ssl_config_file": "f",
    "platform_config_file": "f", "per_process_gpu_memory_fraction": "0.5",
    "saved_model_tags": "serve,gpu", "grpc_channel_arguments": "grpc.a=1", "grpc_max_threads": "4",
    "enable_model_warmup": "true", "num_request_iterations_for_warmup": "1", "version": "",
    "monitoring_config_file": "f", "remove_unused_fields_from_bundle_metagraph": "true",
    "prefer_tflite_model": "true", "num_tflite_pools": "1", "num_tflite_interpreters_per_pool": "1",
    "enable_signature_method_name_check": "true", "xla_cpu_compilation_enabled": "true",
    "xla_gpu_compilation_enabled": "true", "enable_profiler": "true",
    "thread_pool_factory_config_file": "f", "mixed_precision": "bfloat16",
    "skip_initialize_tpu": "true", "enable_grpc_healthcheck_service": "true",
    "enable_serialization_as_tensor_content": "true",
}  # fmt: skip
REFUSED = {
    "enable_profiler", "mixed_precision", "num_tflite_interpreters_per_pool", "num_tflite_pools",
    "platform_config_file", "prefer_tflite_model", "thread_pool_factory_config_file",
    "use_alts_credentials",
}  # fmt: skip


def test_every_flag_of_tensorflow_serving_is_taken_or_refused_with_a_reason(capsys):
    refused = set()
    for name, value in TENSORFLOW_SERVING.items():
        try:
            parse_flags([BASE, "--enable_batching", f"--{name}={value}" if value else f"--{name}"])
        except SystemExit:
            printed = capsys.readouterr()
            if name != "version":
                assert f"flag --{name} is not implemented: " in printed.err
                refused.add(name)
    assert refused == REFUSED


def test_a_flag_that_asks_for_nothing_is_passed_over():
    parse_flags([BASE, "--enable_profiler=false", "--mixed_precision=", "--prefer_tflite_model=0"])


@pytest.mark.parametrize(
    ("flags", "tier"),
    [
        ([], "auto"),
        (["--xla_cpu_compilation_enabled"], "auto"),
        (["--xla_cpu_compilation_enabled=false"], "host"),
        (["--xla_cpu_compilation_enabled=false", "--xla_gpu_compilation_enabled=true"], "auto"),
    ],
)
def test_models_are_compiled_unless_somebody_forbids_it(flags, tier):
    with config.override(tier="auto"):
        cli._set_up_computing(parse_flags([BASE, *flags]))
        assert config.tier == tier


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"Tidefall {tidefall.__version__}\n"


def test_grpc_flags():
    flags = parse_flags([BASE, "--grpc_channel_arguments=grpc.a=2000,grpc.b=x", "--port=8500"])
    assert flags.grpc_channel_arguments == (("grpc.a", 2000), ("grpc.b", "x"))
    assert flags.port == 8500
    assert not flags.enable_grpc_healthcheck_service
    assert parse_flags([BASE, "--enable_grpc_healthcheck_service"]).enable_grpc_healthcheck_service


def test_grpc_is_off_where_its_package_is_missing(monkeypatch, caplog):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert cli._grpc_port(None) is None
    assert "gRPC is off" in caplog.text
    assert cli._grpc_port(8500) == 8500  # Somebody asked, and is told when the server is made.


@pytest.fixture
def run(program):
    processes = []

    def start(*arguments):
        process = subprocess.Popen(
            [*program, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def port_of(process) -> int:
    line = process.stdout.readline()
    assert line.startswith("Exporting HTTP/REST API at:localhost:"), line
    assert line.endswith(" ...\n")
    return int(line.split(":")[2].split()[0])


@pytest.mark.process
def test_start_serve_and_end_by_signal(run, base_path):
    for number in (signal.SIGTERM, signal.SIGINT):
        process = run(f"--model_base_path={base_path}", "--model_name=half", "--rest_api_port=0")
        url = f"http://127.0.0.1:{port_of(process)}/v1/models/half"
        state = ""
        while state != "AVAILABLE":
            try:
                with urllib.request.urlopen(url) as reply:
                    state = json.load(reply)["model_version_status"][0]["state"]
            except urllib.error.HTTPError as error:  # The first look is still to come.
                error.close()
        process.send_signal(number)
        output, log = process.communicate(timeout=20)
        assert (process.returncode, output) == (0, "")
        assert "Successfully loaded servable version {name: half version: 1}" in log


def config_of(name, path) -> str:
    config = f'name: "{name}" base_path: "{path}" model_platform: "tensorflow"'
    return f"model_config_list {{ config {{ {config} }} }}"


@pytest.mark.process
def test_a_config_file_is_read_at_the_start_and_again_on_hangup(
    run, base_path, tmp_path, numpy_server, wait_for
):
    file = tmp_path / "models.config"
    other = tmp_path / "other"
    numpy_server.write_version(other, 4)
    file.write_text(config_of("half", base_path))
    process = run(f"--model_config_file={file}", "--rest_api_port=0")
    port = port_of(process)

    def state(model):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/models/{model}") as reply:
                return json.load(reply)["model_version_status"][0]["state"]
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    wait_for(lambda: state("half") == "AVAILABLE")
    file.write_text(config_of("other", other))
    process.send_signal(signal.SIGHUP)
    wait_for(lambda: state("other") == "AVAILABLE")
    assert state("half") == 404


@pytest.mark.process
def test_a_config_file_that_cannot_be_read_ends_in_one_line(run, tmp_path):
    process = run(f"--model_config_file={tmp_path / 'absent'}", "--rest_api_port=0")
    output, log = process.communicate(timeout=20)
    assert (process.returncode, output) == (1, "")
    assert log.startswith(f"tidefall.serving: cannot read {tmp_path / 'absent'}: No such file")
    assert log.count("\n") == 1


@pytest.mark.process
def test_a_server_that_is_to_stop_says_so_while_it_still_answers(run, base_path, wait_for):
    process = run(
        f"--model_base_path={base_path}",
        "--model_name=half",
        "--rest_api_port=0",
        "--port=0",
        "--shutdown_delay_seconds=600",
    )
    url = f"http://127.0.0.1:{port_of(process)}"

    def ready() -> int:
        try:
            with urllib.request.urlopen(url + "/readyz") as reply:
                return reply.status
        except urllib.error.HTTPError as error:
            error.close()
            return error.code

    wait_for(lambda: ready() == 200)
    process.send_signal(signal.SIGTERM)
    wait_for(lambda: ready() == 503)
    with urllib.request.urlopen(f"{url}/v1/models/half:predict", b'{"instances":[1]}') as reply:
        assert json.load(reply) == {"predictions": [2.5]}
    process.send_signal(signal.SIGTERM)  # The second ends it at once.
    assert process.wait(20) == 128 + signal.SIGTERM


@pytest.mark.process
def test_the_end_of_stdin_is_ignored_unless_asked_for(run, base_path):
    flags = [f"--model_base_path={base_path}", "--rest_api_port=0"]
    staying = run(*flags)
    port_of(staying)
    staying.stdin.close()
    staying.stdin = None
    ending = run(*flags, "--exit_when_stdin_closes")
    port_of(ending)
    ending.communicate(timeout=20)
    assert ending.returncode == 0
    assert staying.poll() is None


@pytest.mark.process
@pytest.mark.parametrize("problem", ["port", "path"])
def test_a_server_that_cannot_start_says_so_in_one_line(problem, run, serve, base_path, tmp_path):
    port = serve().port if problem == "port" else 0
    path = base_path if problem == "port" else tmp_path / "absent"
    process = run(f"--model_base_path={path}", f"--rest_api_port={port}")
    output, log = process.communicate(timeout=20)
    assert (process.returncode, output) == (1, "")
    assert log.count("\n") == 1
    expected = {
        "port": f"tidefall.serving: cannot listen on 127.0.0.1:{port}: the port is already in use",
        "path": f"tidefall.serving: Could not find base path {path}",
    }
    assert log.startswith(expected[problem])


def test_help_lists_the_flags(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    assert "--model_base_path" in capsys.readouterr().out
