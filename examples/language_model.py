"""A transformer that writes, letter by letter, trained on a text file.

    python examples/language_model.py [--short] [--text FILE]

Without FILE the text is Python's own reference, which comes with it (`pydoc_data`). The test is on
the last tenth of the text: perplexity, which is how many letters the model wavers between, against
guesses from the frequency of letters and of pairs of letters.
"""

from __future__ import annotations

import argparse
from pydoc_data.topics import topics

import numpy as np

import tidefall as tf

keras = tf.keras
layers = keras.layers

LENGTH, WIDTH, HEADS, BATCH = 32, 64, 4, 16


class Block(layers.Layer):
    """Attention to what came before, then two dense layers, each added to its input."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.attention = layers.MultiHeadAttention(HEADS, WIDTH // HEADS)
        self.dense = keras.Sequential([layers.Dense(4 * WIDTH, "gelu"), layers.Dense(WIDTH)])
        self.before_attention = layers.LayerNormalization()
        self.before_dense = layers.LayerNormalization()

    def call(self, x):
        y = self.before_attention(x)
        x = x + self.attention(y, y, use_causal_mask=True)
        return x + self.dense(self.before_dense(x))


class Positions(layers.Layer):
    """Adds a vector for each place in the sequence."""

    def build(self, shape):
        self.places = self.add_weight(shape=shape[1:], initializer="random_normal")

    def call(self, x):
        return x + self.places


def build_model(letters: int) -> keras.Model:
    """From letters `[batch, LENGTH]` to logits of the next one, at each place."""
    return keras.Sequential(
        [
            keras.Input((LENGTH,), dtype="int32"),
            layers.Embedding(letters, WIDTH),
            Positions(),
            Block(),
            Block(),
            layers.LayerNormalization(),
            layers.Dense(letters),
        ]
    )


def sequences(codes: np.ndarray, step: int) -> tf.data.Dataset:
    """Pairs of LENGTH letters and the letters one place on, every `step` letters."""
    whole = np.lib.stride_tricks.sliding_window_view(codes, LENGTH + 1)[::step]
    return tf.data.Dataset.from_tensor_slices(whole).map(lambda text: (text[:-1], text[1:]))


def write(model: keras.Model, start: list[int], count: int) -> list[int]:
    """`count` letters after `start`, drawn from what the model gives."""
    logits_of = tf.function(lambda codes: model(codes, training=False))
    text = list(start)
    chance = np.random.default_rng(1)
    for _ in range(count):
        recent = np.array(text[-LENGTH:])
        padded = np.pad(recent, (0, LENGTH - len(recent)))[np.newaxis]
        logits = logits_of(padded)[0, len(recent) - 1]
        text.append(int(chance.choice(len(logits), p=tf.nn.softmax(1.2 * logits).numpy())))
    return text[len(start) :]


def guesses(train: np.ndarray, test: np.ndarray, letters: int) -> tuple[float, float]:
    """Perplexity of the test by the frequency of letters, and of pairs of letters, in training."""
    single = np.bincount(train, minlength=letters) + 1.0
    pairs = np.ones((letters, letters))
    np.add.at(pairs, (train[:-1], train[1:]), 1)
    by_letter = np.log(single / single.sum())[test[1:]]
    by_pair = np.log(pairs / pairs.sum(1, keepdims=True))[test[:-1], test[1:]]
    return float(np.exp(-by_letter.mean())), float(np.exp(-by_pair.mean()))


def main() -> None:
    """Train, test, write."""
    parser = argparse.ArgumentParser(description="A language model of letters.")
    parser.add_argument("--short", action="store_true", help="less text, fewer epochs")
    parser.add_argument("--text", default=None, help="a text file to learn from")
    arguments = parser.parse_args()
    size, epochs, allowed = (60_000, 2, 0.8) if arguments.short else (200_000, 3, 0.5)
    keras.utils.set_random_seed(1)

    if arguments.text:
        with open(arguments.text, encoding="utf-8") as file:
            text = file.read()
    else:
        text = "\n\n".join(topics[name] for name in sorted(topics))
    alphabet = sorted(set(text[:size]))
    codes = np.array([alphabet.index(letter) for letter in text[:size]], np.int32)
    train, test = codes[: int(0.9 * len(codes))], codes[int(0.9 * len(codes)) :]

    model = build_model(len(alphabet))
    batches = (
        sequences(train, LENGTH // 2).shuffle(20_000, seed=1).batch(BATCH, drop_remainder=True)
    )
    steps = epochs * len(batches)
    schedule = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=4e-3, warmup_steps=steps // 10
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.AdamW(schedule, clipnorm=1.0), loss)
    model.fit(batches.prefetch(2), epochs=epochs, shuffle=False, verbose=2)
    perplexity = float(np.exp(model.evaluate(sequences(test, LENGTH).batch(BATCH), verbose=0)))

    by_letter, by_pair = guesses(train, test, len(alphabet))
    start = [alphabet.index(letter) for letter in "The "]
    print("The " + "".join(alphabet[code] for code in write(model, start, 120)))
    print(f"perplexity {perplexity:.2f}; by letter {by_letter:.2f}, by pair {by_pair:.2f}")
    if not perplexity <= allowed * by_pair:
        raise SystemExit(f"It should be at most {allowed} times that by pair.")


if __name__ == "__main__":
    main()
