"""Locust's side of ``load``: one user asks, checks that the answer is one, and pauses.

locust -f eval/bench/load_users.py --headless --host http://127.0.0.1:7860 --users 5 --run-time 20s
"""

from __future__ import annotations

import itertools
import os

from locust import HttpUser, between, constant, task

from eval.bench.load import body

NUMBERS = itertools.count()


class Reader(HttpUser):
    """Somebody in a practice."""

    wait_time = between(1, 3) if os.environ.get("LOAD_PAUSE") else constant(0)

    def on_start(self) -> None:
        """Take an address of one's own."""
        number = next(NUMBERS)
        self.address = f"10.0.{number // 250}.{number % 250 + 1}"

    @task
    def ask(self) -> None:
        """Ask the next question."""
        headers = {"content-type": "application/json", "x-forwarded-for": self.address}
        with self.client.post(
            "/api/ask", data=body(next(NUMBERS)), headers=headers, catch_response=True
        ) as response:
            if response.status_code != 200:
                response.failure(f"{response.status_code}: {response.text[:200]}")
            elif response.json()["status"] not in ("answered", "not_in_sources"):
                response.failure(response.json()["text"])
