#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a person at the machine does while a guest runs, over QMP, until QEMU ends.

usage: companion.py [--wake N] [--tpm PID] [--on PATTERN ACTION,...]... QMP_SOCKET CONSOLE_FILE

--wake N       presses the power button whenever the guest sleeps; it must do so N times
--on PATTERN   does the actions each time that PATTERN newly appears on the console; once at least:
    press:KEY  presses a key
    reset      presses the reset button
    stop       stops the process of the TPM, and waits until the guest has said nothing for 2 s
    continue   lets it go on
"""
import argparse
import json
import os
import re
import select
import signal
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

    def text(self):
        with open(self.path, 'rb') as file:
            return file.read()

    def wait_until_quiet(self, seconds):
        text = self.text()
        since = time.monotonic()
        while time.monotonic() - since < seconds:
            time.sleep(0.1)
            if self.text() != text:
                text = self.text()
                since = time.monotonic()

    def found(self):
        text = self.text()
        for i, pattern in enumerate(self.patterns):
            match = re.compile(pattern.encode()).search(text, self.ends[i])
            if match:
                self.ends[i] = match.end()
                yield i


def act(action, qmp, console, tpm):
    print(action, flush=True)
    if action.startswith('press:'):
        qmp.send('send-key', keys=[{'type': 'qcode', 'data': action.split(':')[1]}])
    elif action == 'reset':
        qmp.send('system_reset')
        # QEMU may wait for the TPM now, which is what the test is about: no answer to wait for.
        time.sleep(1)
    elif action == 'stop':
        os.kill(tpm, signal.SIGSTOP)
        console.wait_until_quiet(2)
    elif action == 'continue':
        os.kill(tpm, signal.SIGCONT)
    else:
        sys.exit(f'no action {action}')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--wake', type=int, default=0)
    parser.add_argument('--tpm', type=int)
    parser.add_argument('--on', nargs=2, action='append', default=[])
    parser.add_argument('qmp')
    parser.add_argument('console')
    options = parser.parse_args()

    qmp = Qmp(options.qmp)
    console = Console(options.console, [pattern for pattern, _ in options.on])
    acted = [0] * len(options.on)
    woken = 0
    while True:
        messages = qmp.messages(0.2)
        if messages is None:
            break
        for message in messages:
            if 'event' in message or 'error' in message:
                print(json.dumps(message), flush=True)
            if message.get('event') == 'SUSPEND':
                woken += 1
                qmp.send('system_wakeup')
        for i in console.found():
            acted[i] += 1
            for action in options.on[i][1].split(','):
                act(action, qmp, console, options.tpm)
    print(f'woken {woken} times, acted {acted} times', flush=True)
    if woken != options.wake or 0 in acted:
        sys.exit(1)


if __name__ == '__main__':
    main()
