"""Run the measurements of a plan."""

import os
import random
import statistics
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

from benchmarks.contenders import PAGES, PREPARED, Contender
from benchmarks.databases import Database
from benchmarks.plan import Plan
from benchmarks.processes import WorkerProcess
from benchmarks.serving import Serving

Result = dict[str, Any]
"""One measurement: what was measured, of which contender, on which database, and the figures."""

Tell = Callable[[str, float], None]
"""A function of the step that begins and the fraction that is done."""

LONGEST_TURN = 50_000
"""In microseconds. Slow contenders get fewer requests in a turn."""

LARGEST_FOR_ALL = 1_000_000
"""The largest number of keys for other packages than this one."""

PAGES_MEASURED = (
    "list",
    "list?sort=-used",
    "key?period=hours",
    "key?period=days",
    "key?period=months",
)
"""Settings pages, with their parameters."""

MANY_AT_ONCE = ("create_at_once", "create_by_bulk_create", "import_for_all")
"""Tasks that take turns, because they are compared."""

Keep = Callable[[Sequence[Result]], None]
"""A function that stores the results so far, in case of a failure."""

Values = Mapping[str, Sequence[str]]


def summarize(figures: Sequence[float]) -> dict[str, float]:
    """Return the median, and the 10th percentile as the figure for an idle machine."""
    ordered = sorted(figures)
    return {"median": statistics.median(ordered), "quiet": ordered[len(ordered) // 10]}


class Bench:
    """Measurements of all contenders on all databases."""

    def __init__(
        self,
        plan: Plan,
        contenders: Sequence[Contender],
        databases: Sequence[Database],
        *,
        with_http: bool,
        tell: Tell,
        keep: Keep,
    ) -> None:
        self.plan = plan
        self.contenders = contenders
        self.databases = databases
        self.with_http = with_http
        self.tell = tell
        self.keep = keep
        self.results: list[Result] = []
        self.random = random.Random(0)
        self.done = 0

    def run(self) -> list[Result]:
        """Run all measurements and return the results."""
        for database in self.databases:
            with self._databases_of_contenders(database), ExitStack() as stack:
                self._measure(database, stack)
        return self.results

    def run_creation(self) -> list[Result]:
        """Run only the measurements of creating keys."""
        for database in self.databases:
            with self._databases_of_contenders(database), ExitStack() as stack:
                self._measure_creation(database, stack)
        return self.results

    def run_http(self) -> list[Result]:
        """Run the measurements over HTTP only, and return the results."""
        for number, database in enumerate(self.databases):
            self.tell(f"{database.name}: HTTP", number / len(self.databases))
            with self._databases_of_contenders(database):
                self._http(database, self._prepare(database, self.contenders))
            self.keep(self.results)
        return self.results

    @contextmanager
    def _databases_of_contenders(self, database: Database) -> Iterator[None]:
        for contender in self.contenders:
            database.create(contender.name)
        try:
            yield
        finally:
            for contender in self.contenders:
                database.drop(contender.name)

    # Steps ------------------------------------------------------------------------------------

    def _begin(self, what: str) -> None:
        self.keep(self.results)
        per_database = len(self.plan.sizes) * 2 + 8 + self.with_http
        ways = sum(len(database.ways) - 1 for database in self.databases)
        self.tell(what, self.done / (per_database * len(self.databases) + ways))
        self.done += 1

    def _measure(self, database: Database, stack: ExitStack) -> None:
        way = next(iter(database.ways))
        workers = self._start(database, way, stack)
        for worker in workers:
            worker.ask("migrate")
        for size in self.plan.sizes:
            if size > LARGEST_FOR_ALL:
                workers = [*filter(_is_ours, workers)]
            self._begin(f"{way}: fill in {size:,} keys")
            values = self._fill(workers, size)
            self._begin(f"{way}: requests with one of {size:,} keys")
            self._requests(workers, values, "good", way=way, keys=size)
            if size == self.plan.size:
                self._measure_size(database, workers, values)
        self._begin(f"{way}: sizes")
        self._storage(workers, database, keys=self.plan.sizes[-1])
        if database.name == "PostgreSQL" and any(map(_is_ours, workers)):
            self._begin(f"{way}: pages")
            with ExitStack() as inner:
                self._pages(database, way, inner)

    def _measure_creation(self, database: Database, stack: ExitStack) -> None:
        way = next(iter(database.ways))
        workers = self._start(database, way, stack)
        for worker in workers:
            worker.ask("migrate")
        self.tell(f"{way}: create keys", self.databases.index(database) / len(self.databases))
        self._creation(workers, way)
        self.keep(self.results)

    def _measure_size(
        self,
        database: Database,
        workers: Sequence[WorkerProcess],
        values: Mapping[str, Values],
    ) -> None:
        way, *further = database.ways
        here = {"way": way, "keys": self.plan.size}
        for kind in ("mistyped", "unknown"):
            self._begin(f"{way}: {kind} keys")
            self._requests(workers, values, kind, **here)
        self._begin(f"{way}: create keys")
        self._creation(workers, way)
        for other in further:
            self._begin(f"{other}: requests with one of {self.plan.size:,} keys")
            with ExitStack() as inner:
                again = self._start(database, other, inner)
                self._requests(again, values, "good", way=other, keys=self.plan.size)
        if self.with_http:
            self._begin(f"{way}: HTTP")
            self._http(database, values)
        crowded = [worker for worker in workers if worker.contender.has_many_keys_per_user]
        for number in self.plan.owner_sizes:
            self._begin(f"{way}: an owner with {number:,} keys")
            kind = f"of {number}"
            mine = {
                worker.contender.name: {kind: worker.ask("fill_one_owner", number)}
                for worker in crowded
            }
            self._requests(crowded, mine, kind, **here)
        self._begin(f"{way}: lists")
        self._lists(workers, mine, way)
        self._begin(f"{way}: count usage")
        self._counting(workers, way)
        self._listening(workers, values, way)

    # Measurements -----------------------------------------------------------------------------

    def _start(
        self,
        database: Database,
        way: str,
        stack: ExitStack,
        contenders: Iterable[Contender] | None = None,
    ) -> list[WorkerProcess]:
        workers = []
        for contender in self.contenders if contenders is None else contenders:
            settings = {**database.settings(contender.name), **database.ways[way]}
            worker = WorkerProcess(contender, settings)
            stack.callback(worker.stop)
            workers.append(worker)
        return workers

    def _fill(self, workers: Sequence[WorkerProcess], size: int) -> dict[str, Values]:
        # Nothing is timed here, so the workers can run in parallel.
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            values = pool.map(lambda worker: worker.ask("fill", size, self.plan.samples), workers)
            return {
                worker.contender.name: each for worker, each in zip(workers, values, strict=True)
            }

    def _in_turns(self, members: Sequence[Any], do: Callable[[Any], Any], rounds: int) -> list[Any]:
        """Call ``do`` with each member in each round, in random order. Return the results by member."""
        answers: list[list[Any]] = [[] for _ in members]
        positions = list(range(len(members)))
        for _round in range(rounds):
            self.random.shuffle(positions)
            for position in positions:
                answers[position].append(do(members[position]))
        return answers

    def _requests(
        self,
        workers: Sequence[WorkerProcess],
        values: Mapping[str, Values],
        kind: str,
        *,
        way: str,
        keys: int,
    ) -> None:
        queries = [
            worker.ask("use", kind, values[worker.contender.name][kind]) for worker in workers
        ]
        number = {
            worker: min(self.plan.requests, 1 + int(LONGEST_TURN / worker.ask("time", 3)[1]))
            for worker in workers
        }
        turns = self._in_turns(
            workers, lambda worker: worker.ask("time", number[worker]), self.plan.rounds
        )
        for worker, count, times in zip(workers, queries, turns, strict=True):
            opened = summarize([opened for opened, _guarded in times])
            guarded = summarize([guarded for _opened, guarded in times])
            self._add(
                "request",
                worker.contender,
                way,
                keys=keys,
                kind=kind,
                queries=count,
                open=opened,
                guarded=guarded,
                ratio={name: guarded[name] / opened[name] for name in guarded},
                round_trips=(
                    worker.ask("round_trips") if worker.contender.name == "ours-rates" else 0
                ),
            )

    def _creation(self, workers: Sequence[WorkerProcess], way: str) -> None:
        for tasks, number, creators in (
            (["create"], self.plan.created, workers),
            (["create_in_one_transaction"], self.plan.created, workers),
            (MANY_AT_ONCE, self.plan.created_at_once, [*filter(_is_ours, workers)]),
        ):
            members = [(worker, task) for worker in creators for task in tasks]
            turns = self._in_turns(members, _caller(number), self.plan.created_rounds)
            for (worker, task), times in zip(members, turns, strict=True):
                queries = worker.ask("call", "queries_of_creation")
                self._add(task, worker.contender, way, queries=queries, time=summarize(times))
        for worker in workers:
            worker.ask("call", "clean_up")

    def _lists(
        self, workers: Sequence[WorkerProcess], values: Mapping[str, Values], way: str
    ) -> None:
        number = self.plan.owner_sizes[-1]
        for worker in filter(_is_ours, workers):
            [[value]] = values[worker.contender.name].values()
            for task in ("list_by_api", "list_page"):
                times = [worker.ask("call", task, value) for _ in range(20)]
                self._add(task, worker.contender, way, keys=number, time=summarize(times))
            times = [worker.ask("call", "serialize", value) for _ in range(5)]
            ours, plain = (summarize(column) for column in zip(*times, strict=True))
            self._add("serialize", worker.contender, way, keys=number, time=ours, plain=plain)

    def _storage(self, workers: Sequence[WorkerProcess], database: Database, *, keys: int) -> None:
        for worker in filter(_is_ours, workers):
            if database.name == "PostgreSQL":
                sizes = worker.ask("call", "storage")
                self._add("storage", worker.contender, database.name, keys=keys, bytes=sizes)

    def _counting(self, workers: Sequence[WorkerProcess], way: str) -> None:
        plan = self.plan
        for worker in workers:
            if worker.contender.name == "ours-usage":
                arguments = plan.counted, plan.counted_keys, plan.counted_minutes
                figures = worker.ask("call", "usage.write_counts", *arguments)
                figures |= {"keys": plan.counted_keys, "minutes": plan.counted_minutes}
                self._add("counting", worker.contender, way, **figures)

    def _listening(
        self, workers: Sequence[WorkerProcess], values: Mapping[str, Values], way: str
    ) -> None:
        """Measure the verification of a kept key beside the thread that listens for changes."""
        for worker in workers:
            if worker.contender.name == "ours-cached" and way == "PostgreSQL":
                value = values["ours-cached"]["good"][0]
                arguments = "listening.verify", value, self.plan.kept_verifications
                turns = [worker.ask("call", *arguments) for _ in range(self.plan.listening_rounds)]
                times = {name: summarize([turn[name] for turn in turns]) for name in turns[0]}
                self._add("listening", worker.contender, way, **times)

    def _pages(self, database: Database, way: str, stack: ExitStack) -> None:
        """Measure the settings pages with a long history of usage, and without usage."""
        plan = self.plan
        for contender in PAGES.values():
            database.create(contender.name)
            stack.callback(database.drop, contender.name)
        workers = self._start(database, way, stack, PAGES.values())
        for worker in workers:
            worker.ask("migrate")
        owners = {
            worker: worker.ask("call", "usage.fill_history", plan.history_keys, plan.history_days)
            for worker in workers
        }
        rows = workers[-1].ask("call", "usage.hours")
        for page in PAGES_MEASURED:
            queries = [
                worker.ask("call", "usage.queries_of_page", owners[worker], page)
                for worker in workers
            ]
            turns = self._in_turns(
                workers,
                lambda worker, page=page: worker.ask("call", "usage.page", owners[worker], page),
                plan.history_rounds,
            )
            for worker, count, times in zip(workers, queries, turns, strict=True):
                figures = {"queries": count, "time": summarize(times), "rows": rows}
                keys = plan.history_keys
                self._add("page", worker.contender, way, page=page, keys=keys, **figures)

    def _http(self, database: Database, values: Mapping[str, Values]) -> None:
        contenders, values = [*self.contenders], {**values}
        with ExitStack() as stack:
            if database.name == "PostgreSQL" and "ours" in values:
                database.create(PREPARED.name)
                stack.callback(database.drop, PREPARED.name)
                contenders.append(PREPARED)
                values |= self._prepare(database, [PREPARED])
            serving = Serving(self.plan, self._in_turns)
            self.results += serving.measure(database, contenders, values)

    def _prepare(self, database: Database, contenders: Sequence[Contender]) -> dict[str, Values]:
        """Create the tables and keys of these contenders."""
        way = next(iter(database.ways))
        with ExitStack() as stack:
            workers = self._start(database, way, stack, contenders)
            for worker in workers:
                worker.ask("migrate")
            return self._fill(workers, self.plan.size)

    def _add(self, measure: str, contender: Contender, way: str, **figures: Any) -> None:
        self.results.append(
            {"measure": measure, "contender": contender.name, "way": way, **figures}
        )


def _caller(number: int) -> Callable[[tuple[WorkerProcess, str]], float]:
    return lambda member: member[0].ask("call", member[1], number)


def _is_ours(process: WorkerProcess) -> bool:
    return process.contender.name == "ours"
