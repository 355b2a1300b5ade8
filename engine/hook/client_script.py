#!/usr/bin/env python3
"""TaskStart's hook client: passes standard input to the engine and prints its answer.

Installed by `taskstart install-hook`, removed by `taskstart uninstall-hook`; do not edit. It uses
the standard library alone and imports next to nothing, since an agent waits for it: start it with
`python3 -I -S`. When no engine answers, the product's own interpreter assembles the same answer.
Exit codes: 0 with the answer on standard output, 1 with a line on standard error.
"""

import _socket
import posix
import time

SOCKET = ""
PRODUCT_PYTHON = ""
PROJECT = ""
PATH = "/taskstart"

CONNECT_S = 0.05
ANSWER_S = 1.0
MOST_BYTES = 1 << 20
PIPE_BYTES = 1 << 12

began_s = time.monotonic()
start_up_s = time.process_time()


def main() -> None:
    """Ask the engine; else assemble the answer without it."""
    body = read_input()
    if len(body) > MOST_BYTES:
        fail("standard input is larger than 1 MiB")
    try:
        sock = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        sock.settimeout(CONNECT_S)
        sock.connect(SOCKET)
        status, answer = ask(sock, body)
    except (OSError, ValueError) as error:
        fall_back(body, str(error) or type(error).__name__)
    if status == 200:
        write(1, answer)
        report_wait(sock)
        # Skips the interpreter's own end, which takes longer than all of the above.
        posix._exit(0)
    line = answer.decode("utf-8", "replace").strip()
    if status >= 500:
        fall_back(body, line.removeprefix("taskstart: "))
    fail(line.removeprefix("taskstart: ") or f"the engine refused (status {status})")


def read_input() -> bytes:
    """All of standard input, up to a little more than is allowed."""
    parts = []
    size = 0
    while size <= MOST_BYTES:
        try:
            part = posix.read(0, 1 << 16)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def ask(sock: _socket.socket, body: bytes) -> tuple[int, bytes]:
    """The answer's status and body."""
    until_s = time.monotonic() + ANSWER_S
    task = posix.environ.get(b"TASKSTART_TASK", b"").strip()
    if task and not (task.removeprefix(b"#").isdigit() and len(task) < 32):
        task = b"unusable"  # for the engine to say so: it could be anything, a line break even
    named = b"X-TaskStart-Task: %b\r\n" % task if task else b""
    sock.settimeout(ANSWER_S)
    sock.sendall(
        b"POST %b HTTP/1.1\r\nHost: localhost\r\n%bContent-Length: %d\r\n\r\n%b"
        % (PATH.encode(), named, len(body), body)
    )
    received = b""
    expected = -1
    while expected < 0 or len(received) < expected:
        left_s = until_s - time.monotonic()
        if left_s <= 0:
            raise ValueError(f"no answer within {ANSWER_S:g} s")
        sock.settimeout(left_s)
        part = sock.recv(1 << 18)
        if not part:
            raise ValueError("the engine hung up")
        received += part
        if expected < 0:
            head, separator, _ = received.partition(b"\r\n\r\n")
            if separator:
                length = head.lower().partition(b"content-length:")[2].partition(b"\r")[0]
                expected = len(head) + 4 + int(length)
    return int(received[9:12]), received[len(head) + 4 :]


def report_wait(sock: _socket.socket) -> None:
    """Tell the engine how long the agent has waited; nobody waits for the answer."""
    waited_s = start_up_s + time.monotonic() - began_s
    try:
        # The system knows the process's start to a tick; the processor time up to our first line
        # is finer, and too short where the process had to wait for a processor.
        stat = posix.open("/proc/self/stat", posix.O_RDONLY)
        ticks = int(posix.read(stat, 4096).rpartition(b")")[2].split()[19])
        tick_s = 1 / posix.sysconf("SC_CLK_TCK")
        longest_s = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks * tick_s
        if 0 <= longest_s < 600:
            waited_s = min(max(waited_s, longest_s - tick_s), longest_s)
    except (OSError, ValueError, IndexError, AttributeError):
        pass  # without /proc the processor time has to do
    try:  # noqa: SIM105 - importing contextlib takes longer than all of this
        sock.sendall(
            b"POST /wait HTTP/1.1\r\nHost: localhost\r\nX-TaskStart-Wait-Us: %d\r\n"
            b"Content-Length: 0\r\n\r\n" % max(1, waited_s * 1e6)
        )
    except OSError:
        pass  # the agent has its answer; a figure is missing


def fall_back(body: bytes, why: str) -> None:
    """Become the product's own interpreter, which needs no engine."""
    write(2, f"taskstart: no engine ({why}): assembling without it\n".encode())
    reading, writing = posix.pipe()
    if len(body) <= PIPE_BYTES or posix.fork() == 0:
        write(writing, body)
        if len(body) > PIPE_BYTES:
            posix._exit(0)
    posix.close(writing)
    posix.dup2(reading, 0)
    posix.close(reading)
    words = [PRODUCT_PYTHON, "-I", "-m", "engine.hook.fallback", PROJECT, PATH]
    try:
        posix.execv(PRODUCT_PYTHON, words)
    except OSError as error:
        fail(
            f"{PRODUCT_PYTHON} cannot be started ({error.strerror}):"
            " install the hook again with `taskstart install-hook`"
        )


def write(descriptor: int, data: bytes) -> None:
    """All of `data`."""
    view = memoryview(data)
    while view:
        try:
            view = view[posix.write(descriptor, view) :]
        except OSError:
            posix._exit(1)


def fail(line: str) -> None:
    """One line on standard error, exit code 1."""
    write(2, f"taskstart: {line}\n".encode("utf-8", "replace"))
    posix._exit(1)


if __name__ == "__main__":
    main()
