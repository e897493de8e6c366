"""Runs a program that asks for a secret on its terminal, and answers.

Usage: answer.py SECRET PROGRAM [ARGUMENT...]
"""
import os
import pty
import select
import sys
import time


def main(secret, command):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp(command[0], command)
    line = b""
    while True:
        if not select.select([terminal], [], [], 1)[0]:
            # What comes before the program waits for it may get lost.
            if line.endswith(b":"):
                os.write(terminal, secret.encode() + b"\n")
            continue
        try:
            got = os.read(terminal, 4096)
        except OSError:
            break
        if not got:
            break
        sys.stdout.buffer.write(got)
        line = got.rsplit(b"\n", 1)[-1].rstrip()
        if line.endswith(b":"):
            time.sleep(0.1)
            os.write(terminal, secret.encode() + b"\n")
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


sys.exit(main(sys.argv[1], sys.argv[2:]))
