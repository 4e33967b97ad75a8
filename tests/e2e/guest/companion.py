#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a person at the machine does while a guest runs, over QMP, until QEMU ends.

usage: companion.py [--wake N] [--press PATTERN KEY]... QMP_SOCKET CONSOLE_FILE

  --wake N             presses the power button whenever the guest sleeps; it must do so N times
  --press PATTERN KEY  presses KEY when PATTERN has newly appeared on the console; it must at least once
"""
import argparse
import json
import re
import select
import socket
import sys
import time


class Qmp:
    def __init__(self, path):
        deadline = time.monotonic() + 60
        self.socket = socket.socket(socket.AF_UNIX)
        while True:
            try:
                self.socket.connect(path)
                break
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        self.received = b''
        self.send('qmp_capabilities')

    def send(self, command, **arguments):
        request = {'execute': command, 'arguments': arguments}
        self.socket.sendall(json.dumps(request).encode() + b'\n')

    def messages(self, seconds):
        """What came within that time; None at the end."""
        if not select.select([self.socket], [], [], seconds)[0]:
            return []
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            return None
        if not data:
            return None
        *lines, self.received = (self.received + data).split(b'\n')
        return [json.loads(line) for line in lines if line.strip()]


class Console:
    """Looks for patterns in what a file has grown by."""

    def __init__(self, path, patterns):
        self.path = path
        self.patterns = patterns
        self.ends = [0] * len(patterns)

    def found(self):
        with open(self.path, 'rb') as file:
            text = file.read()
        for i, pattern in enumerate(self.patterns):
            match = re.compile(pattern.encode()).search(text, self.ends[i])
            if match:
                self.ends[i] = match.end()
                yield i


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--wake', type=int, default=0)
    parser.add_argument('--press', nargs=2, action='append', default=[])
    parser.add_argument('qmp')
    parser.add_argument('console')
    options = parser.parse_args()

    qmp = Qmp(options.qmp)
    console = Console(options.console, [pattern for pattern, _ in options.press])
    pressed = [0] * len(options.press)
    woken = 0
    while True:
        messages = qmp.messages(0.2)
        if messages is None:
            break
        for message in messages:
            if 'event' in message or 'error' in message:
                print(json.dumps(message), flush=True)
            if message.get('event') == 'SUSPEND' and woken < options.wake:
                woken += 1
                qmp.send('system_wakeup')
        for i in console.found():
            pressed[i] += 1
            key = options.press[i][1]
            print('pressing', key, flush=True)
            qmp.send('send-key', keys=[{'type': 'qcode', 'data': key}])
    print(f'woken {woken} times, keys pressed {pressed}', flush=True)
    if woken != options.wake or 0 in pressed:
        sys.exit(1)


if __name__ == '__main__':
    main()
