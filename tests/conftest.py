"""Wiring only: threads, and Hypothesis profiles. ``HYPOTHESIS_PROFILE=deep`` tries many more examples."""

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
