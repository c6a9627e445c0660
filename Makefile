# Two commands do everything: `make demo` and `make test`. `make check` is the minute's part of the
# latter. `make help` lists the rest.
#
# Every environment is a plain venv filled by pip, guarded by a stamp file inside it, so a second
# run starts at once. Point these variables elsewhere to reuse environments you already have.

PYTHON          ?= python3
VENV            ?= .venv
TIDEFALL_ORACLE ?= .oracle
TIDEFALL_PEERS  ?= .peers
# Extra arguments for the program behind a target: make bench ARGS=--quick
ARGS            ?=
# How many processes share the tests out among themselves.
PROCESSES       ?= 2
# The instructions that `make test-levels` lets kernels and XLA use.
LEVELS          ?= sse4 avx2 avx512
# Which of Keras's packages `make keras-suite` runs; all when empty.
DIRS            ?=
# PyTorch's default Linux wheel carries CUDA; name an index of CPU wheels here to save gigabytes.
TORCH_PIP_ARGS  ?=

TENSORFLOW := "tensorflow-cpu==2.21.*; sys_platform == 'linux'" "tensorflow==2.21.*; sys_platform != 'linux'"
# Installed without what they ask for: a TensorFlow of another wheel, another protobuf.
STUBS      := tensorflow-serving-api==2.21.* tensorflow-metadata
KERAS      := "keras>=3.15,<3.16"
# 0.10.2 runs CPU convolutions on one core, which would not be a fair peer.
JAX        := "jax!=0.10.2"
TORCH      := torch==2.13.0

SERVING_PEERS := bentoml litserve ray

BIN        := $(VENV)/bin
ORACLE_BIN := $(TIDEFALL_ORACLE)/bin
PIP        := -m pip install --quiet --disable-pip-version-check

# The native kernels, as `pip install --editable` builds them too: into the source tree.
KERNELS    := src/tidefall/native/libtidefall_kernels.so
# Headers and a compiler are there for x86-64 Linux only; elsewhere everything runs without kernels.
COMPILER   := $(if $(findstring Linux x86_64,$(shell uname -sm)),$(shell command -v $(CXX) || command -v clang++))
CMAKE      ?= cmake

export TIDEFALL_ORACLE := $(abspath $(TIDEFALL_ORACLE))
export TIDEFALL_PEERS  := $(abspath $(TIDEFALL_PEERS))

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo check test test-long test-levels lint docs pytest native keras-suite keras-baseline fuzz fuzz-files fuzz-sizes random-calls tf-tests tf-baseline oracle oracle-test peers bench bench-lite bench-native bench-ops bench-serving chaos peers-serving clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(VENV)/.stamp-demo  ## train, export, serve and query a Keras model on real data
	@$(BIN)/python -m tidefall.demo $(ARGS)

check: lint  ## within a minute: style, types, layers, the tests and records of what changed
	@$(BIN)/python -m tests.changed $(ARGS)

test: lint pytest  ## everything CI checks: style, types, layers, tests

test-long: $(VENV)/.stamp-test $(if $(COMPILER),$(KERNELS))  ## the tests that `make test` leaves out, as they are slow
	@$(BIN)/python -m tests --processes $(PROCESSES) -m slow $(ARGS)

test-levels: $(VENV)/.stamp-test $(if $(COMPILER),$(KERNELS))  ## all tests with fewer instructions: make test-levels LEVELS=avx2
	@for level in $(LEVELS); do echo "At most $$level"; \
	  TIDEFALL_MAX_ISA=$$level $(BIN)/python -m tests --processes $(PROCESSES) -q -m "not slow and not oracle" $(ARGS) || exit 1; done

chaos: $(VENV)/.stamp-test  ## kill and stop processes of jobs at random: make chaos ARGS="--runs 5 workers"
	@$(BIN)/python -m tests.chaos $(ARGS)

lint: $(VENV)/.stamp-test  ## ruff, stubs, pyright and import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python -m tidefall.api.stubs --check
	@$(BIN)/pyright --pythonpath $(BIN)/python
	@$(BIN)/lint-imports

docs: $(VENV)/.stamp-test  ## build the documentation site, into build/docs/site
	@$(BIN)/python -m scripts.docs_site $(ARGS)

pytest: $(VENV)/.stamp-test $(if $(COMPILER),$(KERNELS))  ## the tests alone: make pytest ARGS="tests/base -k shape"
	@$(BIN)/python -m $(if $(ARGS),pytest $(ARGS),tests --processes $(PROCESSES) -q -m "not slow and not oracle")

native: $(KERNELS)  ## build the native kernels in place: make native, make native PYTHON=...

keras-suite: $(VENV)/.stamp-keras  ## Keras's own tests on Tidefall: make keras-suite DIRS=keras.src.ops,keras.src.layers
	@$(BIN)/python -m tests.keras_suite $(if $(DIRS),--dirs $(DIRS)) $(ARGS)

keras-baseline: $(VENV)/.stamp-keras $(TIDEFALL_ORACLE)/.stamp-keras  ## record which of them pass on real TensorFlow
	@$(BIN)/python -m tests.keras_suite --record $(abspath $(ORACLE_BIN))/python $(ARGS)

tf-tests: $(VENV)/.stamp-test  ## TensorFlow's own unit tests on Tidefall: make tf-tests ARGS="--files ragged,cond_v2"
	@$(BIN)/python -m tests.tensorflow_suite $(ARGS)

tf-baseline: $(VENV)/.stamp-test $(TIDEFALL_ORACLE)/.stamp-oracle  ## record which of them pass on real TensorFlow
	@$(BIN)/python -m tests.tensorflow_suite --record $(abspath $(ORACLE_BIN))/python $(ARGS)

fuzz: $(VENV)/.stamp-test  ## thousands of random programs, run every way there is
	@$(BIN)/python -m tests.random_programs $(if $(ARGS),$(ARGS),--count 5000)

fuzz-files: $(VENV)/.stamp-test  ## ten minutes of spoiled SavedModels and checkpoints
	@$(BIN)/python -m tests.hostile_files $(ARGS)

fuzz-sizes: $(VENV)/.stamp-test  ## ten minutes of ops with hostile sizes and attributes
	@$(BIN)/python -m tests.hostile_sizes $(ARGS)

random-calls: $(VENV)/.stamp-test $(TIDEFALL_ORACLE)/.stamp-oracle  ## thousands of random calls, compared with real TensorFlow's answers
	@$(BIN)/python -m tests.random_calls $(if $(ARGS),$(ARGS),--count 5000)

oracle: $(TIDEFALL_ORACLE)/.stamp-oracle  ## record the test values again from real TensorFlow
	@TF_CPP_MIN_LOG_LEVEL=3 $(ORACLE_BIN)/python tests/oracle/record.py $(ARGS)
	@TF_CPP_MIN_LOG_LEVEL=3 $(ORACLE_BIN)/python tests/oracle/record_pipelines.py
	@TF_CPP_MIN_LOG_LEVEL=3 $(ORACLE_BIN)/python tests/oracle/record_random_pipelines.py
	@TF_CPP_MIN_LOG_LEVEL=3 $(ORACLE_BIN)/python tests/oracle/record_dataset_graphs.py
	@TF_CPP_MIN_LOG_LEVEL=3 $(ORACLE_BIN)/python tests/oracle/record_keras.py

oracle-test: $(VENV)/.stamp-test $(TIDEFALL_ORACLE)/.stamp-oracle  ## tests that run real TensorFlow
	@$(BIN)/python -m pytest tests/oracle_env $(ARGS)

peers: $(TIDEFALL_PEERS)/.stamp-tensorflow $(TIDEFALL_PEERS)/.stamp-jax $(TIDEFALL_PEERS)/.stamp-torch $(TIDEFALL_PEERS)/.stamp-onnx  ## install what the benchmarks compare with

bench: $(VENV)/.stamp-demo  ## time Tidefall beside the peers that are installed
	@$(BIN)/python -m benchmarks $(ARGS)

bench-ops: $(VENV)/.stamp-demo  ## time the commonest single ops beside the peers
	@$(BIN)/python -m benchmarks.ops $(ARGS)

bench-lite: $(VENV)/.stamp-test  ## TensorFlow Lite models here, in LiteRT, ONNX Runtime and TensorFlow
	@$(BIN)/python -m benchmarks.lite $(ARGS)

bench-native: $(VENV)/.stamp-keras $(if $(COMPILER),$(KERNELS))  ## what the native kernels gain, on each level of processors
	@$(BIN)/python -m benchmarks.native $(ARGS)

bench-serving: $(VENV)/.stamp-test  ## load test the model server beside the peers
	@$(BIN)/python -m benchmarks.serving $(ARGS)

peers-serving: $(TIDEFALL_PEERS)/.stamp-torch $(foreach p,$(SERVING_PEERS),$(TIDEFALL_PEERS)/.stamp-$(p))  ## install the servers to compare with

clean:  ## remove the project's environment and tool caches (not the oracle, not the peers)
	@rm -rf $(VENV) $(KERNELS) build dist .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# --- native kernels -----------------------------------------------------------------------------

# The headers come from packages of $(VENV), or of $(PYTHON) where there is none.
NATIVE_PYTHON = $(or $(wildcard $(abspath $(BIN))/python),$(shell command -v $(PYTHON)))

$(KERNELS): $(wildcard native/*.cc native/*.h native/*.map native/loops/* native/CMakeLists.txt) src/tidefall/native/sources.py
	@echo "Building the native kernels"
	@$(CMAKE) --log-level=WARNING -S native -B build/native -DPython_EXECUTABLE=$(NATIVE_PYTHON)
	@$(CMAKE) --build build/native --parallel
	@touch $@

# --- environments -------------------------------------------------------------------------------

define make_venv
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Tidefall needs Python 3.11 or newer, but $(PYTHON) is ' + sys.version.split()[0] + '. Set PYTHON: make PYTHON=python3.12 ...')"
	@test -x $(1)/bin/python || $(PYTHON) -m venv $(1)
endef

$(VENV)/.stamp-demo: pyproject.toml
	$(call make_venv,$(VENV))
	@echo "Installing Tidefall into $(VENV) (the first time takes a few minutes)"
	@$(BIN)/python $(PIP) --editable ".[demo]"
	@touch $@

$(VENV)/.stamp-test: pyproject.toml
	$(call make_venv,$(VENV))
	@echo "Installing Tidefall and its test tools into $(VENV) (the first time takes a few minutes)"
	@$(BIN)/python $(PIP) --editable ".[test]"
	@touch $@ $(VENV)/.stamp-demo

$(TIDEFALL_ORACLE)/.stamp-oracle:
	$(call make_venv,$(TIDEFALL_ORACLE))
	@echo "Installing TensorFlow 2.21 into $(TIDEFALL_ORACLE) (1.3 GB)"
	@$(ORACLE_BIN)/python $(PIP) $(TENSORFLOW) $(KERAS) $(JAX) scikit-learn grpcio
	@$(ORACLE_BIN)/python $(PIP) --no-deps $(STUBS)
	@$(ORACLE_BIN)/python $(PIP) ai-edge-litert
	@touch $@

# Keras's tests compare dtypes with JAX's, and skip or fail where these are missing.
$(VENV)/.stamp-keras: $(VENV)/.stamp-test
	@$(BIN)/python $(PIP) grain requests
	@touch $@

$(TIDEFALL_ORACLE)/.stamp-keras: $(TIDEFALL_ORACLE)/.stamp-oracle
	@$(ORACLE_BIN)/python $(PIP) pytest pandas grain requests tensorboard pillow
	@touch $@

$(TIDEFALL_PEERS)/.stamp-tensorflow:
	$(call make_venv,$(TIDEFALL_PEERS)/tensorflow)
	@echo "Installing TensorFlow into $(TIDEFALL_PEERS)/tensorflow (1.3 GB)"
	@$(TIDEFALL_PEERS)/tensorflow/bin/python $(PIP) $(TENSORFLOW) $(KERAS)
	@touch $@

$(TIDEFALL_PEERS)/.stamp-jax:
	$(call make_venv,$(TIDEFALL_PEERS)/jax)
	@echo "Installing JAX and Keras into $(TIDEFALL_PEERS)/jax (0.5 GB)"
	@$(TIDEFALL_PEERS)/jax/bin/python $(PIP) $(JAX) $(KERAS)
	@touch $@

$(TIDEFALL_PEERS)/.stamp-onnx:
	$(call make_venv,$(TIDEFALL_PEERS)/onnx)
	@echo "Installing ONNX Runtime into $(TIDEFALL_PEERS)/onnx (0.2 GB)"
	@$(TIDEFALL_PEERS)/onnx/bin/python $(PIP) onnxruntime onnx tf2onnx numpy
	@touch $@

$(TIDEFALL_PEERS)/.stamp-torch:
	$(call make_venv,$(TIDEFALL_PEERS)/torch)
	@echo "Installing PyTorch into $(TIDEFALL_PEERS)/torch (0.7 GB and more)"
	@$(TIDEFALL_PEERS)/torch/bin/python $(PIP) $(TORCH_PIP_ARGS) $(TORCH) numpy
	@touch $@

$(TIDEFALL_PEERS)/.stamp-bentoml $(TIDEFALL_PEERS)/.stamp-litserve $(TIDEFALL_PEERS)/.stamp-ray: $(TIDEFALL_PEERS)/.stamp-%:
	$(call make_venv,$(TIDEFALL_PEERS)/$*)
	@echo "Installing $* into $(TIDEFALL_PEERS)/$*"
	@$(TIDEFALL_PEERS)/$*/bin/python $(PIP) $(if $(filter ray,$*),"ray[serve]",$*) numpy
	@touch $@
