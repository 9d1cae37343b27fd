"""``--engine ray`` on a local cluster: the same index as without it."""

import gc
import importlib.util
import os
import warnings
from functools import partial

import pytest

from ingest.journal import Journal
from ingest.workers import Limits
from ragbot.config import load_settings
from ragbot.errors import ConfigError
from ragbot.index.generations import IndexDirectory
from tests.fakes import WordEmbeddings
from tests.test_index_server import found

HAS_RAY = importlib.util.find_spec("ray") is not None
needs_ray = pytest.mark.skipif(not HAS_RAY, reason="NOT TESTED: ray is not installed (extra `ray`)")
pytestmark = pytest.mark.filterwarnings(
    "ignore"  # Ray's own: deprecations, and files that it leaves open
)
TEXT = "Practice {n} offers reviews to its patients. {m} of them came in the first year. " * 3


@pytest.fixture(scope="module")
def cluster():
    """A Ray of two cores on this machine."""
    import ray

    os.environ["RAY_ENABLE_UV_RUN_RUNTIME_ENV"] = "0"
    ray.init(
        num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="error",
        object_store_memory=200_000_000, configure_logging=False,
    )  # fmt: skip
    yield
    with warnings.catch_warnings():  # Ray leaves files open, here and in its threads
        warnings.simplefilter("ignore", ResourceWarning)
        ray.shutdown()
        gc.collect()


@pytest.fixture
def files(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    for n in range(4):
        (folder / f"{n}.txt").write_text(TEXT.format(n=n, m=n * 7 + 2), encoding="utf-8")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 and then nothing")
    return folder


@needs_ray
def test_the_index_is_the_same_and_nothing_is_done_twice(cluster, files, tmp_path):
    from ingest.pipeline import Options
    from ragbot.wiring import open_ingest

    reports = {}
    for engine in ("local", "ray"):
        settings = load_settings(index_dir=tmp_path / engine)
        reports[engine] = open_ingest(settings, engine=engine)([files], Options())
    assert reports["ray"].embedded == 0  # all of it came from the cluster
    assert reports["local"].embedded == 4
    outcomes = {
        engine: [(row.path, row.outcome, row.documents, row.chunks) for row in report.rows]
        for engine, report in reports.items()
    }
    assert outcomes["ray"] == outcomes["local"]
    assert [row.outcome for row in reports["ray"].rows] == ["added"] * 4 + ["failed"]
    one, other = (found(IndexDirectory(tmp_path / engine)) for engine in ("local", "ray"))
    for hits in (one, other):
        hits["by vector"] = [[chunk for chunk, _ in row] for row in hits["by vector"]]
    assert one == other


@needs_ray
def test_only_what_is_new_goes_to_the_cluster(cluster, files, tmp_path):
    from ingest.ray_engine import fill

    run = partial(fill, [files], known={}, load=partial(WordEmbeddings, 8), limits=Limits())
    with Journal.open(tmp_path / "journal.db") as journal:
        assert run(journal) == 5
        assert run(journal) == 1  # the broken one, which the ingest itself reports
        (files / "new.txt").write_text(TEXT.format(n=9, m=9), encoding="utf-8")
        assert run(journal) == 2


@pytest.mark.skipif(HAS_RAY, reason="ray is installed")
def test_without_ray_the_command_to_install_it_is_named(files, tmp_path):
    from ingest.ray_engine import fill

    with (
        Journal.open() as journal,
        pytest.raises(ConfigError, match=r"pip install 'ragbot\[ray\]'"),
    ):
        fill([files], journal, known={}, load=WordEmbeddings, limits=Limits())


def test_importing_the_engine_does_not_import_ray():
    import subprocess
    import sys

    code = "import sys, ingest.ray_engine; print('ray' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
