"""`tf.distribute.cluster_resolver`, against what TensorFlow 2.21 answers."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import SimpleNamespace as Object
from unittest.mock import MagicMock

import pytest

import tidefall as tf
from tidefall.distribute.cluster import tasks
from tidefall.distribute.cluster_resolver import slurm
from tidefall.distribute.cluster_resolver.kubernetes import Pod, ServiceAccountPods

resolvers = tf.distribute.cluster_resolver
WORKERS = {"worker": ["a:1", "b:1"]}


def simple(cluster, **options):
    return resolvers.SimpleClusterResolver(tf.train.ClusterSpec(cluster), **options)


@pytest.fixture
def tf_config(monkeypatch):
    def resolver(config, **options):
        text = config if isinstance(config, str) else json.dumps(config)
        monkeypatch.setenv("TF_CONFIG", text)
        return resolvers.TFConfigClusterResolver(**options)

    return resolver


# ---- told ----


def test_the_base_is_abstract():
    with pytest.raises(TypeError, match="abstract"):
        resolvers.ClusterResolver()
    assert tf.compat.v1.distribute.cluster_resolver.ClusterResolver is resolvers.ClusterResolver


def test_simple():
    resolver = simple(WORKERS, master="m", task_type="worker", task_id=1, rpc_layer="grpc")
    assert resolver.cluster_spec() == WORKERS
    assert (resolver.task_type, resolver.task_id, resolver.environment) == ("worker", 1, "")
    assert resolver.master() == "grpc://m"
    assert resolver.master("worker", 1, rpc_layer="http") == "http://b:1"
    assert resolver.num_accelerators() == {}
    assert simple(WORKERS, num_accelerators={"GPU": 8}).num_accelerators() == {"GPU": 8}
    resolver.task_id = 0
    assert resolver.task_id == 0


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: resolvers.SimpleClusterResolver({}), TypeError, "cluster_spec must be"),
        (lambda: simple({}, master=3), TypeError, "master must be a string"),
        (lambda: resolvers.UnionResolver(), ValueError, "At least one"),
        (lambda: resolvers.UnionResolver(3), TypeError, "must be a sub-class"),
        (lambda: resolvers.UnionResolver(3, a=2), ValueError, "Unexpected kwargs"),
    ],
)
def test_wrong_arguments(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_union():
    first = simple(WORKERS, task_type="worker", task_id=0, rpc_layer="grpc", environment="e")
    second = simple({"worker": ["c:1"], "ps": {2: "d:1"}}, num_accelerators={"GPU": 1})
    union = resolvers.UnionResolver(first, second)
    assert union.cluster_spec() == {"worker": ["a:1", "b:1", "c:1"], "ps": {2: "d:1"}}
    assert (union.task_type, union.task_id, union.rpc_layer) == ("worker", 0, "grpc")
    assert (union.environment, union.num_accelerators()) == ("e", {})
    assert resolvers.UnionResolver(second, first).num_accelerators() == {"GPU": 1}
    assert resolvers.UnionResolver(first, task_type="chief", task_id=3).task_id == 3
    assert union.master("worker", 2) == "c:1"
    sparse = simple({"worker": {7: "e:1"}})
    assert resolvers.UnionResolver(first, sparse).cluster_spec().task_indices("worker") == [0, 1, 7]
    with pytest.raises(KeyError, match="Duplicate keys"):
        resolvers.UnionResolver(first, simple({"worker": {1: "e:1"}})).cluster_spec()


# ---- TF_CONFIG ----


def test_tf_config(tf_config):
    task = {"type": "worker", "index": 1}
    resolver = tf_config({"cluster": WORKERS, "task": task, "rpc_layer": "grpc"})
    assert resolver.cluster_spec() == WORKERS
    assert (resolver.task_type, resolver.task_id, resolver.rpc_layer) == ("worker", 1, "grpc")
    assert resolver.master() == "grpc://b:1"
    assert resolver.master("worker", 0, "http") == "http://a:1"
    assert resolver.num_accelerators() == {}
    assert tf_config({"cluster": WORKERS, "task": task}, task_id=0).master() == "a:1"
    assert tf_config({"session_master": "s"}).master() == "s"
    assert tf_config({"cluster": {"worker": ["a:1"]}, "task": task}).master() == ""


@pytest.mark.parametrize("config", [{}, {"task": {"type": "worker", "index": 0}}])
def test_tf_config_without_a_cluster(tf_config, config):
    resolver = tf_config(config)
    assert not resolver.cluster_spec()
    assert resolver.master() == ""
    assert resolver.task_type == config.get("task", {}).get("type")


@pytest.mark.parametrize(
    ("config", "error", "message"),
    [
        ("{", json.JSONDecodeError, r"TF_CONFIG is '\{', expected a JSON object"),
        ("3", TypeError, "TF_CONFIG is '3', expected a JSON object"),
        ({"cluster": 3}, TypeError, "`cluster` must be a dictionary"),
        ({"cluster": WORKERS, "task": 3}, TypeError, "'task' of TF_CONFIG is 3"),
        (
            {"cluster": WORKERS, "task": {"type": "worker", "index": "x"}},
            ValueError,
            "'index' of the task in TF_CONFIG is 'x'",
        ),
        (
            {"cluster": WORKERS, "task": {"type": "chief", "index": 0}},
            ValueError,
            r"No such job in cluster: 'chief'.*\['worker'\]",
        ),
        (
            {"cluster": WORKERS, "task": {"type": "worker", "index": 7}},
            ValueError,
            r"No task with index 7 in job 'worker'.*\[0, 1\]",
        ),
        ({"cluster": WORKERS}, ValueError, "No such job in cluster: None"),
    ],
)
def test_wrong_tf_config(tf_config, config, error, message):
    with pytest.raises(error, match=message):
        tf_config(config).master()


# ---- Slurm ----


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("n1", ["n1"]),
        ("n[1-2],m5,o[3-4,6,7-9]", ["n1", "n2", "m5", "o3", "o4", "o6", "o7", "o8", "o9"]),
        ("n[08-11]", ["n08", "n09", "n10", "n11"]),
        ("a,b", ["a", "b"]),
    ],
)
def test_hosts_of_slurm(text, hosts):
    assert slurm.expand_hosts(text) == hosts


@pytest.mark.parametrize("text", ["n[1-2", "n[1-2]]", "n[a-b]", ",n", "n[1]x", "n,,m"])
def test_wrong_hosts_of_slurm(text):
    with pytest.raises(ValueError, match="Invalid hostlist format"):
        slurm.expand_hosts(text)


@pytest.fixture
def slurm_step(monkeypatch):
    monkeypatch.setenv("SLURM_PROCID", "3")
    monkeypatch.setenv("SLURM_STEP_NUM_TASKS", "5")
    monkeypatch.setenv("SLURM_STEP_NODELIST", "t02n[13,41,43]")
    monkeypatch.setenv("SLURM_STEP_TASKS_PER_NODE", "2(x2),1")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    return monkeypatch


def test_slurm(slurm_step):
    resolver = resolvers.SlurmClusterResolver(gpus_per_node=2)
    assert resolver.get_task_info() == (None, None)
    assert resolver.master() == ""
    hosts = ["t02n13:8888", "t02n13:8889", "t02n41:8888", "t02n41:8889", "t02n43:8888"]
    assert resolver.cluster_spec() == {"worker": hosts}
    assert resolver.get_task_info() == ("worker", 3)
    assert resolver.master() == "grpc://t02n41:8889"
    assert resolver.num_accelerators() == {"GPU": 1}
    import os

    assert os.environ["CUDA_VISIBLE_DEVICES"] == "1"


def test_slurm_with_jobs(slurm_step):
    resolver = resolvers.SlurmClusterResolver(
        {"ps": 1, "worker": 4}, port_base=1, gpus_per_node=0, auto_set_gpu=False
    )
    assert resolver.cluster_spec().num_tasks("ps") == 1
    assert resolver.get_task_info() == ("worker", 2)
    with pytest.raises(RuntimeError, match="Requested 6 tasks but only 5"):
        resolvers.SlurmClusterResolver({"worker": 6}, gpus_per_node=0)
    with pytest.raises(RuntimeError, match="more GPUs per node"):
        resolvers.SlurmClusterResolver(gpus_per_node=2, gpus_per_task=2)
    slurm_step.delenv("SLURM_PROCID")
    with pytest.raises(RuntimeError, match="SLURM_PROCID not found"):
        resolvers.SlurmClusterResolver()


# ---- Kubernetes and Google's clouds ----


def pod(name, ip, phase="Running"):
    return Object(metadata=Object(name=name), status=Object(phase=phase, host_ip=ip))


def kubernetes(pods, **options):
    client = Object(list_pod_for_all_namespaces=lambda label_selector: Object(items=pods))
    return resolvers.KubernetesClusterResolver(override_client=client, **options)


def test_kubernetes():
    resolver = kubernetes([pod("b", "10.0.0.2"), pod("a", "10.0.0.1")], tf_server_port=1)
    assert resolver.cluster_spec() == {"worker": ["10.0.0.1:1", "10.0.0.2:1"]}
    assert resolver.master() == ""
    resolver.task_type, resolver.task_id = "worker", 1
    assert resolver.master() == "grpc://10.0.0.2:1"
    with pytest.raises(RuntimeError, match='Pod "a" is not running; phase: "Pending"'):
        kubernetes([pod("a", "10.0.0.1", "Pending")]).cluster_spec()


def test_kubernetes_elsewhere(monkeypatch):
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(RuntimeError, match="does not run in a pod"):
        resolvers.KubernetesClusterResolver()
    monkeypatch.setitem(__import__("sys").modules, "kubernetes", None)
    off = resolvers.KubernetesExecutableLocation.OFF_CLUSTER
    with pytest.raises(ImportError, match="pip install kubernetes"):
        resolvers.KubernetesClusterResolver(executable_location=off)
    with pytest.raises(ValueError, match="location provided is invalid"):
        resolvers.KubernetesClusterResolver(executable_location=7)


def test_kubernetes_in_a_pod(monkeypatch, tmp_path):
    asked = []

    class Server:
        def __init__(self, request):
            asked.append((request.full_url, request.headers["Authorization"]))

        def __enter__(self):
            return self

        def __exit__(self, *exc):
            return None

        def read(self):
            status = {"phase": "Running", "hostIP": "10.0.0.1"}
            return json.dumps({"items": [{"metadata": {"name": "a"}, "status": status}]})

    module = "tidefall.distribute.cluster_resolver.kubernetes"
    monkeypatch.setattr(f"{module}.ssl.create_default_context", lambda cafile: None)
    monkeypatch.setattr(f"{module}.urllib.request.urlopen", lambda request, **_: Server(request))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.1.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    (tmp_path / "token").write_text("secret\n")
    assert list(ServiceAccountPods(tmp_path).pods("a=b")) == [Pod("a", "Running", "10.0.0.1")]
    url = "https://10.1.0.1:443/api/v1/pods?labelSelector=a%3Db"
    assert asked == [(url, "Bearer secret")]


def test_gce(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "googleapiclient", None)
    with pytest.raises(ImportError, match="googleapiclient must be installed"):
        resolvers.GCEClusterResolver("p", "z", "g", 1)
    service = MagicMock()
    groups = service.instanceGroups.return_value
    pages = [{"items": [{"instance": "x/b"}, {"instance": "x/a"}]}, {}]
    groups.listInstances.return_value.execute.side_effect = pages
    groups.listInstances_next.side_effect = [groups.listInstances.return_value, None]
    service.instances.return_value.get.side_effect = lambda instance, **_: Object(
        execute=lambda: {"networkInterfaces": [{"networkIP": f"ip-{instance}"}]}
    )
    resolver = resolvers.GCEClusterResolver("p", "z", "g", 8, task_id=1, service=service)
    assert resolver.cluster_spec() == {"worker": ["ip-a:8", "ip-b:8"]}
    groups.listInstances.return_value.execute.side_effect = pages
    groups.listInstances_next.side_effect = [groups.listInstances.return_value, None]
    assert resolver.master() == "grpc://ip-b:8"
    with pytest.raises(RuntimeError, match="cannot reset the task_type"):
        resolver.task_type = "ps"


# ---- TPUs ----


@pytest.fixture
def no_tpu_named(monkeypatch):
    for name in ("KUBE_GOOGLE_CLOUD_TPU_ENDPOINTS", "TPU_NAME", "TPU_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_tpu_by_address(no_tpu_named):
    resolver = resolvers.TPUClusterResolver("grpc://1.2.3.4:8470,grpc://1.2.3.5")
    assert resolver.cluster_spec() == {"worker": ["1.2.3.4:8470", "1.2.3.5:8470"]}
    assert (resolver.master(), resolver.get_job_name()) == ("grpc://1.2.3.4:8470", "worker")
    assert resolver.get_coordination_service_leader() == "/job:worker/task:0"
    assert (resolver.task_id, resolver.tpu_hardware_feature) == (0, None)
    no_tpu_named.setenv("TPU_NAME", "grpc://1.2.3.4:1")
    assert resolvers.TPUClusterResolver().get_master() == "grpc://1.2.3.4:1"
    local = resolvers.TPUClusterResolver("local")
    assert (local.master(), local.num_accelerators()) == ("", {"TPU": 0})
    assert not local.cluster_spec()


def test_tpu_by_name(no_tpu_named):
    service = MagicMock()
    get = service.projects().locations().nodes().get
    ready = {"state": "READY", "networkEndpoints": [{"ipAddress": "10.0.0.1", "port": 8470}]}
    get.return_value.execute.return_value = ready
    config = {"tpu_node_name": "n", "project": "p", "zone": "z"}
    no_tpu_named.setenv("TPU_CONFIG", json.dumps(config))
    resolver = resolvers.TPUClusterResolver(service=service)
    assert resolver.master() == "grpc://10.0.0.1:8470"
    get.assert_called_with(name="projects/p/locations/z/nodes/n")
    get.return_value.execute.return_value = {"state": "CREATING"}
    with pytest.raises(RuntimeError, match='not yet ready; state: "CREATING"'):
        resolver.cluster_spec()
    no_tpu_named.setitem(__import__("sys").modules, "googleapiclient", None)
    with pytest.raises(RuntimeError, match="pip install cloud-tpu-client"):
        resolvers.TPUClusterResolver("n", "z", "p").cluster_spec()


def test_tpu_where_the_metadata_server_says(no_tpu_named):
    class Metadata(BaseHTTPRequestHandler):
        def do_GET(self):
            answers = {"project-id": b"p", "zone": b"projects/1/zones/z"}
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answers[self.path.rpartition("/")[2]])

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Metadata)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        no_tpu_named.setenv("GCE_METADATA_HOST", f"127.0.0.1:{server.server_port}")
        service = MagicMock()
        get = service.projects().locations().nodes().get
        get.return_value.execute.return_value = {"state": "READY", "ipAddress": "h", "port": 1}
        resolver = resolvers.TPUClusterResolver("n", service=service)
        assert resolver.cluster_spec() == {"worker": ["h:1"]}
        get.assert_called_with(name="projects/p/locations/z/nodes/n")
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "use",
    [
        lambda: resolvers.TPUClusterResolver(),
        lambda: tf.distribute.TPUStrategy(),
        lambda: tf.distribute.experimental.TPUStrategy(),
        lambda: tf.tpu.experimental.initialize_tpu_system(),
        lambda: resolvers.TPUClusterResolver.connect(),
    ],
)
def test_no_tpu_is_named(no_tpu_named, use):
    with pytest.raises(ValueError, match="Please provide a TPU Name"):
        use()


@pytest.mark.parametrize(
    "use",
    [
        lambda resolver: tf.distribute.TPUStrategy(resolver),
        lambda resolver: tf.distribute.experimental.TPUStrategy(resolver),
        lambda resolver: tf.tpu.experimental.initialize_tpu_system(resolver),
        lambda resolver: tf.tpu.experimental.shutdown_tpu_system(resolver),
        lambda resolver: resolver.get_tpu_system_metadata(),
    ],
)
def test_there_are_no_tpus(use):
    with pytest.raises(tf.errors.NotFoundError, match="TPUs not found in the cluster"):
        use(resolvers.TPUClusterResolver("local"))


def test_several_tpus(no_tpu_named):
    with pytest.raises(ValueError, match="At least one TPU must be specified"):
        resolvers.TPUClusterResolver([])
    with pytest.raises(NotImplementedError, match="multiple TPUs"):
        resolvers.TPUClusterResolver(["a", "b"])


# ---- connecting ----


def test_connecting(monkeypatch):
    monkeypatch.setattr(tasks, "PATIENCE", 0.1)
    connect = tf.config.experimental_connect_to_cluster
    assert connect(simple({})) is None
    with pytest.raises(ValueError, match="must be a `ClusterSpec` or a `ClusterResolver`"):
        connect(3)
    with pytest.raises(ValueError, match="`cluster_device_filters` must be an instance"):
        connect(tf.train.ClusterSpec({}), cluster_device_filters=3)
    with tf.Graph().as_default(), pytest.raises(ValueError, match="only be called in eager mode"):
        connect(simple({}))
    with pytest.raises(tf.errors.UnavailableError, match="worker/replica:0/task:0 at a:1"):
        connect(tf.train.ClusterSpec(WORKERS))
    with pytest.raises(ValueError, match="at least one remote_host"):
        tf.config.experimental_connect_to_host()
    with pytest.raises(tf.errors.UnavailableError, match="at a:1"):
        tf.config.experimental_connect_to_host("a:1")
