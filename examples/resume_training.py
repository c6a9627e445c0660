"""Training that may be killed at any time, and goes on exactly where its last checkpoint is.

    python examples/resume_training.py FOLDER [--fit]

Run it, kill it, run it again: it ends with the same weights, bit for bit, as a run that nobody
disturbed. All that changes while training is in the checkpoint: the model with the state of its
dropout, the optimizer, the position in the shuffled data, a random generator, and the step. With
`--fit`, Keras does the loop and its callback `BackupAndRestore` keeps the state after each epoch;
the data then have to come in the same order in each epoch.
"""

from __future__ import annotations

import argparse
import hashlib

import numpy as np

import tidefall as tf

STEPS, SAVE_EVERY, EPOCHS = 40, 5, 4


def data() -> tf.data.Dataset:
    """Points on noisy circles, and which circle they are on."""
    angles = np.linspace(0.0, 40.0, 320, dtype=np.float32)
    circle = (np.arange(320) % 2).astype(np.float32)
    points = np.stack([np.cos(angles), np.sin(angles)], 1) * (1 + circle[:, None])
    return tf.data.Dataset.from_tensor_slices((points, circle[:, None]))


def build_model() -> tf.keras.Model:
    """A small classifier with dropout."""
    # Functions may move to compiled code when that pays, whose roundings are others; not so here.
    tf.config.experimental.enable_op_determinism()
    tf.keras.utils.set_random_seed(1)
    layers = tf.keras.layers
    model = tf.keras.Sequential(
        [
            layers.Input((2,)),
            layers.Dense(16, activation="relu"),
            layers.Dropout(0.2, seed=3),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(tf.keras.optimizers.Adam(0.01), "binary_crossentropy", jit_compile=False)
    return model


def train(folder: str) -> tf.keras.Model:
    """A loop of one's own."""
    model = build_model()
    optimizer = model.optimizer
    optimizer.build(model.trainable_variables)
    loss_of = tf.keras.losses.BinaryCrossentropy()
    generator = tf.random.Generator.from_seed(5)
    batches = data().shuffle(64, seed=7).repeat().map(lambda x, y: (x * 2.0, y)).batch(16)
    iterator = iter(batches.prefetch(2))
    step = tf.Variable(0, dtype=tf.int64)

    @tf.function
    def train_step(x, y):
        x += generator.normal(tf.shape(x), stddev=0.1)
        with tf.GradientTape() as tape:
            loss = loss_of(y, model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    checkpoint = tf.train.Checkpoint(
        model=model,
        optimizer=optimizer,
        # Keras does not tell checkpoints of the seeds that its layers count up.
        seeds=[v.value for v in model.non_trainable_variables],
        iterator=iterator,
        generator=generator,
        step=step,
    )
    manager = tf.train.CheckpointManager(checkpoint, folder, max_to_keep=2)
    manager.restore_or_initialize()
    while step < STEPS:
        train_step(*next(iterator))
        step.assign_add(1)
        print("step", int(step), flush=True)
        if step % SAVE_EVERY == 0:
            manager.save()
    return model


def fit(folder: str) -> tf.keras.Model:
    """The loop of Keras."""
    model = build_model()
    batches = data().shuffle(64, seed=7, reshuffle_each_iteration=False).batch(16)

    def begin(epoch, logs):
        # The callback does not keep the seeds that layers count up: they follow from the epoch.
        for seed in model.non_trainable_variables:
            seed.assign([3, 1000 * epoch])

    tell = tf.keras.callbacks.LambdaCallback(
        on_epoch_begin=begin,
        on_train_batch_end=lambda batch, logs: print("step", batch, flush=True),
    )
    backup = tf.keras.callbacks.BackupAndRestore(folder, delete_checkpoint=False)
    model.fit(batches, epochs=EPOCHS, callbacks=[backup, tell], verbose=0)
    return model


def main() -> None:
    """Train, and print a digest of the weights."""
    parser = argparse.ArgumentParser(description="Training that goes on where it was killed.")
    parser.add_argument("folder", help="where the checkpoints are")
    parser.add_argument("--fit", action="store_true", help="let Keras do the loop")
    arguments = parser.parse_args()
    model = (fit if arguments.fit else train)(arguments.folder)
    weights = [v.numpy() for v in (*model.variables, *model.optimizer.variables)]
    digest = hashlib.sha256(b"".join(np.ascontiguousarray(w).tobytes() for w in weights))
    print("weights", digest.hexdigest())


if __name__ == "__main__":
    main()
