"""JAX makes new arrays with compiled functions; the compilation is not timed."""
import common

args = common.arguments()
common.limit_threads(args.threads)
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy  # noqa: E402

jax.config.update("jax_platforms", "cpu")
jax.config.update("jax_enable_x64", True)
rival = common.Rival("jax", jax.__version__, args, "new arrays, compiled, default generator; threads limited by the processors "
                     "that the process may use")
key = jax.random.key(42)
for dtype in common.DTYPES:
    kind_of = jnp.dtype(dtype)
    shape = (args.values,)
    functions = {
        "constant": jax.jit(lambda k: jnp.full(shape, common.CONSTANT, kind_of)),
        "uniform": jax.jit(lambda k: jax.random.uniform(k, shape, kind_of, -common.SCALE, common.SCALE)),
        "normal": jax.jit(lambda k: jax.random.normal(k, shape, kind_of) * jnp.asarray(common.SIGMA, kind_of)),
    }
    for kind, function in functions.items():
        rival.time(kind, dtype, args.values, kind_of.itemsize, lambda: function(key).block_until_ready(),
                   lambda a: numpy.asarray(a[:1 << 20]).astype(numpy.float64))
rival.write()
