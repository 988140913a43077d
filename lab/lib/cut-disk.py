"""cut-disk.py MOUNTPOINT: from now on nothing is written to that file system's disk, its journal least of all."""

import fcntl
import os
import struct
import sys

FS_IOC_SHUTDOWN = 0x8004587D
WITHOUT_FLUSHING_THE_LOG = 2

if not os.path.ismount(sys.argv[1]):
    sys.exit(f"{sys.argv[1]} is no file system of its own")
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), FS_IOC_SHUTDOWN, struct.pack("I", WITHOUT_FLUSHING_THE_LOG))
