"""Samples `TOOL COUNT SECONDS USER+SYSTEM FOUND` to a table with ratios to this project's own."""

import statistics
import sys
from collections import defaultdict

clock = defaultdict(list)
processors = defaultdict(list)
found = {}
for line in sys.stdin:
    tool, count, seconds, parts, seen = line.rstrip("\n").split("\t")
    clock[int(count), tool].append(float(seconds))
    processors[int(count), tool].append(sum(float(part) for part in parts.split("+")))
    found[int(count), tool] = seen


def ratio(samples, count, tool):
    return statistics.median(one / own for one, own in zip(samples[count, tool], samples[count, "homelab"]))


print(f"{'workloads':>9}  {'tool':<9} {'clock':>9}  {'each':>9}  {'ratio':>6}  {'processors':>10}  {'ratio':>6}  refused")
for (count, tool), samples in sorted(clock.items()):
    middle = statistics.median(samples)
    busy = statistics.median(processors[count, tool])
    print(
        f"{count:>9}  {tool:<9} {middle:>7.2f} s  {1000 * middle / count:>6.3f} ms  {ratio(clock, count, tool):>5.1f}×"
        f"  {busy:>8.2f} s  {ratio(processors, count, tool):>5.1f}×  {found[count, tool]}"
    )
