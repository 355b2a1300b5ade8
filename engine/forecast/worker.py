"""Forecasts in a process of their own, so that neither a start nor the screen waits for them.

A thread would not do: numpy's calls are short and many, and each wait for the interpreter's lock
adds to a start's latency. Imports no numpy.
"""

from __future__ import annotations

import asyncio
import struct
from types import TracebackType
from typing import Self

import msgspec

from engine.children import RUN_MODULE, end_child
from engine.errors import ServiceError, TimeoutExceededError
from engine.forecast.recorder import Recorded
from engine.forecast.requests import Answer, Ask, Curves, Load, Loaded, Question, Refused

_TIMEOUT_SECONDS = 60.0
_END_SECONDS = 2.0


class ForecastWorker:
    """The worker process; started at the first question, again after it died. Use as a context.

    Questions are answered one after the other, in the order in which they came.
    """

    def __init__(self, *, timeout_seconds: float = _TIMEOUT_SECONDS) -> None:
        """`timeout_seconds` bounds one question, the start of the process included."""
        self._timeout = timeout_seconds
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._traces: dict[str, Recorded] = {}
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def load(self, recorded: Recorded, name: str = "") -> Loaded:
        """Make `recorded` the trace of later questions about `name`.

        Raises:
            ServiceError: the worker cannot be started or died.
            TimeoutExceededError: it took too long.
        """
        async with self._turn:
            answer = await self._ask(Load(recorded, name))
            self._traces[name] = recorded
        assert isinstance(answer, Loaded)
        return answer

    async def curves(self, question: Ask) -> Curves:
        """Curves of the trace that was last loaded under the question's name.

        Raises:
            ServiceError: no trace was loaded, or the worker cannot be started or died.
            TimeoutExceededError: it took too long.
        """
        async with self._turn:
            if self._process is None and question.name in self._traces:
                await self._ask(Load(self._traces[question.name], question.name))
            answer = await self._ask(question)
        if isinstance(answer, Refused):
            raise ServiceError(f"no forecast: {answer.reason}")
        assert isinstance(answer, Curves)
        return answer

    async def aclose(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            await end_child(process, _END_SECONDS)

    async def _ask(self, question: Question) -> Answer:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._exchange(self._encoder.encode(question))
        except TimeoutError:
            await self._kill()
            raise TimeoutExceededError(
                f"a forecast took longer than {self._timeout:g} s", "forecast fewer points"
            ) from None
        except (OSError, asyncio.IncompleteReadError) as error:
            await self._kill()
            raise ServiceError(f"the forecast worker died: {error}", "ask again") from error
        except asyncio.CancelledError:
            # Its answer would be taken for that of the next question.
            await self._kill()
            raise

    async def _exchange(self, question: bytes) -> Answer:
        if self._process is None:
            self._process = await asyncio.create_subprocess_exec(
                *RUN_MODULE,
                "engine.forecast.worker_process",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
            )
        sink, source = self._process.stdin, self._process.stdout
        assert sink is not None
        assert source is not None
        sink.write(struct.pack(">I", len(question)) + question)
        await sink.drain()
        (length,) = struct.unpack(">I", await source.readexactly(4))
        return self._decoder.decode(await source.readexactly(length))

    async def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                process.kill()
            await process.wait()
