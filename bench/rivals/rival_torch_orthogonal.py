"""How long torch.nn.init.orthogonal_ takes for square float32 matrices on a GPU: the same sizes and lines as
bench_cuda_orthogonal.   rival_torch_orthogonal.py [MOST]     Exit status 77, and why, where it cannot run."""
import sys
import time

REPEATS = 7


def main():
    most = int(sys.argv[1]) if len(sys.argv) > 1 else 8192
    try:
        import torch
    except ImportError as error:
        print(f"skipped: {error}")
        return 77
    if not torch.cuda.is_available():
        print("skipped: torch finds no GPU")
        return 77
    print(f"{torch.cuda.get_device_name(0)}, torch {torch.__version__}, CUDA {torch.version.cuda}")
    rows = 256
    while rows <= most:
        tensor = torch.empty(rows, rows, device="cuda")
        seconds = []
        for repeat in range(-1, REPEATS):
            torch.cuda.synchronize()
            begin = time.perf_counter()
            torch.nn.init.orthogonal_(tensor)
            torch.cuda.synchronize()
            if repeat >= 0:
                seconds.append(time.perf_counter() - begin)
            else:
                error = (tensor.double() @ tensor.double().T - torch.eye(rows, device="cuda")).abs().max().item()
                if not error <= 64 * 2**-23 * rows**0.5:
                    sys.exit(f"torch: the matrix of {rows} rows is not orthogonal: it departs by {error}")
        best, median, worst = (1e3 * t for t in (min(seconds), sorted(seconds)[REPEATS // 2], max(seconds)))
        print(f"torch {'qr':5} float32 {rows:6} rows {best:10.3f} ms best {median:10.3f} median {worst:10.3f} worst", flush=True)
        rows *= 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
