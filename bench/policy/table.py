"""Samples `TOOL COUNT MILLISECONDS FOUND` to a table with ratios to this project's own time."""

import statistics
import sys
from collections import defaultdict

times = defaultdict(list)
found = {}
for line in sys.stdin:
    tool, count, took, seen = line.rstrip("\n").split("\t")
    times[int(count), tool].append(int(took))
    found[int(count), tool] = seen

print(f"{'workloads':>9}  {'tool':<9} {'median':>9}  {'each':>9}  {'ratio':>6}  refused")
for (count, tool), samples in sorted(times.items()):
    middle = statistics.median(samples)
    own = statistics.median(times[count, "homelab"])
    print(
        f"{count:>9}  {tool:<9} {middle / 1000:>7.2f} s  {middle / count:>6.3f} ms  {middle / own:>5.1f}×  {found[count, tool]}"
    )
