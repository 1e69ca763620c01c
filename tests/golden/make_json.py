#!/usr/bin/env python3
"""Writes tests/data/json: what Python makes of numbers and JSON texts. Needs Python 3.8 or newer, nothing else.

numbers.txt   "TYPE BITS TEXT": the shortest decimal of a value, by repr for doubles and by exact rational arithmetic for the
              narrower types; "read BITS TEXT": the double that a decimal rounds to; "all TYPE HASH": FNV-1a (64 bits) of the
              texts of all 65536 values of a 16-bit type in order, a newline after each.
print.txt     a JSON text, a tab, what json.dumps makes of json.loads of it.
grammar.txt   "1" or "0", a blank, a text in hexadecimal: is it JSON as json.loads reads it strictly?
"""
import json
import math
import pathlib
import random
import struct
from fractions import Fraction

OUT = pathlib.Path(__file__).resolve().parent.parent / "data" / "json"
MAX_DEPTH = 64


# ---- numbers ----


def layout(negative, digits, exponent, value):
    """NumPy's text of a value whose shortest decimal is digits[0].digits[1:] * 10**exponent. The value itself tells whether
    there is an exponent: float32's 1e-4 is below that."""
    sign = "-" if negative else ""
    digits = digits.rstrip("0") or "0"
    if value < Fraction(1, 10**4) or value >= 10**16:
        return "%s%s%se%s%02d" % (sign, digits[0], "." + digits[1:] if digits[1:] else "", "+-"[exponent < 0], abs(exponent))
    if exponent < 0:
        return sign + "0." + "0" * (-exponent - 1) + digits
    digits = digits.ljust(exponent + 1, "0")
    return "%s%s.%s" % (sign, digits[: exponent + 1], digits[exponent + 1 :] or "0")


def value_of(bits, exponent_bits, fraction_bits):
    """The magnitude as a fraction, and the next one below and above without an end to the range."""
    bias = (1 << exponent_bits - 1) - 1

    def number(code):
        exponent, fraction = code >> fraction_bits, code & ((1 << fraction_bits) - 1)
        if exponent == 0:
            return Fraction(fraction) * Fraction(2) ** (1 - bias - fraction_bits)
        return Fraction(fraction | 1 << fraction_bits) * Fraction(2) ** (exponent - bias - fraction_bits)

    return number(bits), number(bits - 1), number(bits + 1)


def shortest(bits, exponent_bits, fraction_bits):
    top = 1 << exponent_bits + fraction_bits
    negative, magnitude = bits >= top, bits % top
    infinity = top - (1 << fraction_bits)
    if magnitude > infinity:
        return "nan"
    if magnitude == infinity:
        return "-inf" if negative else "inf"
    if magnitude == 0:
        return "-0.0" if negative else "0.0"
    value, below, above = value_of(magnitude, exponent_bits, fraction_bits)
    low, high, even = (below + value) / 2, (value + above) / 2, magnitude % 2 == 0
    exponent = math.floor(math.log10(value.numerator) - math.log10(value.denominator))
    while Fraction(10) ** (exponent + 1) <= value:
        exponent += 1
    while Fraction(10) ** exponent > value:
        exponent -= 1
    for count in range(1, 20):
        unit = Fraction(10) ** (exponent - count + 1)
        floor = value // unit
        fitting = [n for n in (floor, floor + 1) if low < n * unit < high or (even and n * unit in (low, high))]
        if fitting:
            best = min(fitting, key=lambda n: (abs(n * unit - value), n % 2))
            digits = str(best)
            return layout(negative, digits, exponent + len(digits) - count, value)
    raise AssertionError


def fnv(text):
    state = 0xCBF29CE484222325
    for byte in text.encode():
        state = (state ^ byte) * 0x100000001B3 % 2**64
    return state


def double_bits(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


def from_bits(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def numbers():
    rng = random.Random(1)
    doubles = [double_bits(x) for x in (
        0.0, -0.0, 1.0, -1.0, 3.0, 0.1, 0.07, 1.414, 2.34, 0.0001, 0.00001, 1e-5, 123456789.0, 1e15, 1e16, 123456789012345678.0,
        9007199254740992.0, 9007199254740993.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 1e22, 1e23, 9.5e-3,
        math.pi, math.e, 2.0**-44, 2.0**-1074, 2.0**-1022, 9999999999999998.0, 99999.99999999999, 1 / 3, math.inf, -math.inf)]
    doubles += [double_bits(2.0**e) for e in range(-1074, 1024, 7)]
    doubles += [rng.getrandbits(64) for _ in range(600)]
    doubles += [double_bits(rng.randrange(10**k) / 10 ** rng.randrange(k + 1)) for k in range(1, 20) for _ in range(10)]
    lines = ["f64 %016x %s" % (bits, repr(from_bits(bits))) for bits in doubles]
    for bits in doubles[:300]:
        if math.isfinite(from_bits(bits)) and bits < 1 << 63:
            assert shortest(bits, 11, 52) == repr(from_bits(bits))

    floats = [struct.unpack("<I", struct.pack("<f", x))[0] for x in (
        0.0, -0.0, 1.0, 0.1, 3.0, 123456789.0, 0.3, 16777216.0, 1e16, 9.9e15, 3.4028234e38, 1e-45, 1.17549435e-38, 0.0001, 0.00009)]
    floats += [e << 23 for e in range(1, 255, 5)] + [rng.getrandbits(32) for _ in range(500)] + [0x7F800000, 0xFF800000]
    lines += ["f32 %08x %s" % (bits, shortest(bits, 8, 23)) for bits in floats]
    for name, exponent_bits, fraction_bits in (("f16", 5, 10), ("bf16", 8, 7)):
        some = list(range(0, 65536, 331)) + [0x8000, 1, 2, 0x3FF, 0x400, 0x3C00, 0x7BFF, 0x7C00, 0xFC00, 0x7F7F, 0x7F80, 0x3F80]
        lines += ["%s %04x %s" % (name, bits, shortest(bits, exponent_bits, fraction_bits)) for bits in some]
        every = "".join(shortest(bits, exponent_bits, fraction_bits) + "\n" for bits in range(65536))
        lines.append("all %s %016x" % (name, fnv(every)))

    texts = ["0", "-0", "+0", "1", ".5", "1.", "-1.5e3", "1E5", "1e+5", "007", "0.1", "1e400", "-1e400", "1e-400", "2e-324", "3e-324",
             "2.4703282292062327e-324", "2.4703282292062328e-324", "9007199254740993", "9007199254740992.99999999999999999999",
             "1.7976931348623158e308", "1.7976931348623159e308", "0." + "0" * 400 + "1e401", "1" + "0" * 308, "1" + "0" * 309]
    for _ in range(300):
        # Halfway between two doubles, exactly and off by little: the hardest to round.
        value = abs(from_bits(rng.randrange(1 << 52, 2046 << 52)))
        middle = (Fraction(value) + Fraction(math.nextafter(value, math.inf))) / 2 if hasattr(math, "nextafter") else Fraction(value)
        scaled = middle * Fraction(10) ** 400
        if scaled.denominator == 1 and len(str(scaled.numerator)) < 620:
            texts += ["%de-400" % (scaled.numerator + d) for d in (0, 1)]
        texts.append("%d.%de%d" % (rng.randrange(10**6), rng.randrange(10**12), rng.randrange(-300, 290)))
    lines += ["read %016x %s" % (double_bits(float(text)), text) for text in texts]
    return lines


# ---- texts ----


def random_string(rng):
    alphabet = ["a", "B", "0", "_", " ", "/", '"', "\\", "\b", "\f", "\n", "\r", "\t", "\x01", "\x1f", "\x7f", "\x80", "é", "ß", "重",
                "\u2028", "\ufffd", "\U0001f600", "\U0010ffff"]
    return "".join(rng.choice(alphabet) for _ in range(rng.randrange(7)))


def random_number_text(rng):
    kind = rng.randrange(5)
    if kind == 0:
        return str(rng.randrange(-(10**rng.randrange(1, 25)), 10**5))
    if kind == 1:
        return rng.choice(["0", "-0", "-0.0", "3.0", "1E2", "1e16", "1e-5", "1.50", "0.0001", "100000000000000000000.0", "12e-1"])
    if kind == 2:
        return repr(from_bits(rng.getrandbits(63) % (2046 << 52)))
    if kind == 3:
        return "%d.%03d" % (rng.randrange(1000), rng.randrange(1000))
    return "%de%d" % (rng.randrange(-9999, 9999), rng.randrange(-30, 30))


def random_text(rng, depth):
    def blank():
        return rng.choice(["", "", "", " ", "  "])

    kind = rng.randrange(8) if depth < 4 else rng.randrange(6)
    if kind < 2:
        return blank() + random_number_text(rng) + blank()
    if kind < 4:
        string = random_string(rng)
        return blank() + json.dumps(string, ensure_ascii=rng.random() < 0.5) + blank()
    if kind < 6:
        return blank() + rng.choice(["true", "false", "null", "[]", "{}"]) + blank()
    if kind == 6:
        return blank() + "[" + ",".join(random_text(rng, depth + 1) for _ in range(rng.randrange(1, 5))) + "]" + blank()
    keys = {random_string(rng) for _ in range(rng.randrange(1, 5))}
    members = ",".join(
        blank() + json.dumps(k, ensure_ascii=rng.random() < 0.5) + blank() + ":" + random_text(rng, depth + 1) for k in sorted(keys))
    return blank() + "{" + members + "}" + blank()


class Refused(Exception):
    pass


def check(value, depth):
    if isinstance(value, str):
        if "\0" in value or any(0xD800 <= ord(c) < 0xE000 for c in value):
            raise Refused
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise Refused
    elif isinstance(value, int) and not isinstance(value, bool):
        try:
            float(value)
        except OverflowError:
            raise Refused from None
    elif isinstance(value, (list, dict)):
        if depth == MAX_DEPTH:
            raise Refused
        for item in value.values() if isinstance(value, dict) else value:
            check(item, depth + 1)
        if isinstance(value, dict):
            for key in value:
                check(key, depth)


def refuse(text):
    raise Refused


def pairs(items):
    if len({key for key, _ in items}) != len(items):
        raise Refused
    return dict(items)


def is_json(data):
    try:
        check(json.loads(data.decode("utf-8"), parse_constant=refuse, object_pairs_hook=pairs), 0)
    except (Refused, ValueError, RecursionError):
        return False
    return True


def grammar():
    rng = random.Random(3)
    texts = [b"", b" ", b"0", b"-", b"-1", b"01", b"1.", b".5", b"+1", b"0x10", b"1e", b"1e+", b"1E+2", b"1e400", b"-1e400", b"NaN",
             b"Infinity", b"-Infinity", b"\xef\xbb\xbf1", b"[1,]", b"{,}", b'{"a":1,}', b'{"a" 1}', b"{a:1}", b"{'a':1}", b"tru",
             b"truefalse", b"nul", b"True", b"1 2", b"[1 2]", b"// c\n1", b"/**/1", b'"\\u00"', b'"\\u12g4"', b'"\\ud800"', b'"\\ud800\\u0041"',
             b'"\\udc00"', b'"\\ud83d\\ude00"', b'"\\uD83D\\uDE00"', b'"\\u0000"', b'"\0"', b'"\x1f"', b'"\t"', b'"\n"', b'"\x7f"',
             b'"\\x41"', b'"\\v"', b'"\\', b'"', b'"a', b"\x00", b"1\x00", b"\xa01", b"\x0c1", b"\x0b1", b"{", b"[", b"]", b"}", b"[}", b"{]",
             b'{"a":1,"a":2}', b'{"a":1,"\\u0061":2}', b'{"a":1,"A":2}', b'{"":1,"":2}', b'{"a":{"a":1}}', b'[{"a":1},{"a":1}]',
             b'"\xc0\x80"', b'"\xe0\x80\x80"', b'"\xed\xa0\x80"', b'"\xf4\x90\x80\x80"', b'"\xf0\x80\x80\x80"', b'"\xff"', b'"\xc3"', b'"\xc3\xa9"',
             b'"\x80"', b'"\xf4\x8f\xbf\xbf"', b'"\xe2\x82"', b'"\xed\x9f\xbf"', b"[" * 64 + b"]" * 64, b"[" * 65 + b"]" * 65,
             b'{"a":' * 64 + b"1" + b"}" * 64, b'{"a":' * 65 + b"1" + b"}" * 65, b"[" * 2000, b"1" * 309, b"2" * 309, b"1" * 310,
             b"0" + b".0" * 2, b"--1", b"-a", b"- 1", b"1e5.5", b'{"a":}', b"[,1]", b"[1,,2]", b'{"a":1 "b":2}', b'{1:2}', b"\xe9", b'\\"a"']
    while len(texts) < 1300:
        data = bytearray(random_text(rng, 1).encode())
        if len(data) > 80 or not data:
            continue
        for _ in range(rng.randrange(4)):
            kind = rng.randrange(4)
            place = rng.randrange(len(data) + 1)
            byte = rng.choice(b'{}[]",:\\u0123456789-+.eEtrufalsn \n\x00\x1f\x80\xc3\xa9\xed\xf0')
            if kind == 0:
                data.insert(place, byte)
            elif place < len(data) and kind == 1:
                data[place] = byte
            elif place < len(data) and len(data) > 1:
                del data[place]
        texts.append(bytes(data))
    return ["%d %s" % (is_json(text), text.hex()) for text in texts]


def prints():
    rng = random.Random(2)
    lines = []
    while len(lines) < 300:
        text = random_text(rng, 0)
        if "\n" not in text and "\t" not in text and "\u2028" not in text and len(text) < 400:
            lines.append(text + "\t" + json.dumps(json.loads(text)))
    return lines


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for name, lines in (("numbers", numbers()), ("print", prints()), ("grammar", grammar())):
        (OUT / (name + ".txt")).write_bytes(("\n".join(lines) + "\n").encode())


main()
