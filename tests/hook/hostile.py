"""Requests as a broken or hostile caller would send them, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator

_METHODS = (b"POST", b"GET", b"PUT", b"BREW", b"", b"post", b"CONNECT", b"OPTIONS", b"\x16\x03\x01")
_PATHS = (
    *(b"/taskstart", b"/claude-code", b"/health", b"/metrics", b"/wait", b"/", b"*", b""),
    *(b"/../../etc/passwd", b"/taskstart?format=xml", b"/taskstart?budget=-1", b"//", b"/%00"),
    *(b"http://evil/taskstart", b"/taskstart?" + b"a=b&" * 40, b"/" + b"x" * 20_000),
)
_BODIES = (
    *(b"", b" ", b"{", b"}", b"null", b"[]", b"[45]", b"45", b'"45"', b"{}{}", b"{}\n{}"),
    *(b'\xef\xbb\xbf{"task_id": 7}', b'{"task_id": 7} x', b'{"task_id": null}', b'{"task_id": 0}'),
    *(b'{"task_id": -5}', b'{"task_id": 1e400}', b'{"task_id": NaN}', b'{"task_id": true}'),
    *(b'{"task_id": [7]}', b'{"task_id": {"a": 1}}', b'{"task_id": 7, "agent_role": 5}'),
    *(b'{"task_id": "\\ud800"}', b'{"task_id": 7, "agent_role": "\\ud800"}', b"\xff\xfe\x00"),
    *(b'{"task_id": 7, "agent_role": "../../../../etc/passwd"}',),
    *(b'{"task_id": 7, "agent_role": "/etc/passwd"}', b'{"task_id": 7, "agent_role": "a\\u0000b"}'),
    *(b"[" * 100_000, b'{"a":' * 50_000, b'{"task_id": ' + b"9" * 6_000 + b"}"),
    *(b'{"task_id": "' + b"7" * 70_000 + b'"}', b'{"task_id": 7, "x": "' + b"y" * 200_000 + b'"}'),
    *(b'{"hook_event_name": "Nothing"}', b'{"hook_event_name": 5}', b'{"hook_event_name": ""}'),
    *(b'{"hook_event_name": "SubagentStart", "agent_type": "' + b"z" * 5_000 + b'"}',),
    *(b'{"hook_event_name": "SubagentStart", "agent_type": "../../../etc/passwd"}',),
    *(b'{"hook_event_name": "SubagentStart", "agent_type": ["x"]}',),
    *(b'{"hook_event_name": "PreToolUse", "tool_name": "Agent"}',),
    *(b'{"hook_event_name": "PreToolUse", "tool_name": "Agent", "tool_input": 5}',),
    *(b'{"hook_event_name": "UserPromptSubmit", "prompt": "task 7 \\ud800"}', b'{"task_id": 7}'),
)
_HEADERS = (
    *(
        b"Host: evil.example",
        b"Host: localhost:99999999",
        b"Host:",
        b"Origin: https://evil.example",
    ),
    *(b"Content-Length: -1", b"Content-Length: 99999999999999999999", b"Content-Length: x"),
    *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip", b"Expect: 100-continue"),
    *(
        b"Upgrade: websocket\r\nConnection: upgrade",
        b"X: " + b"y" * 30_000,
        b"no colon",
        b": empty",
    ),
    *(b"Connection: close", b"Accept: application/json", b"X-TaskStart-Task: 7", b"X\x00: y"),
    *(
        b"X-TaskStart-Task: ../7",
        b"X-TaskStart-Wait-Us: 99999999999999",
        b"Authorization: Bearer x",
    ),
)


def hostile_requests(seed: int, count: int) -> Iterator[bytes]:
    """`count` requests, most of them wrong in some way; some are cut off, some are noise."""
    chance = random.Random(seed)
    for _ in range(count):
        if chance.random() < 0.05:
            yield chance.randbytes(chance.randrange(1, 2_000))
            continue
        body = chance.choice(_BODIES)
        lines = [b"%b %b HTTP/1.1" % (_pick(chance, _METHODS, b"POST"), chance.choice(_PATHS))]
        if chance.random() < 0.8:
            lines.append(b"Host: localhost")
        if chance.random() < 0.9:
            lines.append(b"Content-Length: %d" % len(body))
        lines += chance.sample(_HEADERS, chance.choice((0, 0, 0, 1, 1, 2, 4)))
        request = b"\r\n".join(lines) + b"\r\n\r\n" + body
        if chance.random() < 0.15:
            request = request[: chance.randrange(len(request))]
        if chance.random() < 0.1:
            place = chance.randrange(len(request) or 1)
            request = request[:place] + chance.randbytes(3) + request[place + 3 :]
        yield request


def _pick(chance: random.Random, choices: tuple[bytes, ...], usual: bytes) -> bytes:
    return usual if chance.random() < 0.8 else chance.choice(choices)
