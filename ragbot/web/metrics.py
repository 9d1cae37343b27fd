"""What the server counts, for Prometheus: ``GET /metrics``.

    metrics = Metrics(engine)
    metrics.answered("chat", answer, seconds=0.4, waited=0.0)
    metrics.text()                      # ragbot_questions_total{status="answered",…} 1.0 …

Labels are words of the program (a route, a status, a stage, the generation's id), never a question,
a source, a user or an address. A registry of its own: two servers in one process count apart. Each
process counts for itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from importlib import metadata

from fastapi import APIRouter, Response
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric

from ragbot.types import Answer
from ragbot.web.engine import EngineHandle

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})
_QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_SLOW = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 90)


class Metrics:
    """Counters of one server."""

    def __init__(self, engine: EngineHandle) -> None:
        """``engine``: asked for its queue and its index at each scrape."""
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "ragbot_http_requests",
            "HTTP requests by route, method and status.",
            ("route", "method", "status"),
            registry=registry,
        )
        self._request_seconds = Histogram(
            "ragbot_http_response_start_seconds",
            "Time until a response begins.",
            ("route",),
            buckets=_QUICK,
            registry=registry,
        )
        self._questions = Counter(
            "ragbot_questions",
            "Questions and searches by where they were asked and how they ended.",
            ("surface", "status", "reason"),
            registry=registry,
        )
        self._stages = Histogram(
            "ragbot_question_stage_seconds",
            "Time of the stages of an answer; queue: until its turn came.",
            ("stage",),
            buckets=_SLOW,
            registry=registry,
        )
        info = Gauge("ragbot_build_info", "The version.", ("version",), registry=registry)
        info.labels(metadata.version("ragbot")).set(1)
        registry.register(_State(engine))
        ProcessCollector(registry=registry)

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one HTTP request. ``route``: as the router writes it, not as it was asked."""
        known = method if method in METHODS else "other"
        self._requests.labels(route, known, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def answered(self, surface: str, answer: Answer, *, seconds: float, waited: float) -> None:
        """Count one answer; ``seconds`` from asking to the end, ``waited`` of it in the queue."""
        self._questions.labels(surface, answer.status, answer.reason or "").inc()
        self._stages.labels("queue").observe(waited)
        self._stages.labels("whole").observe(seconds)
        for stage, ms in answer.timings_ms.items():
            self._stages.labels(stage).observe(ms / 1000)

    def ended(self, surface: str, status: str, reason: str = "") -> None:
        """Count a question or search that brought no ``Answer``: found, turned away, failed."""
        self._questions.labels(surface, status, reason).inc()

    def text(self) -> str:
        """Everything, as Prometheus reads it. Asks the index for its name: may touch the disk."""
        return generate_latest(self._registry).decode()


class _State:
    """What is true at the moment of a scrape."""

    def __init__(self, engine: EngineHandle) -> None:
        self._engine = engine

    def collect(self) -> Iterable[Metric]:
        """See ``prometheus_client.registry.Collector``."""
        workers = self._engine.workers
        yield _gauge("ragbot_questions_running", "Questions computed now.", workers.running)
        yield _gauge("ragbot_questions_waiting", "Questions waiting.", workers.waiting)
        yield _gauge(
            "ragbot_questions_overrun",
            "Questions still computed though nobody waits for them.",
            workers.overrun,
        )
        generation = self._generation()
        yield _gauge("ragbot_ready", "Whether questions can be answered.", bool(generation))
        index = GaugeMetricFamily(
            "ragbot_index_info", "The index generation in use.", labels=["generation"]
        )
        if generation:
            index.add_metric([generation], 1)
        yield index

    def _generation(self) -> str:
        try:
            return self._engine.get().generation()
        except Exception:  # noqa: BLE001 - whatever is wrong with it, it is not ready
            return ""


def router(metrics: Metrics) -> APIRouter:
    """``GET /metrics``. With a sign-in it is closed but to ``RAGBOT_METRICS_FROM``."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/metrics")
    async def scrape() -> Response:
        text = await asyncio.to_thread(metrics.text)
        return Response(text, headers={"Cache-Control": "no-store"}, media_type=CONTENT_TYPE)

    return routes


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=value)
