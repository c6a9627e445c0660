"""How high will the water be? A recurrent network that forecasts tides and the weather on them.

    python examples/forecaster.py [--short] [--cell LSTM]

The series is hourly water levels at a port: a sum of waves whose periods are known to the second
(the tides), and what wind does to them, which fades over a day or two. From the last three days a
GRU or an LSTM forecasts the next six hours. It has to be better than two simple forecasts, and
not far from one that knows tides and wind: how wind will change, no one can tell.
"""

from __future__ import annotations

import argparse

import numpy as np

import tidefall as tf

keras = tf.keras
layers = keras.layers

# Height in metres, period in hours and phase in radians of the five largest waves.
WAVES = ((1.38, 12.4206, 1.9), (0.31, 12.6583, 1.4), (0.22, 12.0, 2.6), (0.14, 23.9345, 3.5))
WAVES += ((0.11, 25.8193, 3.2),)
FADING, GUSTS = 0.96, 0.04  # wind, hour by hour: how much of it stays, and what comes in metres
DAY = 25  # hours: each day the tide comes 50 minutes later
PAST, AHEAD, BATCH = 75, 6, 32


def water_levels(hours: int) -> tuple[np.ndarray, np.ndarray]:
    """Levels `[hours]` in metres, and the part of them that is due to wind."""
    gusts = np.random.default_rng(1).normal(0, GUSTS, hours)
    wind = np.zeros(hours)
    for hour in range(1, hours):
        wind[hour] = FADING * wind[hour - 1] + gusts[hour]
    time = np.arange(hours)
    tide = sum(height * np.cos(2 * np.pi * time / period + at) for height, period, at in WAVES)
    return (tide + wind).astype(np.float32), wind


def windows(levels: np.ndarray, training: bool) -> tf.data.Dataset:
    """Pairs of the levels of three days `[batch, 75, 1]` and the next six hours `[batch, 6]`."""
    whole = keras.utils.timeseries_dataset_from_array(
        levels[:, np.newaxis], None, PAST + AHEAD, batch_size=None, shuffle=training, seed=1
    )
    pairs = whole.map(lambda x: (x[:PAST], x[PAST:, 0]))
    return pairs.batch(BATCH, drop_remainder=training).prefetch(2)


def build_model(cell: str, scale: keras.layers.Layer) -> keras.Model:
    """From the past `[batch, 75, 1]` to the future `[batch, 6]`: as a day ago, and a change."""
    past = keras.Input((PAST, 1))
    recurrent = {"GRU": layers.GRU, "LSTM": layers.LSTM}[cell]
    changes = past[:, DAY:] - past[:, :-DAY]
    change = layers.Dense(AHEAD)(recurrent(32)(scale(changes)))
    return keras.Model(past, past[:, PAST - DAY : PAST - DAY + AHEAD, 0] + change)


def main() -> None:
    """Train, and compare with forecasts that need no training."""
    parser = argparse.ArgumentParser(description="A forecaster of tides.")
    parser.add_argument("--short", action="store_true", help="a shorter series, fewer epochs")
    parser.add_argument("--cell", choices=("GRU", "LSTM"), default="GRU")
    arguments = parser.parse_args()
    hours, epochs, allowed = (3000, 6, 2.0) if arguments.short else (8760, 8, 1.85)
    keras.utils.set_random_seed(1)

    levels, wind = water_levels(hours)
    split = int(0.8 * hours)
    train, test = windows(levels[:split], training=True), windows(levels[split:], training=False)
    scale = layers.Normalization(axis=None)
    scale.adapt(levels[DAY:split] - levels[: split - DAY])

    model = build_model(arguments.cell, scale)
    schedule = keras.optimizers.schedules.CosineDecay(1e-2, epochs * len(train))
    model.compile(keras.optimizers.Adam(schedule, clipnorm=1.0), "mse", metrics=["mae"])
    model.fit(train, epochs=epochs, shuffle=False, verbose=2)

    future = np.concatenate([y for _, y in test])
    now = split + PAST - 1 + np.arange(len(future))[:, np.newaxis]
    ahead = now + 1 + np.arange(AHEAD)
    assert np.array_equal(future, levels[ahead])

    def error_of(forecast) -> float:
        return float(np.abs(forecast - future).mean())

    error = error_of(model.predict(test, verbose=0))
    naive = min(error_of(levels[now]), error_of(levels[ahead - DAY]))
    knowing = error_of(levels[ahead] - wind[ahead] + wind[now] * FADING ** (ahead - now))
    print(f"error in metres: as now {error_of(levels[now]):.4f}, as 25 hours ago {naive:.4f}")
    print(f"error {error:.4f}; knowing tides and wind {knowing:.4f}")
    print(f"ratio {error / knowing:.3f} (at most {allowed})")
    if not (error <= allowed * knowing and error <= 0.7 * naive):
        raise SystemExit("The forecasts are worse than they should be.")


if __name__ == "__main__":
    main()
