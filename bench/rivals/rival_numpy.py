"""NumPy fills arrays that it has already: Generator (PCG64) into `out`, then scaled in place."""
import common

args = common.arguments()
common.limit_threads(args.threads)
import numpy  # noqa: E402

rival = common.Rival("numpy", numpy.__version__, args, "in place: Generator(PCG64) with out=, then *= and -=; a single thread; "
                     "float16 by way of float32, in pieces that fit the cache; no bfloat16")
generator = numpy.random.default_rng(42)


def uniform(array):
    generator.random(dtype=array.dtype, out=array)
    array *= 2 * common.SCALE
    array -= common.SCALE
    return array


def normal(array):
    generator.standard_normal(dtype=array.dtype, out=array)
    array *= common.SIGMA
    return array


piece = numpy.zeros(1 << 16, numpy.float32)


def pieces(array, fill):
    for i in range(0, array.size, piece.size):
        array[i:i + piece.size] = fill(piece)
    return array


def constant(array):
    array.fill(common.CONSTANT)
    return array


for dtype in ("float32", "float64", "float16"):
    array = numpy.zeros(args.values, dtype)
    half = dtype == "float16"
    for kind, run in (("constant", lambda: constant(array)),
                      ("uniform", lambda: pieces(array, uniform) if half else uniform(array)),
                      ("normal", lambda: pieces(array, normal) if half else normal(array))):
        rival.time(kind, dtype, args.values, array.itemsize, run, lambda a: a[:1 << 20].astype(numpy.float64))
    del array
rival.write()
