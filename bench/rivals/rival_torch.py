"""torch fills tensors that it has already, on the CPU or on a GPU."""
import common

args = common.arguments()
common.limit_threads(args.threads)
import torch  # noqa: E402

torch.set_num_threads(args.threads)
rival = common.Rival("torch", torch.__version__, args, "in place: uniform_, normal_, fill_; its random numbers are made by one thread, "
                     "whatever the number")


# A GPU works on when a call returns: many are queued, so that what the host does for them is not counted.
calls = 20 if args.device == "cuda" else 1


def finished(fill):
    def run():
        for _ in range(calls):
            answer = fill()
        if args.device == "cuda":
            torch.cuda.synchronize()
        return answer
    return run


for dtype in common.DTYPES:
    size = getattr(torch, dtype).itemsize
    # On a GPU as many bytes of each dtype, as fanin's fills there: rates depend on them.
    values = args.values * 4 // size if args.device == "cuda" else args.values
    tensor = torch.zeros(values, dtype=getattr(torch, dtype), device=args.device)
    for kind, run in (("constant", lambda: tensor.fill_(common.CONSTANT)),
                      ("uniform", lambda: tensor.uniform_(-common.SCALE, common.SCALE)),
                      ("normal", lambda: tensor.normal_(0, common.SIGMA))):
        rival.time(kind, dtype, values, size, finished(run), lambda t: t[:1 << 20].cpu().double().numpy(), calls)
    del tensor
rival.write()
