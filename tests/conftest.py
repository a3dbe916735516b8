"""Wiring only: Hypothesis profiles. ``HYPOTHESIS_PROFILE=deep`` tries many more examples."""

import os

from hypothesis import HealthCheck, settings

# Examples are derandomised by default, so that a run that passed passes again.
settings.register_profile(
    "default", max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("deep", max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
