"""NumPy fills arrays that it has already: Generator (PCG64) into `out`, then scaled in place, in pieces that fit the cache. With
several threads each has a part and a generator of its own, as NumPy's manual has it ("Multithreaded generation")."""
import concurrent.futures

import common

args = common.arguments()
common.limit_threads(args.threads)
import numpy  # noqa: E402

PIECE = 1 << 15  # elements

rival = common.Rival("numpy", numpy.__version__, args, "in place, in pieces that fit the cache: Generator(PCG64) with out=, then *= and "
                     "-=; a generator and a part of the array for each thread; float16 by way of float32; no bfloat16")
generators = [numpy.random.Generator(numpy.random.PCG64(seed)) for seed in numpy.random.SeedSequence(42).spawn(args.threads)]
executor = concurrent.futures.ThreadPoolExecutor(args.threads)


def uniform(generator, piece):
    generator.random(dtype=piece.dtype, out=piece)
    piece *= 2 * common.SCALE
    piece -= common.SCALE


def normal(generator, piece):
    generator.standard_normal(dtype=piece.dtype, out=piece)
    piece *= common.SIGMA


def constant(generator, piece):
    piece.fill(common.CONSTANT)


def fill_part(fill, generator, part):
    if fill is constant:
        fill(generator, part)
        return
    floats = numpy.empty(PIECE, numpy.float32)
    for i in range(0, part.size, PIECE):
        piece = part[i:i + PIECE]
        if part.dtype == numpy.float16:
            fill(generator, floats[:piece.size])
            piece[:] = floats[:piece.size]
        else:
            fill(generator, piece)


def filled(fill, array):
    if args.threads == 1:
        fill_part(fill, generators[0], array)
    else:
        list(executor.map(fill_part, [fill] * args.threads, generators, numpy.array_split(array, args.threads)))
    return array


for dtype in ("float32", "float64", "float16"):
    array = numpy.zeros(args.values, dtype)
    for fill in (constant, uniform, normal):
        rival.time(fill.__name__, dtype, args.values, array.itemsize, lambda: filled(fill, array),
                   lambda a: a[:1 << 20].astype(numpy.float64))
    del array
rival.write()
