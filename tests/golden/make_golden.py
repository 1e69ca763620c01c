#!/usr/bin/env python3
"""Known answers of the random stream, contract version 1 (docs/contract.md).

    python3 tests/golden/make_golden.py > tests/golden/contract1.txt
    python3 tests/golden/make_golden.py --check tests/golden/contract1.txt

Written from the contract's text and independent of the library: integers and fractions only, each operation rounded once by
exact rational arithmetic. Every normal number is also compared with the true value, computed with 50 digits."""

import io
import sys
from contextlib import redirect_stdout
from fractions import Fraction

import sensitive
from coefficients import COSINE, LEAST_MANTISSA, LOG, LOG_OF_2, SINE
from rational import FLOAT32, FLOAT64, FORMATS, Number, exact, power
from truth import box_muller, decimal

HEAD = """\
# Known answers of fanin's random stream, contract version 1. Made by make_golden.py; do not edit.
#
# One case a line, fields separated by one blank, no line longer than 4000 bytes. Kinds of lines:
#
#   stream NAME ID
#       NAME: a parameter's name, UTF-8 without blanks. ID: its stream, 16 hexadecimal digits.
#   block SEED STREAM BLOCK W0 W1 W2 W3
#       SEED, STREAM, BLOCK: 16 hexadecimal digits. W0 to W3: the words of the block, 8 hexadecimal digits each.
#   fill KIND DTYPE SEED NAME START COUNT A B BITS...
#       Elements START to START + COUNT - 1 (decimal, row-major in the parameter's global shape) of the parameter NAME.
#       KIND and its numbers: uniform, A low and B high; normal, A mean and B sigma (float64, as C's hexadecimal floats);
#       integer, A low and B high inclusive (decimal). DTYPE: NumPy's name. SEED: 16 hexadecimal digits.
#       BITS: COUNT elements, the bit pattern of each in 2, 4, 8 or 16 hexadecimal digits.
#   words KIND DTYPE W0 W1 W2 W3 A B BITS...
#       The elements that one block gives whose words are W0 to W3 (8 hexadecimal digits each): two of float64, else four.
#       Reaches extreme words that no known seed does. Fields as above.
#
# Through the public API, a fill line is a parameter NAME with the weight rule whatever the name, and a uniform or normal fill
# of A and B. Integers come from the name rule alone: a name that ends in "weight_quantize" has integers in [-127, 126]; lines
# with other integers are for the stream's functions. No uniform fill here is empty in its dtype.
"""

INTEGER_BITS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64, "uint8": 8, "uint16": 16, "uint32": 32, "uint64": 64}


# ---- generator and names


def philox(seed, stream, block):
    c = [block & 0xFFFFFFFF, block >> 32, stream & 0xFFFFFFFF, stream >> 32]
    k0, k1 = seed & 0xFFFFFFFF, seed >> 32
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [p1 >> 32 ^ c[1] ^ k0, p1 & 0xFFFFFFFF, p0 >> 32 ^ c[3] ^ k1, p0 & 0xFFFFFFFF]
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return c


def stream_of(name):
    h = 0xCBF29CE484222325
    for byte in name.encode("utf-8"):
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h


# ---- uniform


def unit(form, words):
    """The unit number of one word (float32) or two (float64), in (0, 1]."""
    if form is FLOAT32:
        converted = FLOAT32.round(Fraction(words[0]))
        return FLOAT32.fma(converted, power(-32), power(-33))
    z = words[0] ^ words[1] << 21
    return FLOAT64.fma(exact(z), power(-53), power(-54))


def bounds_of(form, low, high):
    """A bounded fill's numbers in the format that computes, zeros made positive."""
    low, high = form.round(Fraction(low)).value, form.round(Fraction(high)).value
    return Number(low), Number(high)


def uniform(form, words, low, high):
    low, high = bounds_of(form, low, high)
    width = form.add(high, Number(-low.value))
    value = form.fma(unit(form, words), width, low)
    return high if value.value > high.value else low if value.value < low.value else value


def inward(form, low, high):
    """The largest interval of finite numbers of a format within two float32 bounds."""

    def directed(value, up):
        if value == 0:
            return Number(value)
        step = form.step(value)
        steps = value / step
        whole = -(-steps.numerator // steps.denominator) if up else steps.numerator // steps.denominator
        result = Number(min(max(whole * step, -form.largest), form.largest), value < 0)
        assert (result.value >= value) if up else (result.value <= value)
        return result

    first, last = directed(low.value, True), directed(high.value, False)
    assert first.value <= last.value, "an empty interval"
    return first, last


def narrow(form, value, bounds):
    """A float32 value in a 16-bit format, kept within the bounds where there are any."""
    if value.value == "inf":
        return value
    result = form.round(value.value, value.negative)
    if bounds is None:
        return result
    first, last = inward(form, *bounds)
    if result.value == "inf":
        return first if result.negative else last
    return first if result.value < first.value else last if result.value > last.value else result


# ---- normal


def horner(form, polynomial, x):
    result = polynomial[-1]
    for coefficient in reversed(polynomial[:-1]):
        result = form.fma(result, x, coefficient)
    return result


def exponent_and_mantissa(form, u):
    fraction_bits = form.precision - 1
    bits = form.bits(u)
    k = (bits - LEAST_MANTISSA[form]) >> fraction_bits  # rounded down
    return k, form.from_bits(bits - (k << fraction_bits))


def minus_two_log(form, u):
    k, m = exponent_and_mantissa(form, u)
    if form is FLOAT32:
        s = form.divide(form.add(exact(1), Number(-m.value)), form.add(exact(1), m))
        p = horner(form, LOG[form], form.multiply(s, s))
        return form.fma(p, s, form.multiply(exact(k), Number(LOG_OF_2[form])))
    f = form.add(m, exact(-1))
    q = form.fma(exact(k), Number(LOG_OF_2[form]), form.multiply(f, exact(-2)))
    return form.fma(horner(form, LOG[form], f), form.multiply(f, f), q)


def sine_and_cosine_float32(word):
    """Of 2πh, h = word/2^32 less 1 where that is 1/2 or more."""
    h = FLOAT32.multiply(FLOAT32.round(Fraction(word - 2**32 if word >= 2**31 else word)), power(-32))
    y = FLOAT32.multiply(h, h)
    s = FLOAT32.multiply(horner(FLOAT32, SINE[FLOAT32], y), h)
    c = horner(FLOAT32, COSINE[FLOAT32], y)
    return FLOAT32.multiply(s, c), FLOAT32.fma(c, c, exact(-1))


def sine_and_cosine_float64(words):
    """Of π(h + n); where the integer n is odd, both change their signs."""
    z = words[0] ^ words[1] << 21
    n = (z + 2**51) // 2**52
    exact_h = Fraction(2 * (z - n * 2**52) + 1, 2**53)
    h = Number(exact_h)
    assert FLOAT64.round(exact_h).value == exact_h
    y = FLOAT64.multiply(h, h)
    s = FLOAT64.multiply(horner(FLOAT64, SINE[FLOAT64], y), h)
    c = FLOAT64.multiply(horner(FLOAT64, COSINE[FLOAT64], y), FLOAT64.fma(FLOAT64.multiply(h, exact(-4)), h, exact(1)))
    return s, c, n % 2 == 1


def normal_pair(form, radius_words, angle_words, mean, sigma):
    mean = form.round(Fraction(mean), str(mean).startswith("-"))
    sigma = form.round(Fraction(sigma))
    u = unit(form, radius_words)
    radius = form.square_root(minus_two_log(form, u))
    if form is FLOAT32:
        parts = sine_and_cosine_float32(angle_words[0])
        check_pair(form, u, angle_words, [form.multiply(radius, part) for part in parts])
        scaled = form.multiply(radius, sigma)
        return [form.fma(scaled, part, mean) for part in parts]
    sine, cosine, negate = sine_and_cosine_float64(angle_words)
    radius = Number(radius.value, negate) if radius.value == 0 else Number(-radius.value if negate else radius.value)
    pair = [form.multiply(radius, sine), form.multiply(radius, cosine)]
    check_pair(form, u, angle_words, pair)
    return [form.fma(z, sigma, mean) for z in pair]


# ---- the true values

worst = {FLOAT32: 0, FLOAT64: 0}


def check_pair(form, u, angle_words, pair):
    """u is the format's own; the angle is 2πv, v = w/2^32 or (z + 1/2)/2^53."""
    if form is FLOAT32:
        turns = Fraction(angle_words[0], 2**32)
    else:
        turns = Fraction(2 * (angle_words[0] ^ angle_words[1] << 21) + 1, 2**54)
    for z, true in zip(pair, box_muller(u.value, turns)):
        worst[form] = max(worst[form], abs(decimal(z.value) - true) / max(1, abs(true)))
    assert worst[FLOAT32] < 3e-6 and worst[FLOAT64] < 1e-15, (u.value, angle_words)


# ---- fills


def integer(word, low, high):
    return low + (word * (high - low + 1) >> 32)


def block_elements(kind, dtype, words, a, b):
    """The bit patterns of the elements that one block of words gives."""
    wide = dtype == "float64"
    form = FLOAT64 if wide else FLOAT32
    groups = [words[0:2], words[2:4]] if wide else [[w] for w in words]
    if kind == "uniform":
        values = [uniform(form, group, a, b) for group in groups]
        limits = bounds_of(FLOAT32, a, b)
    elif kind == "normal":
        limits = None
        if wide:
            values = normal_pair(form, groups[0], groups[1], a, b)
        else:
            values = normal_pair(form, groups[0], groups[1], a, b) + normal_pair(form, groups[2], groups[3], a, b)
    else:
        integers = [integer(group[0], a, b) for group in groups]
        if dtype in INTEGER_BITS:
            width = INTEGER_BITS[dtype]
            return ["%0*x" % (width // 4, v % 2**width) for v in integers]
        values = [form.round(Fraction(v)) for v in integers]
        limits = bounds_of(FLOAT32, a, b)
    target = FORMATS[dtype]
    if target.width == 16:
        values = [narrow(target, v, limits) for v in values]
    return ["%0*x" % (target.width // 4, target.bits(v)) for v in values]


def text(number):
    return number.hex() if isinstance(number, float) else str(number)


def fill(kind, dtype, seed, name, start, count, a, b):
    per_block = 2 if dtype == "float64" else 4
    stream = stream_of(name)
    out = []
    for block in range(start // per_block, (start + count - 1) // per_block + 1):
        out += block_elements(kind, dtype, philox(seed, stream, block), a, b)
    first = start % per_block
    print("fill", kind, dtype, "%016x" % seed, name, start, count, text(a), text(b), *out[first : first + count])


def words_line(kind, dtype, words, a, b):
    print("words", kind, dtype, *("%08x" % w for w in words), text(a), text(b),
          *block_elements(kind, dtype, words, a, b))


SEEDS = [0, 1, 2**32, 2**64 - 1, 0x0123456789ABCDEF]
NAMES = ["fc1_weight", "w", "transformer.h.0.attn.c_attn.weight", "rnn/l0_i2h_weight", "κανάλι_weight", "重み", "🦜.weight"]
# Around 0; the ends of blocks; 2^31 and 2^32; where the block number passes 2^31 and 2^32 (four elements a block, then two);
# 2^40; near the end of int64.
STARTS = [(0, 17), (1, 6), (2, 3), (3, 1), (1000003, 9), (2**31 - 3, 7), (2**31 + 1, 5), (2**32 - 2, 7), (2**32 + 3, 4),
          (2**33 - 3, 7), (2**33 + 5, 4), (2**34 - 5, 9), (2**40 - 1, 6), (2**40 + 2, 5), (2**62 + 1, 5), (2**63 - 6, 5)]
FLOATS = ["float32", "float64", "float16", "bfloat16"]
UNIFORMS = [(-0.07, 0.07), (0.0, 1.0), (-1.0, 1.0), (0.1, 0.2), (-0.6, -0.1), (-2.5, 1e-3), (1.0, 1.0), (-0.0, 3.0)]
NORMALS = [(0.0, 0.01), (0.0, 1.0), (-0.5, 0.02), (3.0, 2.0), (0.0, 0.1), (1.0, 0.0), (100.0, 1e-3)]


def spread(kind, numbers):
    """Every dtype at every start, the seeds, names and numbers in turn; then every seed with every name."""
    turn = 0
    for dtype in FLOATS:
        for start, count in STARTS:
            a, b = numbers[turn % len(numbers)]
            fill(kind, dtype, SEEDS[turn % len(SEEDS)], NAMES[turn % len(NAMES)], start, count, a, b)
            turn += 1
        for seed in SEEDS:
            for name in NAMES:
                a, b = numbers[turn % len(numbers)]
                fill(kind, dtype, seed, name, 4 * turn, 8, a, b)
                turn += 1
        for a, b in numbers:
            fill(kind, dtype, 1, "fc1_weight", 0, 16, a, b)


def extremes():
    # Found by search: in the stream of fc1_weight under seed 1, the elements whose word is 0, 1 or 2 (the smallest u) and at
    # least ffffff80 (u = 1), in lanes 0 and 2 where they are radii.
    for index in [7141841386, 116351760, 7742579720, 47586294, 130694056, 17957376]:
        for dtype in ["float32", "float16", "bfloat16"]:
            fill("normal", dtype, 1, "fc1_weight", index, 2, 0.0, 1.0)
            # The second interval's width is rounded up: u = 1 must not pass the upper bound.
            for a, b in [(0.0, 1.0), (-1.0, float.fromhex("0x1.8p-24")), (-0.1, 0.1)]:
                fill("uniform", dtype, 1, "fc1_weight", index, 2, a, b)
    # Numbers at the edges of the formats: 16-bit bounds are rounded inward, a zero keeps the sign of its bound.
    for dtype, cases in {
        "float16": [(-65504.0, 65504.0), (65500.0, 65510.0), (-1e-9, 1e-9), (-1e-9, 3e-8), (-2e-7, 2e-7), (0.0, 1e-7),
                    (0.33325, 0.3335), (-6e-5, 7e-5)],
        "bfloat16": [(-3e38, 3e37), (-1e-40, 1e-40), (-1e-45, 5e-41), (0.0, 3e-39), (1.0, 1.01), (-0.3, -0.297)],
        "float32": [(-3e38, 3e37), (-1e-40, 1e-40), (-1e-45, 1e-45), (1.0, 1.0 + 2.0**-23), (-1e-38, 2e-38), (1e9, 2e9)],
        "float64": [(-8e307, 8e307), (-5e-324, 1e-323), (1.0, 1.0 + 2.0**-52), (-1e-308, 2e-308), (-0.1, 1e-18)],
    }.items():
        for a, b in cases:
            fill("uniform", dtype, 1, "fc1_weight", 0, 24, a, b)
    for dtype, cases in {
        "float16": [(0.0, 9000.0), (0.0, 1e-7), (65000.0, 50.0)],
        "bfloat16": [(0.0, 4e37), (0.0, 1e-39), (1e38, 1e30)],
        "float32": [(0.0, 4e37), (0.0, 1e-40), (1e38, 1e30), (-0.0, 1.0)],
        "float64": [(0.0, 1e307), (0.0, 5e-324), (1e300, 1e290), (-0.0, 1e-310)],
    }.items():
        for a, b in cases:
            fill("normal", dtype, 1, "fc1_weight", 0, 16, a, b)


def integers():
    turn = 0
    for dtype in FLOATS + ["int8", "int16", "int32", "int64"]:
        for start, count in STARTS:
            fill("integer", dtype, SEEDS[turn % len(SEEDS)], ["fc1_weight_quantize", "重み_weight_quantize"][turn % 2], start,
                 count, -127, 126)
            turn += 1
    for dtype, low, high in [("uint8", 0, 255), ("uint16", 0, 65535), ("uint32", 1, 2**31), ("uint64", 7, 7),
                             ("int32", -(2**31), 2**31 - 1), ("int64", -(2**31), 2**31), ("int64", -5, 5),
                             ("float64", -(2**31), 2**31), ("float32", -(2**31), 2**31), ("float32", 2**24, 2**24 + 9),
                             ("float16", -3000, 3001), ("bfloat16", -1001, 259),
                             ("bfloat16", 0, 2**31 - 1)]:
        fill("integer", dtype, 3, "fc1_weight_quantize", 0, 40, low, high)


def words():
    edges = [0, 1, 2, 0x3FFFFFFF, 0x40000000, 0x40000001, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xBFFFFFFF, 0xC0000000,
             0xC0000001, 0xFFFFFF7F, 0xFFFFFF80, 0xFFFFFFFF]
    for dtype in ["float32", "float64"]:
        for i, first in enumerate(edges):
            for j in range(0, len(edges), 2):
                block = [first, edges[j], edges[(i + j) % len(edges)], edges[(3 * i + 5 * j + 1) % len(edges)]]
                words_line("normal", dtype, block, 0.0, 1.0)
            words_line("uniform", dtype, [first, edges[-1 - i], edges[i], first], -0.3, 0.7)
            words_line("uniform", dtype, [first, first, edges[-1 - i], edges[-1 - i]], -1.0, 2.0**-60)
    # float64: z = 0, 1 and the last ones, at which u is 2^-54 and 1; angles just beside the multiples of π/2.
    ends = [(0, 0), (1, 0), (0x001FFFFF, 0xFFFFFFFF), (0x001FFFFE, 0xFFFFFFFF), (0x001FFFFC, 0xFFFFFFFF)]
    angles = [(0, 0), (0x001FFFFF, 0xFFFFFFFF)]
    for quarter in [1, 2, 3]:
        for z in [quarter * 2**51 - 1, quarter * 2**51]:
            w1 = z >> 21
            angles.append(((z ^ w1 << 21) & 0xFFFFFFFF, w1))
    for w0, w1 in ends:
        words_line("uniform", "float64", [w0, w1, w0, w1], 0.0, 1.0)
        words_line("uniform", "float64", [w0, w1, w0, w1], -1.0, float.fromhex("0x1.8p-53"))
        for w2, w3 in angles:
            words_line("normal", "float64", [w0, w1, w2, w3], 0.0, 1.0)
    for radius in sensitive.FLOAT32_RADII:
        words_line("normal", "float32", [radius, sensitive.FLOAT32_ANGLE, radius, 0], 0.0, 1.0)
    for turn in sensitive.FLOAT32_ANGLES:
        words_line("normal", "float32", [0, turn, 1, turn], 0.0, 1.0)
    for radius in sensitive.FLOAT64_RADII:
        words_line("normal", "float64", [*radius, *sensitive.FLOAT64_ANGLE], 0.0, 1.0)
    for turn in sensitive.FLOAT64_ANGLES:
        words_line("normal", "float64", [0, 0, *turn], 0.0, 1.0)
    # Numbers so large that elements overflow the dtype: bounds keep them finite, normal numbers become infinite.
    block = philox(1, stream_of("fc1_weight"), 0)
    for kind, dtype, a, b in [("uniform", "float16", -70000.0, 70000.0), ("uniform", "float16", 65500.0, 66000.0),
                              ("integer", "float16", -100000, 100000), ("normal", "float16", 0.0, 90000.0), ("normal", "float16", 65504.0, 20.0),
                              ("normal", "bfloat16", 3.39e38, 1e36), ("normal", "float64", -0.0, 1.7e308)]:
        words_line(kind, dtype, block, a, b)
    for w in edges:
        words_line("integer", "int64", [w, w ^ 1, w, w], -(2**31), 2**31)
        words_line("integer", "int8", [w, w ^ 1, w ^ 2, w ^ 0x01020304], -127, 126)


def main():
    print(HEAD, end="")
    for name in NAMES + ["fc1_weight_quantize", "重み_weight_quantize", "a", "foobar"]:
        print("stream", name, "%016x" % stream_of(name))
    for seed in SEEDS:
        for name in NAMES[:3]:
            for block in [0, 1, 2**32 - 1, 2**32, 2**61 - 1]:
                stream = stream_of(name)
                print("block", "%016x" % seed, "%016x" % stream, "%016x" % block,
                      *("%08x" % w for w in philox(seed, stream, block)))
    spread("uniform", UNIFORMS)
    spread("normal", NORMALS)
    extremes()
    integers()
    words()
    print("normal: worst errors %.2e (float32), %.2e (float64)" % (worst[FLOAT32], worst[FLOAT64]), file=sys.stderr)


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--check":
        with redirect_stdout(io.StringIO()) as made:
            main()
        with open(sys.argv[2], encoding="utf-8") as file:
            sys.exit(0 if file.read() == made.getvalue() else sys.argv[2] + " is not what the contract gives")
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    main()
