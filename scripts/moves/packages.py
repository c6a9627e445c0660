"""What the `__init__` of each package says, and the table of folders in docs/tour.md."""

from __future__ import annotations

DOCS: dict[str, str] = {}


def _read(text: str) -> None:
    name, lines = "", []
    for line in text.splitlines():
        if line.startswith("== "):
            if name:
                DOCS[name] = "\n".join(lines).strip()
            name, lines = line[3:].strip(), []
        else:
            lines.append(line)
    DOCS[name] = "\n".join(lines).strip()


_read('''
== base
What needs no tensor: errors, dtypes, shapes, nests, devices, the thread's state, public names.

Nothing of this package enters here but `proto`. Everything above takes its errors, dtypes and
shapes from here, makes its functions public with `export`, and reads `state`. Read `dtypes.py`,
`shapes.py` and `state.py` first.

== tensor
Tensors, and the types of values that are made of them.

Python values enter through `conversion.py` and leave as `Tensor`: an `EagerTensor` holds an array,
a `SymbolicTensor` names an output of a graph node. A `TypeSpec` says what a value is made of.
Read `tensor.py` first, then `conversion.py`.

== op
The op: its signature from the op table, what is declared of it, and what a call does.

A call's Python values enter; `binding.py` makes tensors and attributes of them, `registry.py` runs
the host kernel or adds a node, `results.py` makes what the caller gets. Ops are called as
`raw.Cumsum`. Read `registry.py` first.

== api
The public surface as tools see it: what writes the index of names, and stubs for editors.

All modules enter, since each may export names; `_index.py` and `.pyi` files leave. `surface.py`,
beside this folder, answers `tf.math.add` from the index. Read `index.py` first.

== composite
Values made of tensors, and objects that own them: ragged and sparse tensors, variables, modules.

Tensors enter as components and leave through ops, called by way of `raw`; functions over these
types are in `ops`, which stands above. Read `sparse_tensor.py` first, the shortest of its kind.

== composite.ragged
Ragged tensors: values, and partitions that say where rows end.

Lists, arrays, dense and sparse tensors enter through `factories.py` and `conversions.py`, and
leave there. Read `row_partition.py` first, then `ragged_tensor.py`.

== composite.extension
`tf.experimental.ExtensionType`: types made of tensors that programs define themselves.

A class with annotated fields enters; `fields.py` checks and converts their values, `specs.py` has
the type of each such type. Read `extension_type.py` first.

== composite.variables
Variables: a name, a shape and a dtype in front of a resource handle.

An initial value enters, reads and assignments leave as ops on the handle. The resource itself is
in `storage.py`. Read `variable.py` first.

== composite.trackable
Objects that own named children: the edges of the object graph that checkpoints keep.

Lists, dicts and tuples that are set as attributes enter and become trackable copies. Read
`trackable.py` first, then `auto_trackable.py`.

== ops
What can be computed: each op declared whole, in one place, in the folder of its family.

Tensors, or what converts to them, enter; tensors leave. An op's block has its shape rule, host
kernel, lowering and gradient; the public function below it calls the op. Read
`math/elementwise.py` first, then `common.py`, which has what most families share.

== ops.math
Elementwise arithmetic, comparison, logic and special functions, and running sums along an axis.

Numbers of any shape enter, broadcast against each other; numbers or booleans leave. Read
`elementwise.py` first.

== ops.reductions
Fewer elements of many: reductions over axes and segments, counts, histograms.

A tensor and axes or segment numbers enter; `axes.py` checks them and says what shape leaves. Read
`functions.py` and `ops.py` first.

== ops.array
Tensors made, and their elements arranged anew: shapes, joining, splitting, order, choices.

Tensors enter and leave with the same elements, or some of them. Read `reshaping.py` first, the
shortest walk through a shape rule, a kernel and a gradient.

== ops.slices
Parts of tensors taken out and put in: `x[1:]`, slices, gathers and scatters.

What stands between the brackets enters in `getitem.py`; `slice_spec.py` says what a strided slice
means. Read `getitem.py` first, then `gathering.py`.

== ops.linalg
Linear algebra: products, einsum, decompositions, solvers, matrix functions, linear operators.

Stacks of matrices enter and leave, the matrix in the last two dimensions (`batches.py`). Read
`matmul.py` first, then `cholesky.py` for a decomposition.

== ops.linalg.operators
Linear operators: matrices known by their structure, which need not be stored whole.

The few numbers that make up the matrix enter; products, solutions and determinants leave. Read
`base.py` first.

== ops.debugging
Assertions on values and on static facts, and numbers that say how a tensor is.

Tensors enter; nothing leaves, or an error that names the values. Read `assertions.py` first.

== ops.strings
Ops on byte strings. Values are object arrays of `bytes`.

Strings enter and leave as tensors; printing and tensors as text are here too. Read `text.py`
first, then `byte_arrays.py`.

== ops.control
Switch, Merge and the other nodes that steer graphs of TensorFlow 1, and the time of day.

They are declared here, rewritten or run by `runtime/host/v1_control_flow.py`. Read
`switch_merge.py` first.

== ops.state
Ops on what outlives a run: variables behind handles or passed by reference, optimizer updates.

A handle and new values enter; the value leaves with a read. Read `resource_variables.py` first.

== ops.lists
Lists of tensors as values of programs: tensor lists, TensorArrays, stacks and maps.

A handle and elements enter; on the host a list holds them, in compiled code one stacked buffer.
Read `tensor_list.py` first, then `tensor_list_value.py`.

== ops.nn
Neural networks: activations, normalisation, losses, embeddings, dropout, and rooms for more.

Batches of features enter and leave, channels last or first as `data_format` says. Read
`activations.py` first.

== ops.nn.convolution
Convolution, plain, depthwise, transposed and fused, with its gradients.

Pictures and filters enter, pictures leave. `functions.py` is what people call, `ops.py` declares
the ops, `kernels.py` is NumPy, `lowerings.py` XLA and native kernels. Read `ops.py` first.

== ops.nn.pooling
Max, average and fractional pooling, with their gradients.

Pictures and windows enter, smaller pictures leave. `functions.py` is what people call, `ops.py`
declares the ops, `kernels.py` is NumPy, `lowerings.py` XLA. Read `ops.py` first.

== ops.nn.candidates
Candidate sampling: a few classes drawn to stand for all of them in a loss.

Labels enter; sampled classes and how often they were expected leave, and losses made of those.
Read `samplers.py` first.

== ops.nn.ctc
Connectionist temporal classification: losses and decoders of sequences without alignment.

Scores by time and class enter with sparse labels; losses or label sequences leave. Read `loss.py`
first. The loss over dense labels, a composite function, is in `library/ctc_loss.py`.

== ops.nn.recurrent
Recurrent cells as single ops, as old graphs and Keras models on CPUs have them.

Inputs, states and weights enter; the next states leave. Read `gru.py` first.

== ops.random
Random numbers, TensorFlow's bit for bit: Philox and ThreeFry, stateless and stateful ops.

Seeds, or keys and counters, enter; draws leave. Read `philox.py` first, then `stateless.py`.

== ops.ragged
What public functions do with ragged tensors, and the ops behind them.

`dispatch.py` says which function of here stands for which public one. Read `functions.py` first.

== ops.sparse
Sparse tensors: conversion, arithmetic, joining, cutting, counts, crosses.

Indices, values and a shape enter and leave, in order by row unless said otherwise. Read
`functions.py` first.

== ops.sparse.csr
Sparse matrices in compressed rows, carried by variants.

Sparse or dense tensors enter and leave through `converting.py`; `value.py` is what a handle holds
and its arithmetic. Read `value.py` first.

== ops.image
`tf.image`: codecs, geometry, colour, augmentation, quality measures and boxes.

Pictures enter as bytes or as `[height, width, channels]`, one or a batch, and leave so. The
`*_ops.py` declare ops, the others are what people call. Read `common.py` and `resizing.py` first.

== ops.lookup
Lookup tables: the ops on them, and the classes of `tf.lookup`.

Keys enter, values leave; `tables.py` holds what is behind a handle. Read `interface.py` first.

== ops.numpy
`tf.experimental.numpy`: NumPy's functions over tensors, and its behaviour for `tf.Tensor`.

Anything array-like enters; `promotion.py` brings the arguments to one dtype, and tensors leave.
Read `promotion.py` first, then `making.py`.

== ops.quantization
Quantization: numbers as small integers of a known range, and training that expects it.

Floats and a range enter, small integers and the range they stand for leave, or the reverse. Read
`quantize.py` first.

== ops.queues
Queues, and what else threads wait for: state shared by the runs of programs.

Elements enter with enqueue and leave with dequeue; who must wait does so in `waiting.py`. Read
`queues.py` first.

== ops.signal
Signal processing: Fourier and cosine transforms, frames, windows, spectra, speech features.

Samples along the last axis enter, spectra leave, or the reverse. Read `fourier.py` first.

== ops.structured
`tf.experimental.StructuredTensor`: tensors of records.

Fields enter as tensors, ragged tensors or structured tensors that share their first dimensions;
Python values and text enter and leave through `pyval.py`. Read `structured_tensor.py` first.

== ops.xla
Ops that hold parts of programs as XLA's other front ends write them.

StableHLO enters from files; `trial.py` reads it in another process first. Read `call_module.py`
first.

== native
Native kernels (C++ over oneDNN, in the folder `native` of the repository): optional and faster.

Arrays enter and leave, eagerly by ctypes, in compiled code as custom calls. Each `.py` says
which `.cc` it belongs to. Read `library.py` first.

== graph
Programs as data: graphs of TensorFlow ops, their analyses, and rewrites of them.

Ops add nodes while a function is traced; files enter and leave through `codec/`; `passes/`
optimizes copies; `runtime` runs them. Read `graph.py` first, then `func_graph.py`.

== graph.codec
Graphs as messages, both ways: GraphDef, FunctionDef, NodeDef, OpDef.

A `Graph` enters `graph_def.py` and leaves as a message; messages enter `importer.py` and
`function_library.py`. What a file asks for and is not known here is told in one error. Read
`graph_def.py` first.

== graph.passes
The graph optimizer: rewrites of graphs, one in each file.

A copy of a traced graph enters `pipeline.py` and leaves computing the same with less; the traced
graph stays as it is. Read `pipeline.py` first, then `forwarding.py`, the shortest step.

== graph.v1
What only graphs of TensorFlow 1 have: a default graph, variables of graphs, Switch and Merge.

It stands here because files hold such graphs; sessions, scopes and old functions are in
`tidefall.v1`. Read `default_graph.py` first, then `variables.py`.

== autodiff
Automatic differentiation: tapes, forward accumulators, custom gradients, and the one walker
behind them; the public namespace `tf.autodiff`.

Records of what ran, or nodes of a graph, enter `backprop.py` with the gradients of their outputs;
gradients of the inputs leave. Read `backprop.py` first, then `tape.py`.

== runtime
How programs run: on the host, through XLA, or divided between the two.

A graph enters; something that is called with values leaves. `host/` runs node by node, `xla/`
compiles, `partitioned/` does both, `policy/` chooses, `devices/` is what `tf.config` and
`tf.device` speak of. Read `graph_function.py` first, then `host/plan.py`.

== runtime.host
The host executor: a graph flattened once into a straight plan of NumPy kernels.

A graph enters, a plan leaves; calling it with values runs the kernels in order. Graphs with the
control flow of TensorFlow 1 run in `v1_control_flow.py`. Read `plan.py` first.

== runtime.xla
The compiler bridge: a graph becomes one XLA executable, through jax.

A graph and the shapes of its arguments enter; `lowering.py` walks it with traced values, and
`executable.py` holds and calls what XLA made. `jax_bridge.py` is where jax is imported. Read
`executable.py` first, then `lowering.py`.

== runtime.xla.fused_rnn
Compiled loops of recurrent networks that become one call of a native kernel.

The body of a loop enters as jax sees it. If each of its operations treats every row of a batch by
itself, a short program for the kernel leaves (`native/fused_rnn.py`). Read `loops.py` first.

== runtime.partitioned
Programs that XLA cannot take whole: the host runs them, the parts it can take are compiled.

A graph enters `partition.py` and leaves with calls of new functions for those parts. Read
`partition.py` first.

== runtime.policy
When a program is compiled, and on which thread.

What was measured of calls enters; the executable of the next call leaves. Read `tiers.py` first.

== runtime.devices
`tf.config`: devices, their memory, threads, and where nodes and eager ops run.

Names of devices enter; settings that executors read leave. Read `config.py` first.

== runtime.debugging
Checks that a program switches on, and that look at every op that runs.

`checks.py` has the hooks; the other files each put one check behind them. Read `checks.py` first.

== control_flow
Branches, loops and calls of one graph by another: their graphs, gradients and lowerings.

Python functions enter and are traced to graphs (`subgraphs.py`); an If, Case, While or call node
leaves. What gradients need of the forward run is in `residuals.py` and `loop_residuals.py`. Read
`cond.py` first, then `while_loop.py`.

== transforms
Functions made of functions: many runs as one.

A function and stacked inputs enter, stacked outputs leave. Read `vectorized_map.py` first.

== transforms.pfor
Many runs of one function as one: each op of its graph is replaced by one that works on all runs.

`convert.py` walks the graph. A value that differs from run to run is *stacked*: it has one more
dimension in front, of the number of runs. The other modules hold a converter for each family of
ops; an op without one is run once for each of them. Read `convert.py` first.

== function
Python to graph: `tf.function`, its traces, signatures and concrete functions.

A Python function and its arguments enter `polymorphic.py`; `tracer.py` finds a trace or makes one
(`tracing.py`); `concrete.py` is a traced graph ready to be called. Control flow over tensors is
converted in `autograph/`. Read `polymorphic.py` first.

== library
Public functions composed of others, which need loops or functions of their own.

They are made of public functions and declare no ops. Read `matrix_loops.py` first, the shortest.

== library.testing
`tf.test`: a TestCase that compares tensors, benchmarks, checks of gradients and graphs.

Values enter, assertions leave. Read `test_case.py` first.

== io
Files: TFRecord, tf.Example, image and audio codecs; the public namespace `tf.io`.

Paths and bytes enter, tensors leave, and the reverse. `file_systems/` opens, `records/` cuts files
into records, `bundles/` holds tensors of checkpoints, `parsing/` and `codecs/` give bytes a
meaning. Read `file_systems/file_system.py` first.

== io.file_systems
`tf.io.gfile`: folders and files, local ones here, those behind URLs through fsspec.

Paths and URLs enter, open files leave. What is written appears whole or not at all
(`whole_files.py`). Read `file_system.py` first.

== io.records
Files that are sequences of records, with their checksums and compression.

Files enter, byte strings leave, one by one or many at a time (`record_chunks.py`). Read
`tfrecord.py` first.

== io.bundles
Tensor bundles, the files of checkpoints: an index that is a sorted table, and data files.

Named arrays enter `bundle_writer.py` and leave `bundle_reader.py`. Read `bundle_format.py` first.

== io.parsing
Serialized examples, CSV, JSON and protocol buffers to tensors.

Byte strings and a description of features enter; `feature_plan.py` turns that into what a parsing
op is asked for, and its results back. Read `functions.py` first.

== io.codecs
Values as bytes and back: tensors, sparse tensors, structures, pictures, sound, compression.

Read `serialization.py` first.

== data
`tf.data`: input pipelines.

A `Dataset` is a variant tensor made by an op (`dataset.py`); the value of that tensor is a node,
which makes iterators over raw elements (`engine/node.py`). Each source and transformation is one
file with its node, its op and its method of `Dataset`. Files, arrays and generators enter
(`sources/`), elements leave; `state/` writes down where an iterator stands, `report/` tells how a
pipeline runs. Read `engine/node.py` first, then `transformations/take.py`.

== data.transformations
Stages of pipelines that have one input: an op, a node and a method of `Dataset` in each file.

The node of the input enters, a node leaves. Read `take.py` first, the plainest; `map.py` has
functions and threads.

== data.transformations.batching
Stages that put elements together, or take batches apart.

Read `batch.py` first.

== data.transformations.combining
Stages that read several datasets: one after the other, side by side, by turns.

Read `zip.py` first; `interleave.py` reads in parallel.

== data.sources
Stages without an input: arrays, generators, files of records, lines, CSV, SQL.

Read `slices.py` first, then `file_sources.py` for what reads files.

== data.engine
What makes elements: nodes, iterators, the functions of users, threads, options in force.

A node enters, an iterator over raw elements leaves. Read `node.py` and `iterators.py` first, then
`functions.py`.

== data.state
Where an iterator stands, as a value: in checkpoints, and elements kept in files.

The state of an iterator leaves as bytes and enters again (`state_codec.py`). Read
`saved_iterator.py` first.

== data.report
What is told of a pipeline: its stages, sizes, fingerprints, and where its time goes.

A node enters, words or numbers leave. Read `explain.py` first.

== saving
Checkpoints and SavedModel: the values of objects, and whole programs, in files.

Read `checkpoint/checkpoint.py` first, then `saved_model/save.py`.

== saving.checkpoint
Checkpoints: the values of an object and of all it holds.

An object enters; `object_graph.py` finds what it holds, `io/bundles` writes it, `restoration.py`
puts values back, also into what is made later. Read `checkpoint.py` first.

== saving.saved_model
SavedModel: programs with their variables and files, as TensorFlow stores them.

An object enters `save.py`; `load.py` returns one that is called the same way. Read `save.py`
first, then `exported_objects.py`.

== summary
What a training run reports, as TensorBoard reads it; the public namespace `tf.summary`.

Tensors enter with a tag and a step, files leave. Read `events/writer.py` first.

== summary.events
Event files: scalars, distributions, text, pictures, sound and graphs of a training run.

`recording.py` is what people call, `values.py` makes the messages, `writer.py` holds the file.
Read `recording.py` first.

== summary.profiler
`tf.profiler.experimental`: measuring programs with XLA's profiler, through jax.

== summary.debugger
`tf.debugging.experimental.enable_dump_debug_info`: files for TensorBoard's debugger.

What every op computed enters, six files leave (`events.py`). Read `dump.py` first.

== v1
TensorFlow 1: a graph is built first and run in a session; the public namespace `tf.compat.v1`.

Graphs enter from `graph/`, the host executor runs them (`sessions/plan.py`). Names that follow
from TensorFlow 2's are made in `old_signatures.py`. Read `sessions/session.py` first.

== v1.graphs
What programs do with graphs: collections, gradients, freezing, wrapping as functions.

Read `graph_keys.py` first.

== v1.sessions
Sessions: a graph being run, with the variables that live while it is.

Fetches and feeds enter (`fetches.py`); a plan of the nodes they need is run (`plan.py`), and
arrays leave. Read `session.py` first.

== v1.sessions.monitored
Sessions that hooks watch: they save, log, count and stop.

Read `monitored_session.py` first, then `run_hooks.py`.

== v1.variables
Variables by name: scopes, `get_variable`, partitions, initialisers.

A name and a shape enter, the variable of that name leaves. Read `scope_stack.py` first, then
`variable_store.py`.

== v1.training
Optimizers that add nodes to a graph, learning rates, moving averages, the step.

A loss enters, the node that trains leaves. Read `optimizer_base.py` first.

== v1.saving
Savers, MetaGraphs and SavedModels of sessions.

Names and variables of a graph enter; the nodes that write and read them leave. Read `savers.py`
first.

== v1.input
Datasets, readers and tables whose iterators and initialisers are nodes that a session runs.

Read `dataset_iterators.py` first.

== v1.input.queues
Threads that fill queues: coordinators, queue runners, producers of input and batches.

Read `queue_runner.py` first.

== v1.functions
Functions of TensorFlow 1 with their own parameters: nn, image, losses, embeddings, summaries.

Read `nn_functions.py` first.

== v1.functions.streaming_metrics
`tf.compat.v1.metrics`: values that grow with every batch, kept in local variables.

Predictions enter; a value and the node that updates it leave. Read `common.py` first.

== compat
The `tensorflow` name (`tensorflow/`), `tf.keras`, and the public namespace `tf.compat`.

Programs that say `import tensorflow` enter; Tidefall answers. Read `tensorflow/__init__.py` first.

== tools
Programs for people: what is installed, how much of the API there is, saved models, a demo.

Each runs as `tidefall COMMAND` or `python -m tidefall.COMMAND`. Read `doctor/checks.py` first.
''')

# Folder, what it holds: the table in docs/tour.md, from the ground up.
TOUR: list[tuple[str, str]] = [
    ("proto", "Wire formats: the messages that files and calls are made of."),
    ("base", "What needs no tensor: errors, dtypes, shapes, nest, devices, the thread's state, public names."),
    ("tensor", "Tensor, what converts to one, and type specs."),
    ("op", "The op table, the registry of ops and what a call of one does; `raw`, every op by its name."),
    ("composite", "RaggedTensor, SparseTensor, extension types; Variable, Module and trackable objects."),
    ("native", "Kernels in C++ found, loaded and called; their sources are in `native/` of the repository."),
    ("ops", "What can be computed, by family: each op declared whole, in one place."),
    ("graph", "Programs as data: graphs, nodes, analyses; GraphDefs written and read (`codec/`); the optimizer (`passes/`)."),
    ("autodiff", "The tape, and the one walker that turns a record of what ran into gradients."),
    ("runtime", "How programs run: the host executor (`host/`), the XLA compiler (`xla/`), and the choice between them (`policy/`)."),
    ("control_flow", "Branches, loops and calls of one graph from another: graphs, gradients, lowerings."),
    ("transforms", "Many runs of a function as one: vectorized map."),
    ("function", "Python to graph: `tf.function`, its traces, AutoGraph."),
    ("io", "Files, TFRecord, Example, pictures and sound."),
    ("library", "Public functions composed of others, and `tf.test`."),
    ("data", "`tf.data`: `sources/` and `transformations/`, one file each, and the engine that runs them."),
    ("saving", "Checkpoints and SavedModels."),
    ("summary", "Event files for TensorBoard, the profiler, the debugger's files."),
    ("distribute", "Strategies; so far the one for a single device."),
    ("v1", "TensorFlow 1: sessions, scopes, old optimizers and savers."),
    ("serving", "The model server."),
    ("compat", "The `tensorflow` name and `tf.keras`."),
    ("api", "What writes the index of public names, and the stubs for editors."),
    ("tools", "Command lines: doctor, coverage, saved models, the demo."),
]
