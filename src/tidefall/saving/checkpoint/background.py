"""Writing checkpoints beside the program: one thread, one checkpoint at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tidefall.saving.checkpoint.restoration import log


class BackgroundWriter:
    """Runs one job at a time in a thread of its own.

    The thread is there only while it works, and a program that ends waits for it.
    """

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None

    def start(self, job: Callable[[], None]) -> None:
        """Run a job, as soon as the one before is done.

        Raises:
            Exception: that of the job before, if it failed; this one is not started then.
        """
        self.wait()
        # Not a daemon: the interpreter waits for it, so that no checkpoint is lost at the end.
        self._thread = threading.Thread(target=self._run, args=(job,), name="checkpoint")
        self._thread.start()

    def wait(self) -> None:
        """Wait until nothing is being written.

        Raises:
            Exception: that of the job, if it failed and nobody has seen that yet.
        """
        thread, self._thread = self._thread, None
        if thread is not None:
            if thread is threading.current_thread():  # asked by a callback of the job itself
                self._thread = thread
                return
            thread.join()
        error, self._error = self._error, None
        if error is not None:
            raise error

    def _run(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception as error:  # noqa: BLE001 - raised where somebody waits for it
            log.error("An asynchronous checkpoint was not written: %s", error)
            self._error = error
