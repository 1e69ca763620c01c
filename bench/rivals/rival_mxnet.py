"""MXNet fills arrays that it has already; bilinear is its initializer."""
import common

args = common.arguments()
common.limit_threads(args.threads)
import mxnet  # noqa: E402
import numpy  # noqa: E402

rival = common.Rival("mxnet", mxnet.__version__, args, "in place: random.uniform and random.normal with out=; no bfloat16")
for dtype in ("float32", "float64", "float16"):
    array = mxnet.nd.zeros((args.values,), dtype=dtype)
    array.wait_to_read()

    def constant():
        array[:] = common.CONSTANT
        array.wait_to_read()
        return array

    def uniform():
        mxnet.nd.random.uniform(-common.SCALE, common.SCALE, shape=array.shape, dtype=dtype, out=array)
        array.wait_to_read()
        return array

    def normal():
        mxnet.nd.random.normal(0, common.SIGMA, shape=array.shape, dtype=dtype, out=array)
        array.wait_to_read()
        return array

    for kind, run in (("constant", constant), ("uniform", uniform), ("normal", normal)):
        rival.time(kind, dtype, args.values, numpy.dtype(dtype).itemsize, run,
                   lambda a: a[:1 << 20].asnumpy().astype(numpy.float64))

filters = mxnet.nd.zeros(common.BILINEAR)


def bilinear():
    mxnet.init.Bilinear()(mxnet.init.InitDesc("up_weight"), filters)
    filters.wait_to_read()
    return filters


rival.time("bilinear", "float32", filters.size, 4, bilinear, lambda a: a.asnumpy().astype(numpy.float64))
rival.write()
