"""Ask every system every case, once each, and keep what came, whatever happens.

    run(cases, [system], RunFiles(out), repeats=1, progress=print_progress)

A system that raises has failed on that case: the reason is kept, the others go on. What is in the
folder already is not asked again. It scores nothing; see ``eval.evaluate``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import islice

from eval.case import Case
from eval.metrics import Reply
from eval.store import Key, RunFiles
from eval.systems import Outcome, System

Progress = Callable[[str, int, int], None]
"""Called with (system, done, total)."""


def order(cases: Sequence[Case], systems: Sequence[System], repeats: int) -> list[Key]:
    """Every answer of a run, in the order in which it is kept."""
    return [
        (system.name, repeat, case.id)
        for system in systems
        for repeat in range(1, repeats + 1)
        for case in cases
    ]


def run(
    cases: Sequence[Case],
    systems: Sequence[System],
    files: RunFiles,
    *,
    repeats: int = 1,
    progress: Progress | None = None,
) -> None:
    """Ask what has not been asked, then put the files in order.

    An interrupt (KeyboardInterrupt) passes through; everything answered until then is kept.
    """
    files.folder.mkdir(parents=True, exist_ok=True)
    files.mend()
    done = set(files.replies())
    by_id = {case.id: case for case in cases}
    for system in systems:
        wanted = order(cases, [system], repeats)
        left = [key for key in wanted if key not in done]
        count = len(wanted) - len(left)
        for reply, timings in _ask_all(system, left, by_id):
            files.append(reply, timings)
            count += 1
            if progress:
                progress(system.name, count, len(wanted))
    files.finish(order(cases, systems, repeats))


def _ask_all(
    system: System, keys: Sequence[Key], cases: dict[str, Case]
) -> Iterable[tuple[Reply, dict[str, float]]]:
    if system.parallel <= 1:
        for key in keys:
            yield _ask(system, key, cases[key[2]])
        return
    with ThreadPoolExecutor(max_workers=system.parallel) as pool:
        waiting = iter(keys)
        running = {
            pool.submit(_ask, system, key, cases[key[2]])
            for key in islice(waiting, system.parallel)
        }
        try:
            while running:
                finished, running = wait(running, return_when=FIRST_COMPLETED)
                for key in islice(waiting, len(finished)):
                    running.add(pool.submit(_ask, system, key, cases[key[2]]))
                for future in finished:
                    yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _ask(system: System, key: Key, case: Case) -> tuple[Reply, dict[str, float]]:
    try:
        outcome = system.answer(case)
    except Exception as error:  # noqa: BLE001 - any failure is data: it is counted and shown
        reason = f"{type(error).__name__}: {error}"
        return Reply(case.id, system.name, key[1], None, (), reason), {}
    return _reply(outcome, key, case), dict(outcome.timings_ms)


def _reply(outcome: Outcome, key: Key, case: Case) -> Reply:
    answer = dict(outcome.answer)
    answer.pop("timings_ms", None)
    error = answer.get("text") if answer["status"] == "error" else None
    return Reply(case.id, key[0], key[1], answer, outcome.passages, error)
