"""SDV's CTGAN synthesizer."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from generators.sdv_adapter import SdvGenerator


class SdvCtgan(SdvGenerator, frozen=True):
    """SDV's CTGAN synthesizer, for comparison; needs the extra `sdv`."""

    kind: Literal["sdv_ctgan"] = "sdv_ctgan"
    synthesizer: ClassVar[str] = "CTGANSynthesizer"

    epochs: int = Field(default=300, ge=1, le=100_000, description="Passes over the rows.")
    batch_size: int = Field(
        default=500, ge=2, le=100_000, description="Rows per step; even, and a multiple of `pac`."
    )
    embedding_dim: int = Field(default=128, ge=1, le=4096, description="Size of the noise.")
    generator_dim: tuple[int, ...] = Field(
        default=(256, 256), description="Widths of the generator's layers."
    )
    discriminator_dim: tuple[int, ...] = Field(
        default=(256, 256), description="Widths of the discriminator's layers."
    )
    generator_lr: float = Field(default=2e-4, gt=0, description="The generator's learning rate.")
    generator_decay: float = Field(default=1e-6, ge=0, description="The generator's weight decay.")
    discriminator_lr: float = Field(
        default=2e-4, gt=0, description="The discriminator's learning rate."
    )
    discriminator_decay: float = Field(
        default=1e-6, ge=0, description="The discriminator's weight decay."
    )
    discriminator_steps: int = Field(
        default=1, ge=1, le=100, description="Discriminator steps per generator step."
    )
    log_frequency: bool = Field(
        default=True, description="Whether categories are conditioned on by log frequency."
    )
    pac: int = Field(default=10, ge=1, le=1000, description="Rows judged together.")
    enable_gpu: bool = Field(default=False, description="Whether a GPU is used where there is one.")

    @model_validator(mode="after")
    def _batches_fit(self) -> Self:
        if self.batch_size % 2 or self.batch_size % self.pac:
            message = f"batch_size {self.batch_size} is not even or no multiple of pac {self.pac}"
            raise ValueError(message)
        return self
