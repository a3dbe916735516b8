"""Wiring only: threads, garbage, and Hypothesis profiles. ``HYPOTHESIS_PROFILE=deep`` tries many more examples."""

import gc
import os

from hypothesis import HealthCheck, settings

# Each worker has a processor to itself: threads of OpenMP beside it would spin while they wait for their turn.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Examples are derandomised by default, so that a run that passed passes again.
settings.register_profile(
    "default", max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("deep", max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


def pytest_collection_finish() -> None:
    """Collect garbage from here on: the module of the commands switches that off, and no test would switch it on.

    What was made so far, such as the tests themselves, is passed over: it stays anyway.
    """
    gc.freeze()
    gc.enable()
