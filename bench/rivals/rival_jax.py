"""JAX makes arrays with compiled functions, in the memory of an array that it is given; the compilation is not timed."""
import sys

import common

args = common.arguments()
common.limit_threads(args.threads)
common.limit_processors(args.threads)
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy  # noqa: E402

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)
rival = common.Rival("jax", jax.__version__, args, "compiled, into the memory of a donated array; the default generator (threefry2x32); "
                     "threads limited by the processors that the process may use")
key = jax.random.key(42)
for dtype in common.DTYPES:
    kind_of = jnp.dtype(dtype)
    shape = (args.values,)
    functions = {
        "constant": lambda k, out: jnp.full(shape, common.CONSTANT, kind_of),
        "uniform": lambda k, out: jax.random.uniform(k, shape, kind_of, -common.SCALE, common.SCALE),
        "normal": lambda k, out: jax.random.normal(k, shape, kind_of) * jnp.asarray(common.SIGMA, kind_of),
    }
    for kind, function in functions.items():
        compiled = jax.jit(function, donate_argnums=1, keep_unused=True)
        held = [jnp.zeros(shape, kind_of)]
        place = held[0].unsafe_buffer_pointer()

        def run():
            held[0] = compiled(key, held[0]).block_until_ready()
            if held[0].unsafe_buffer_pointer() != place:
                sys.exit("jax: the answer is not in the donated array's memory")
            return held[0]

        rival.time(kind, dtype, args.values, kind_of.itemsize, run, lambda a: numpy.asarray(a[:1 << 20]).astype(numpy.float64))
        del held, run
rival.write()
