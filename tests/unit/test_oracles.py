"""UTF-8 and JSON against Python's, which nobody here wrote."""

import json
import os
import random
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ORACLE = ROOT / os.environ.get("BUILD", "build") / "tests/unit/oracle"
EDGES = [0x00, 0x22, 0x41, 0x5C, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF]
EDGES += [0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF]


def ask(mode, inputs):
    lines = "".join(data.hex() + "\n" for data in inputs)
    ran = subprocess.run([ORACLE, mode], input=lines, text=True, capture_output=True, check=True)
    assert ran.stderr == ""
    answers = ran.stdout.split("\n")[:-1]
    assert len(answers) == len(inputs)
    return answers


def all_sequences():
    yield from (bytes([a]) for a in range(256))
    yield from (bytes([a, b]) for a in range(256) for b in range(256))
    yield from (bytes([a, b, c]) for a in EDGES for b in EDGES for c in EDGES)
    chance = random.Random(1)
    for _ in range(20000):
        yield bytes(chance.choice(EDGES) for _ in range(chance.randrange(4, 12)))


def test_text_becomes_what_python_reads_with_replacement():
    inputs = list(all_sequences())
    for data, answer in zip(inputs, ask("text", inputs)):
        text = json.loads(bytes.fromhex(answer).decode("utf-8", "strict"))
        assert text == data.decode("utf-8", "replace").replace("\0", "\ufffd"), data


def is_object(data):
    def refuse(word):
        raise ValueError(word)

    try:
        return isinstance(json.loads(data.decode("utf-8"), parse_constant=refuse), dict)
    except ValueError:  # UnicodeDecodeError and JSONDecodeError are ones
        return False


SEEDS = [
    b"{}",
    b' {"a": [1, -0.5e+10, true, false, null, "x\\u00e9\\n", {}, []], "b": {"c": ""}} \n',
    b'{"\\ud83d\\ude00\\ud83d": "\xc3\xa9\xf0\x9f\x98\x80", "n": 0, "m": [[[]]], "e": 1E5}',
    b'{"a":NaN,"b":Infinity,"c":-Infinity}',
    b'{"a":1.0e-7,"b":-0,"c":"\\/\\b\\f\\r\\t\\"\\\\"}',
]
PIECES = [b"{", b"}", b"[", b"]", b",", b":", b'"', b"\\", b"\\u12", b"0", b"1", b"-", b".", b"e"]
PIECES += [b"+", b"true", b"null", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\x00", b"\x1f", b" ", b"\n"]
PIECES += [b"\x0b", b"\xef\xbb\xbf", b"\\x", b'"a"', b'"a":', b"\xc2\xa0", b"\x7f"]


def changed(chance, data):
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(data) + 1)
        end = min(len(data), at + chance.randrange(3))
        data = data[:at] + chance.choice([b"", *PIECES]) + data[end:]
    return data


def mutations():
    chance = random.Random(2)
    for seed in SEEDS:
        yield seed
        yield from (seed[:n] for n in range(len(seed)))
        yield from (changed(chance, seed) for _ in range(8000))
    for _ in range(20000):
        yield b"{" + b"".join(chance.choice(PIECES) for _ in range(chance.randrange(8))) + b"}"


def test_objects_are_the_ones_that_python_reads():
    inputs = list(mutations())
    good = 0
    for data, answer in zip(inputs, ask("check", inputs)):
        good += answer == "ok"
        assert (answer == "ok") == is_object(data), (data, answer)
    assert good > 1000  # the mutations leave both sides something to do


@pytest.mark.parametrize("depth, fine", [(511, True), (512, False)])
def test_depth_is_ours_to_limit(depth, fine):
    data = b'{"a":' + b"[" * depth + b"]" * depth + b"}"
    assert (ask("check", [data]) == ["ok"]) == fine
