"""A variational autoencoder of handwritten digits, with a training step of its own.

    python examples/variational_autoencoder.py [--short]

An encoder says for each picture where in a space of few dimensions it may lie, a decoder makes a
picture of each point there. Both learn by the evidence lower bound (Kingma and Welling, 2014,
arXiv:1312.6114): how well pictures come back, less how far what the encoder says is from a standard
normal distribution. The test, on pictures that training did not see: the bound against one that
knows only how often each pixel is set, and how much of the picture comes back.
"""

from __future__ import annotations

import argparse

import numpy as np
from sklearn.datasets import load_digits

import tidefall as tf

keras = tf.keras
layers = keras.layers

PIXELS, DIMENSIONS, TEST, BATCH = 64, 8, 360, 32


class Sampling(layers.Layer):
    """A random point of the normal distribution with the given mean and logarithm of variance."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(1)

    def call(self, inputs):
        mean, log_variance = inputs
        noise = keras.random.normal(keras.ops.shape(mean), seed=self.seed_generator)
        return mean + keras.ops.exp(0.5 * log_variance) * noise


class Autoencoder(keras.Model):
    """Pictures `[batch, 64]` with values 0 to 1, to a few numbers, and back."""

    def __init__(self):
        super().__init__()
        pictures = keras.Input((PIXELS,))
        x = layers.Dense(128, activation="relu")(pictures)
        x = layers.Dense(64, activation="relu")(x)
        mean, log_variance = layers.Dense(DIMENSIONS)(x), layers.Dense(DIMENSIONS)(x)
        point = Sampling()([mean, log_variance])
        self.encoder = keras.Model(pictures, [mean, log_variance, point])
        self.decoder = keras.Sequential(
            [
                keras.Input((DIMENSIONS,)),
                layers.Dense(64, activation="relu"),
                layers.Dense(128, activation="relu"),
                layers.Dense(PIXELS),
            ]
        )
        self.bound = keras.metrics.Mean(name="bound")
        self.divergence = keras.metrics.Mean(name="divergence")

    @property
    def metrics(self):
        return [self.bound, self.divergence]

    def call(self, pictures):
        """The pictures as they come back from the means."""
        return tf.sigmoid(self.decoder(self.encoder(pictures)[0]))

    def lower_bound(self, pictures):
        """The evidence lower bound `[batch]` in nats, and the divergence that is part of it."""
        mean, log_variance, point = self.encoder(pictures)
        logits = self.decoder(point)
        back = tf.nn.sigmoid_cross_entropy_with_logits(labels=pictures, logits=logits)
        divergence = 0.5 * (tf.exp(log_variance) + tf.square(mean) - 1.0 - log_variance)
        divergence = tf.reduce_sum(divergence, axis=1)
        return -tf.reduce_sum(back, axis=1) - divergence, divergence

    def train_step(self, data):
        with tf.GradientTape() as tape:
            bound, divergence = self.lower_bound(data)
            loss = -tf.reduce_mean(bound)
        gradients = tape.gradient(loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        self.bound.update_state(bound)
        self.divergence.update_state(divergence)
        return {metric.name: metric.result() for metric in self.metrics}

    def test_step(self, data):
        bound, divergence = self.lower_bound(data)
        self.bound.update_state(bound)
        self.divergence.update_state(divergence)
        return {metric.name: metric.result() for metric in self.metrics}


def main() -> None:
    """Train, and compare with pixels that know nothing of each other."""
    parser = argparse.ArgumentParser(description="A variational autoencoder.")
    parser.add_argument("--short", action="store_true", help="fewer epochs")
    arguments = parser.parse_args()
    epochs, required, explained_at_least = (25, 2.1, 0.45) if arguments.short else (150, 3.2, 0.64)
    keras.utils.set_random_seed(1)

    pictures = (load_digits().data / 16).astype(np.float32)
    np.random.default_rng(1).shuffle(pictures)
    train, test = pictures[TEST:], pictures[:TEST]

    model = Autoencoder()
    schedule = keras.optimizers.schedules.CosineDecay(3e-3, epochs * -(-len(train) // BATCH))
    model.compile(keras.optimizers.Adam(schedule))
    model.fit(train, batch_size=BATCH, epochs=epochs, validation_data=(test,), verbose=2)
    result = model.evaluate(test, verbose=0, return_dict=True)

    # What a decoder could do that gets no point: each pixel by itself, as it usually is.
    usual = train.mean(0).clip(1e-3, 1 - 1e-3)
    alone = (test * np.log(usual) + (1 - test) * np.log(1 - usual)).sum(1).mean()
    back = model.predict(test, verbose=0)
    explained = 1 - np.square(test - back).sum() / np.square(test - usual).sum()
    # Points at random make pictures, too: as bright as the digits are.
    made = tf.sigmoid(model.decoder(keras.random.normal((500, DIMENSIONS), seed=2)))
    brightness = abs(float(tf.reduce_mean(made)) - test.mean())

    gain = result["bound"] - alone
    print(f"bound {result['bound']:.2f} nats, pixels alone {alone:.2f}")
    print(f"gain {gain:.2f} (at least {required}), divergence {result['divergence']:.2f}")
    print(f"explained {explained:.3f} (at least {explained_at_least}), brightness {brightness:.3f}")
    if not (gain >= required and explained >= explained_at_least and brightness <= 0.05):
        raise SystemExit("The autoencoder is worse than it should be.")


if __name__ == "__main__":
    main()
