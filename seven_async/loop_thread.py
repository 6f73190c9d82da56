"""An event loop on a thread of its own, and calls that are handed over to it.

In: coroutine functions, from any thread. Out: their results. I/O: that of the calls, and the name
lookups of their connections.

The thread never holds up the end of the process, and a forked process gets a new one.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import importlib
import os
import socket
import sys
import threading
import weakref
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final, Generic, TypeAlias, TypeVar

from anyio import CancelScope

from seven_async.errors import ConfigurationError, TransportError

R = TypeVar("R")
_Addresses: TypeAlias = list[Any]  # what the socket module gives

# asyncio loads it late, and once the main thread has ended it cannot be loaded any more.
importlib.import_module("concurrent.futures.thread")

# For a cancelled request to close its connection and emit its event before Ctrl-C goes on.
_CANCELLING_S: Final = 2.0
_ENDING_S: Final = 2.0
# A waiting thread does not see Ctrl-C on Windows, so there it looks up now and then.
_STEP_S: Final = 0.1 if os.name == "nt" else -1.0


class _Handover(Generic[R]):
    """One call on its way to the loop and back; made by one thread, run by the other."""

    def __init__(self, call: Callable[..., Awaitable[R]], args: tuple[object, ...]) -> None:
        self._call = call
        self._args = args
        self._scope: CancelScope | None = None
        self._is_cancelled = False
        self._has_ended = False
        self._value: R
        self._error: BaseException | None = None
        # Held until there is a result. A bare lock, since Future and Event cost a tenth of a call.
        self._done = threading.Lock()
        self._done.acquire()

    def begin(self) -> None:
        """On the loop: start the call, in the context variables of its caller."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    def cancel(self) -> None:
        """On the loop: cancel the call."""
        self._is_cancelled = True
        if self._scope is not None:
            self._scope.cancel()

    async def _run(self) -> None:
        try:
            # Not task.cancel(): a scope leaves the closing of a broken connection alone.
            with CancelScope() as self._scope:
                if not self._is_cancelled:
                    self._value = await self._call(*self._args)
        except BaseException as error:  # noqa: BLE001 - all of them belong to the caller
            self._error = error
        finally:
            self._has_ended = True
            self._done.release()

    def abandon(self) -> None:
        """The loop has ended: if this has not, nobody will run it any more."""
        if not self._has_ended:  # its caller may just not have woken up yet
            self._has_ended = True
            self._error = asyncio.CancelledError()
            with contextlib.suppress(RuntimeError):  # caller and loop found out at one moment
                self._done.release()

    def wait(self) -> None:
        """By the caller: wait for the end of the call."""
        while not self._done.acquire(timeout=_STEP_S):
            pass

    def wait_cancelled(self) -> None:
        """By the caller: give the cancelled call a moment to end."""
        self._done.acquire(timeout=_CANCELLING_S)

    def result(self) -> R:
        """By the caller, after the end: what the call gave or raised."""
        error, self._error = self._error, None
        if error is None:
            return self._value
        try:
            raise error
        finally:
            # A traceback holds this frame, and this frame must not hold the traceback.
            del error


class _Loop(asyncio.SelectorEventLoop):
    """A loop whose name lookups neither hold up the end of the process nor fail close to it.

    asyncio's own run on threads that the interpreter waits for, and that are refused as soon as
    the main thread has ended, though other threads may still have messages to send.
    """

    async def getaddrinfo(
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        *,
        family: int = 0,
        type: int = 0,
        proto: int = 0,
        flags: int = 0,
    ) -> _Addresses:
        """The addresses of a host, looked up on a thread of its own."""
        lookup = partial(socket.getaddrinfo, host, port, family, type, proto, flags)
        addresses_found: asyncio.Future[_Addresses] = self.create_future()
        thread = threading.Thread(target=self._look_up, args=(lookup, addresses_found), daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the interpreter is ending; a blocked loop is better than no answer
            return lookup()
        return await addresses_found

    def _look_up(
        self, lookup: Callable[[], _Addresses], addresses_found: asyncio.Future[_Addresses]
    ) -> None:
        try:
            finish = partial(_set_result, addresses_found, lookup())
        except OSError as error:
            finish = partial(_set_error, addresses_found, error)
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            self.call_soon_threadsafe(finish)


def _set_result(addresses_found: asyncio.Future[_Addresses], addresses: _Addresses) -> None:
    if not addresses_found.done():
        addresses_found.set_result(addresses)


def _set_error(addresses_found: asyncio.Future[_Addresses], error: OSError) -> None:
    if not addresses_found.done():
        addresses_found.set_exception(error)


class _Running:
    """A loop and its thread. The thread knows this, and not the `LoopThread` that it works for."""

    def __init__(self) -> None:
        self._loop = _Loop()
        self._stop = asyncio.Event()
        self._pending: set[_Handover[Any]] = set()
        self._is_exiting = False
        self._thread = threading.Thread(target=self._live, name="seven_async", daemon=True)

    def start(self) -> None:
        """Start the thread, or raise `RuntimeError` where the interpreter starts none any more."""
        try:
            self._thread.start()
        except RuntimeError:
            self._loop.close()  # nobody runs it, and left open it would complain on its own
            raise

    def refuse_itself(self) -> None:
        """Raise if the code that asks runs on this loop's own thread."""
        if self._thread.ident == threading.get_ident():
            raise ConfigurationError(
                "A call of Seven was made from within its own event loop (from on_event, auth or "
                "a transport), where it would wait for itself for ever. Hand it to another "
                "thread, or note what is to be done and do it after the call."
            )

    def run(self, call: Callable[..., Awaitable[R]], args: tuple[object, ...]) -> R:
        """The result of a call that is run on the loop."""
        self.refuse_itself()
        handover = _Handover(call, args)
        self._pending.add(handover)
        try:
            self._submit(handover, handover.begin)
            handover.wait()
        except BaseException:  # Ctrl-C, or whatever else a signal's handler raises
            self._submit(handover, handover.cancel)
            handover.wait_cancelled()
            raise
        finally:
            self._pending.discard(handover)
        try:
            return handover.result()
        except asyncio.CancelledError:
            raise self._build_lost_error() from None

    def _build_lost_error(self) -> BaseException:
        """Build what a call ends with that the end of the loop cancelled."""
        if self._is_exiting:
            # A daemon thread, then: it is to end without a word, as all of them do now.
            return SystemExit("The program is ending.")
        return TransportError(
            "The client was closed while this call was in flight; it may have been processed."
        )

    def _submit(self, handover: _Handover[Any], step: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(step)
        except RuntimeError:  # the loop has ended
            handover.abandon()

    def _live(self) -> None:
        _name_the_library()
        try:
            with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
                runner.run(self._wait_for_stop())
        finally:
            for handover in list(self._pending):
                handover.abandon()

    async def _wait_for_stop(self) -> None:
        await self._stop.wait()

    def stop(self, *, at_exit: bool = False) -> None:
        """Have the loop cancel what it does, and end."""
        self._is_exiting = at_exit
        with contextlib.suppress(RuntimeError):  # it has ended
            self._loop.call_soon_threadsafe(self._stop.set)

    def join(self) -> None:
        """Wait for the thread to end, within reason."""
        self._thread.join(_ENDING_S)


def _name_the_library() -> None:
    """Say that this thread runs asyncio, whatever the context variables of a caller say.

    A caller in a trio program hands over a context in which `sniffio`, which anyio asks where it is
    installed, reads trio.
    """
    sniffio = sys.modules.get("sniffio")
    if sniffio is not None:
        sniffio.thread_local.name = "asyncio"


def build_closed_error() -> ConfigurationError:
    """Build the error for a call that comes too late."""
    return ConfigurationError(
        "This client is closed, or the program is ending. Make a new one, or make the call earlier."
    )


class LoopThread:
    """One event loop on one thread, started when first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: _Running | None = None
        self._is_closed = False
        _THREADS.add(self)

    @property
    def is_closed(self) -> bool:
        """True once it was stopped."""
        return self._is_closed

    def run(self, call: Callable[..., Awaitable[R]], *args: object) -> R:
        """Run a coroutine function on the loop and return its result. Ctrl-C cancels it.

        Raises:
            ConfigurationError: It is closed, or was called from its own thread.
            TransportError: It was closed while the call was in flight.
        """
        return (self._running or self._start()).run(call, args)

    def _start(self) -> _Running:
        with self._lock:
            if self._is_closed:
                raise build_closed_error()
            if self._running is None:
                running = _Running()
                try:
                    running.start()
                except RuntimeError:  # no new threads while the interpreter ends
                    raise build_closed_error() from None
                except BaseException:  # Ctrl-C: the thread may have started all the same
                    running.stop()
                    raise
                self._running = running
            return self._running

    def close(self, last: Callable[[], Awaitable[None]]) -> None:
        """Run a last call, then end the loop and its thread. A second time does nothing."""
        if self._running is not None:
            self._running.refuse_itself()
        running = self._take()
        if running is None:
            return
        try:
            running.run(last, ())
        finally:
            running.stop()
            running.join()

    def _take(self) -> _Running | None:
        """Take the loop in order to end it; None if it was taken before."""
        with self._lock:
            self._is_closed = True
            running, self._running = self._running, None
            return running

    def stop_at_exit(self) -> _Running | None:
        """Have the loop end soon; return what can be waited for."""
        running = self._take()
        if running is not None:
            running.stop(at_exit=True)
        return running

    def renew(self) -> None:
        """Begin anew in a forked process, where the thread of the old loop does not exist."""
        self._lock = threading.Lock()
        if self._running is not None:
            _LEFT_BEHIND.append(self._running)
            self._running = None

    def __del__(self) -> None:
        running = self._running
        if running is not None:
            running.stop()


_THREADS: Final[weakref.WeakSet[LoopThread]] = weakref.WeakSet()
# Loops that a forked process found: collecting them would touch the selectors of its parent.
_LEFT_BEHIND: Final[list[_Running]] = []


def _renew_all() -> None:
    for thread in list(_THREADS):
        thread.renew()


def _stop_all() -> None:
    """End every loop before the interpreter does: half-run calls would be torn apart, noisily."""
    for running in [thread.stop_at_exit() for thread in list(_THREADS)]:
        if running is not None:
            running.join()


atexit.register(_stop_all)
if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_renew_all)
