"""write_zeros.py FILE BYTES: writes zeros the way that fanin init writes weights: space reserved, 8 MiB at a time to a temporary
file, brought to the disk, renamed, its folder brought to the disk."""
import os
import sys

PIECE = 8 << 20

path, size = sys.argv[1], int(sys.argv[2])
piece, done = bytes(PIECE), 0
file = os.open(path + ".part", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
os.posix_fallocate(file, 0, size)
while done < size:
    done += os.pwrite(file, piece[:size - done] if size - done < PIECE else piece, done)
os.fsync(file)
os.close(file)
os.rename(path + ".part", path)
folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY | os.O_DIRECTORY)
os.fsync(folder)
os.close(folder)
