"""Sound as WAV files."""

import struct
from typing import Any

from tests.oracle.spec import case, f32, program, raises, tensor

HOST = {"executors": ("eager", "host")}
SAMPLES = struct.pack("<12h", *range(-32768, 32768, 5461)[:12])
LIST = b"LIST" + struct.pack("<I", 4) + b"abcd"
LEADING = (b"JUNK", b"bext", b"iXML", b"axml", b"qlty", b"mext", b"levl", b"link")


def wav(samples: bytes = SAMPLES, **fields: Any) -> bytes:
    """A file, with fields of the header as they are or as given."""
    f = {"kind": 1, "channels": 2, "rate": 8000, "bits": 16, "size": 16, "before": b""}
    f |= {"after": b"", "riff": b"RIFF", "wave": b"WAVE", **fields}
    frame = f["channels"] * f["bits"] // 8
    frame, second = f.get("frame", frame), f.get("second", f["rate"] * frame)
    pcm = struct.pack("<HHIIHH", f["kind"], f["channels"], f["rate"], second, frame, f["bits"])
    return b"".join(
        [
            f["riff"] + bytes(4) + f["wave"] + f["before"],
            b"fmt " + struct.pack("<I", f["size"]) + pcm + bytes(f["size"] - 16) + f["after"],
            b"data" + struct.pack("<I", f.get("length", len(samples))) + samples,
        ]
    )


def decoded(contents: bytes, *args: int) -> Any:
    return case("audio.decode_wav", tensor(contents, "string"), *args, **HOST)


def refused(contents: Any, *args: int) -> Any:
    return raises(
        "audio.decode_wav", tensor(contents, "string"), *args, error="InvalidArgumentError"
    )


FILES = [
    wav(),
    wav(channels=1),
    wav(channels=3),
    wav(b""),
    wav(size=18),
    wav(rate=0),
    wav(struct.pack("<4h", -32768, 32767, 0, 1)),
    *[wav(before=name + LIST[4:]) for name in LEADING],
    wav(before=b"JUNK" + LIST[4:] + b"bext" + LIST[4:]),
    wav(after=LIST),
    wav(after=b"LIST" + struct.pack("<I", 3) + b"abc"),
    wav() + LIST,
    wav() + LIST[:-3],
]
WISHES = [(1, -1), (3, -1), (-1, 2), (-1, 9), (0, -1), (-1, 0), (1, 3), (4, 14)]
BROKEN = [
    b"",
    b"RIFF1234WAVE",
    wav(riff=b"RIFX"),
    wav(wave=b"WAVX"),
    wav(before=LIST),
    wav(before=b"junk" + LIST[4:]),
    wav(bits=8),
    wav(kind=3),
    wav(size=40),
    wav(channels=0),
    wav(second=3),
    wav(frame=3, second=32000),
    wav(after=b"LIST" + struct.pack("<I", 3) + b"abc\0"),
    wav()[:-3],
    wav()[:36],
    wav(b"1234567"),
    wav(b"123456"),
    wav() + b"xy",
    wav() + wav()[36:],
    wav(after=b"LIST" + struct.pack("<I", 2**32 - 1)),
    wav(length=2**32 - 1),
]

CASES = [
    *[decoded(file) for file in FILES],
    *[decoded(file, *wish) for file in FILES[:4] for wish in WISHES],
    *[refused(file) for file in BROKEN],
    refused([wav()]),
    refused(wav(), -2),
    refused(wav(), -1, -2),
    case("audio.encode_wav", f32(5, 2, low=-1.5, high=1.5), 16000, **HOST),
    program(
        "wav-round-trip",
        lambda tf, x: tf.audio.decode_wav(tf.audio.encode_wav(x, 44100), desired_channels=2),
        f32(4, 3, low=-1.0, high=1.0),
        **HOST,
    ),
]
