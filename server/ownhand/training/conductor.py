"""A whole training as a process of its own: `python -I -m ownhand.training.conductor`.

The language server starts it, so that nothing of a training stands in the way of a keystroke: neither the tokens of a
whole manuscript nor a thousand draws for an interval.

Standard input: one JSON line with what to do (`Order`), then {"do": "pause" | "rest" | "resume" | "stop"}; its end
means "stop".
Standard output: a JSON line for each `Standing`. A training that was stopped goes on when it is ordered again.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading

from ownhand import processes
from ownhand.engines.protocol import EngineError
from ownhand.errors import WriterError
from ownhand.manuscript.consent import VoiceFolder
from ownhand.manuscript.corpus import Corpus
from ownhand.training.course import Course, Wishes
from ownhand.training.job import State
from ownhand.training.order import Order
from ownhand.training.reveal_places import prepared
from ownhand.training.standing import PAUSED, Standing, of_adapter, of_state
from ownhand.voices.reveal import can_be_shown
from ownhand.voices.store import StoredAdapter, VoiceStore

_FAREWELL = 1.0
"""Seconds; the trainer's child needs nobody to write its last checkpoint."""


class Conductor:
    def __init__(self, order: Order) -> None:
        self._order = order
        self._course: Course | None = None
        self._work: asyncio.Task[None] | None = None
        self._last = Standing("preparing", of_state(State("preparing")).sentence)
        self._rests = False
        """A rest was wished for before anything was planned that could take one."""
        self._came_of_it: Standing | None = None
        """There once the adapter is kept: whatever happens then, that stands."""

    async def run(self) -> None:
        """Say how it goes, to the end."""
        self._say(self._last)
        self._work = asyncio.create_task(self._follow())
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._listen, args=(loop,), name="wishes", daemon=True).start()
        try:
            await self._work
        except asyncio.CancelledError:
            self._say(self._came_of_it or Standing("paused", PAUSED, self._last.step, self._last.steps))
        except (WriterError, EngineError) as error:
            self._say(self._came_of_it or Standing("failed", str(error)))

    async def _follow(self) -> None:
        order, voice = self._order, await asyncio.to_thread(self._order.voice)
        corpus = await asyncio.to_thread(Corpus.open, voice.index_path)
        try:
            if order.show:
                adapter = await asyncio.to_thread(VoiceStore(voice.path).adapter, order.show)
            else:
                adapter = await self._learn(voice, corpus)
            task = asyncio.current_task()
            if task is None or not task.cancelling():  # else a stop came too late for what is decided, not for this
                await self._show(voice, corpus, adapter)
            self._say(of_adapter(adapter))
        finally:
            await asyncio.to_thread(corpus.close)

    async def _learn(self, voice: VoiceFolder, corpus: Corpus) -> StoredAdapter:
        order = self._order
        wishes = Wishes(device=order.settings.training_device, trainer=order.settings.training_trainer)
        if order.quick:
            wishes = wishes.quickly()
        self._course = await Course.plan(order.home, voice, order.settings, corpus, wishes)
        if self._rests:
            self._course.rest()
        judgement = await self._course.run(lambda state: self._say(of_state(state)))
        self._came_of_it = of_adapter(judgement.adapter)
        return judgement.adapter

    async def _show(self, voice: VoiceFolder, corpus: Corpus, adapter: StoredAdapter) -> None:
        """A first voice that passed is shown to the writer, who decides."""
        if can_be_shown(adapter):
            self._say(Standing("evaluating", "Ownhand writes at three places, for you to compare."))
            await prepared(self._order.home, self._order.settings, voice, corpus, adapter)

    def _say(self, standing: Standing) -> None:
        self._last = standing
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.write(json.dumps(standing.to_json()) + "\n")
            sys.stdout.flush()

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        for line in sys.stdin.buffer:
            with contextlib.suppress(ValueError, AttributeError, RuntimeError):
                loop.call_soon_threadsafe(self._heed, json.loads(line).get("do"))
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self._heed, "stop")
        leaving = threading.Timer(_FAREWELL, os._exit, (0,))
        leaving.daemon = True
        leaving.start()

    def _heed(self, wish: object) -> None:
        """While the trainer's child works it keeps its memory over a pause; else a pause is an end, to go on later.

        A rest is a pause that is not worth an end.
        """
        course, self._rests = self._course, wish == "rest"
        if course is not None and wish == "rest":
            course.rest()
        elif course is not None and wish == "pause" and course.training is not None:
            course.training.pause()
        elif course is not None and wish == "resume":
            course.go_on()
        elif wish in ("pause", "stop") and self._work is not None:
            self._work.cancel()


def main() -> int:
    os.umask(0o077)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    processes.lowest_priority()
    order = Order.from_json(json.loads(sys.stdin.buffer.readline()))
    asyncio.run(Conductor(order).run())
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    os._exit(status)  # at once: a thread still reads
