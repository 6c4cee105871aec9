"""SDV's Gaussian copula synthesizer."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from generators.sdv_adapter import SdvGenerator

Distribution = Literal["norm", "beta", "truncnorm", "uniform", "gamma", "gaussian_kde"]


class SdvGaussianCopula(SdvGenerator, frozen=True):
    """SDV's Gaussian copula synthesizer, for comparison; needs the extra `sdv`."""

    kind: Literal["sdv_gaussian_copula"] = "sdv_gaussian_copula"
    synthesizer: ClassVar[str] = "GaussianCopulaSynthesizer"

    default_distribution: Distribution = Field(
        default="beta", description="Family of every numeric column's distribution."
    )
