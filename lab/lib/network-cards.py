"""network-cards.py SWITCH PIDFILE NODE=MAC...: the network cards of the lab's machines while these are off.

Run inside the lab's network. Waits for Wake-on-LAN packets and presses the power button of the machine that one is for:
`SWITCH start NODE`. As a real card does, it looks for six bytes ff and sixteen times its address anywhere in a frame.
"""

import ctypes
import os
import signal
import socket
import struct
import subprocess
import sys

ETH_P_ALL = 3
SO_ATTACH_FILTER = 26


def only_datagrams(packets: socket.socket) -> None:
    """The kernel hands over UDP in IPv4 or IPv6, and frames of Wake-on-LAN's own type (0x0842); no connection's bytes."""
    program = [
        (0x28, 0, 0, 12),  # load the frame's type
        (0x15, 5, 0, 0x0842),  # accept it
        (0x15, 0, 2, 0x0800),  # IPv4?
        (0x30, 0, 0, 23),  # load its protocol
        (0x15, 2, 3, 17),  # UDP: accept it
        (0x15, 0, 2, 0x86DD),  # IPv6?
        (0x30, 0, 0, 20),  # load its protocol
        (0x15, 0, 1, 17),  # UDP: accept it
        (0x06, 0, 0, 0xFFFF),  # accept
        (0x06, 0, 0, 0),  # drop
    ]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in program))
    packets.setsockopt(
        socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", len(program), ctypes.addressof(code))
    )


def main() -> None:
    switch, pid_file, *cards = sys.argv[1:]
    wanted = {}
    for card in cards:
        node, mac = card.split("=")
        wanted[node] = b"\xff" * 6 + bytes.fromhex(mac.replace(":", "")) * 16
    with open(pid_file, "w", encoding="ascii") as file:
        file.write(f"{os.getpid()}\n")
    # Not bound to the bridge: that goes when the last machine does, and comes with the first.
    packets = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
    only_datagrams(packets)
    pressed: dict[str, subprocess.Popen[bytes]] = {}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        watch(packets, switch, wanted, pressed)
    finally:
        for running in pressed.values():
            running.terminate()


def watch(
    packets: socket.socket,
    switch: str,
    wanted: dict[str, bytes],
    pressed: dict[str, subprocess.Popen[bytes]],
) -> None:
    while True:
        frame = packets.recv(2048)
        for node, packet in wanted.items():
            if packet not in frame:
                continue
            running = pressed.get(node)
            if running is not None and running.poll() is None:
                continue
            status = subprocess.run([switch, "status", node], capture_output=True, text=True, check=False)
            # The card of a machine that is on, or still going off, has no button to press.
            if status.stdout.strip() != "off":
                continue
            print(f"a packet woke {node}", flush=True)
            pressed[node] = subprocess.Popen([switch, "start", node])


main()
