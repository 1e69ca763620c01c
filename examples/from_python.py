"""Fills arrays where they lie, from Python, by the C library: anything that has __dlpack__, such as NumPy's arrays and the
tensors of torch and CuPy, on the CPU or on a GPU.

    python3 from_python.py            # a NumPy array
    python3 from_python.py torch      # a torch model

libfanin has to be where the loader finds it (LD_LIBRARY_PATH, or ldconfig).
"""
import ctypes
import sys

lib = ctypes.CDLL("libfanin.so.0.1")
lib.fanin_last_error.restype = ctypes.c_char_p
pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
pointer_of.restype, pointer_of.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]


class Desc(ctypes.Structure):
    """fanin_desc."""
    _fields_ = [("size", ctypes.c_size_t), ("name", ctypes.c_char_p), ("attrs", ctypes.c_void_p), ("n_attrs", ctypes.c_size_t),
                ("global_init", ctypes.c_void_p), ("rule", ctypes.c_int), ("global_shape", ctypes.POINTER(ctypes.c_int64)),
                ("offset", ctypes.POINTER(ctypes.c_int64)), ("rules", ctypes.c_void_p)]


class Options(ctypes.Structure):
    """fanin_options, as far as it is used here: what a shorter size leaves out has its default."""
    _fields_ = [("size", ctypes.c_size_t), ("seed", ctypes.c_uint64), ("contract", ctypes.c_int), ("threads", ctypes.c_int),
                ("cuda_stream", ctypes.c_void_p)]


def check(status):
    if status != 0:
        raise ValueError(lib.fanin_last_error().decode())


def numbers(values):
    return (ctypes.c_int64 * len(values))(*values)


def fill(tensors, init="xavier", rules=None, seed=0, stream=None):
    """Fills tensors in one pass: pairs (name, tensor), as dict.items() has them, or (name, tensor, global shape, offset) for one
    that is a part of a larger parameter; of one name there may be many parts. init: a name or JSON; it fills names that end in
    "weight". rules: JSON, a list of [pattern, initializer]. stream: the CUDA stream's address, for tensors on one GPU
    (torch.cuda.current_stream().cuda_stream). Raises ValueError, and fills nothing, where a name, shape or dtype does not fit."""
    initializer, pairs, plan = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
    kept = []  # memory that the plan borrows
    try:
        check(lib.fanin_create(init.encode(), ctypes.byref(initializer)))
        if rules is not None:
            check(lib.fanin_rules_create(rules.encode(), ctypes.byref(pairs)))
        check(lib.fanin_plan_create(ctypes.byref(plan)))
        for name, tensor, *box in tensors:
            capsule = tensor.__dlpack__()
            kept.append(capsule)
            desc = Desc(ctypes.sizeof(Desc), name.encode(), rules=pairs)
            if box:
                desc.global_shape, desc.offset = numbers(box[0]), numbers(box[1])
            check(lib.fanin_plan_add(plan, initializer, ctypes.byref(desc), ctypes.c_void_p(pointer_of(capsule, b"dltensor"))))
        options = Options(ctypes.sizeof(Options), seed, cuda_stream=stream)
        check(lib.fanin_plan_run(plan, ctypes.byref(options)))
    finally:
        lib.fanin_plan_free(plan)
        lib.fanin_rules_free(pairs)
        lib.fanin_release(initializer)


def main():
    if sys.argv[1:] == ["torch"]:
        import torch
        model = torch.nn.TransformerEncoderLayer(64, 4, device="cuda" if torch.cuda.is_available() else "cpu")
        # Parameters ask for gradients, and those have no __dlpack__.
        fill(((name, tensor.detach()) for name, tensor in model.named_parameters()), seed=42,
             rules='[[".*norm.*weight", "one"], [".*weight", ["normal", {"sigma": 0.02}]]]')
        print({name: round(float(tensor.detach().std()), 4) for name, tensor in model.named_parameters()})
    else:
        import numpy
        weights = numpy.empty((128, 784), numpy.float32)
        fill([("fc1_weight", weights)], '["xavier", {"factor_type": "in", "magnitude": 2}]')
        print("%.6f %.6f %.6f" % (weights[0, 0], weights[0, 1], weights[127, 783]))


if __name__ == "__main__":
    main()
