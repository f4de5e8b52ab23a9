"""cost.py COMMAND...: runs a command whose last word is KIND-SIZE.rpol, and prints kind, size, the lines
that are read, the microseconds of CPU it took and the kibibytes it had at most: 0 when those are fewer than
this program's own, which it begins with."""
import os
import pathlib
import resource
import sys

path = pathlib.Path(sys.argv[-1])
quiet = [(os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0)]
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
_, status, used = os.wait4(child, 0)
if status:
    sys.exit(f"{' '.join(sys.argv[1:])} failed")
kind, size = path.stem.split("-")
files = [path, path.with_suffix(".txt")]
lines = sum(file.read_text().count("\n") for file in files if file.exists())
memory = used.ru_maxrss if used.ru_maxrss > resource.getrusage(resource.RUSAGE_SELF).ru_maxrss else 0
print(kind, size, lines, round((used.ru_utime + used.ru_stime) * 1e6), memory)
