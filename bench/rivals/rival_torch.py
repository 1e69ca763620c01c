"""torch fills tensors that it has already, on the CPU or on a GPU."""
import common

args = common.arguments()
common.limit_threads(args.threads)
import torch  # noqa: E402

torch.set_num_threads(args.threads)
rival = common.Rival("torch", torch.__version__, args, "in place: uniform_, normal_, fill_")


def finished(fill):
    """A GPU works on when the call returns."""
    def run():
        answer = fill()
        if args.device == "cuda":
            torch.cuda.synchronize()
        return answer
    return run


for dtype in common.DTYPES:
    tensor = torch.zeros(args.values, dtype=getattr(torch, dtype), device=args.device)
    for kind, run in (("constant", lambda: tensor.fill_(common.CONSTANT)),
                      ("uniform", lambda: tensor.uniform_(-common.SCALE, common.SCALE)),
                      ("normal", lambda: tensor.normal_(0, common.SIGMA))):
        rival.time(kind, dtype, args.values, tensor.element_size(), finished(run), lambda t: t[:1 << 20].cpu().double().numpy())
    del tensor
rival.write()
