"""SDV's TVAE synthesizer."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from generators.sdv_adapter import SdvGenerator


class SdvTvae(SdvGenerator, frozen=True):
    """SDV's TVAE synthesizer, for comparison; needs the extra `sdv`."""

    kind: Literal["sdv_tvae"] = "sdv_tvae"
    synthesizer: ClassVar[str] = "TVAESynthesizer"

    epochs: int = Field(default=300, ge=1, le=100_000, description="Passes over the rows.")
    batch_size: int = Field(default=500, ge=1, le=100_000, description="Rows per step.")
    embedding_dim: int = Field(default=128, ge=1, le=4096, description="Size of the latent space.")
    compress_dims: tuple[int, ...] = Field(
        default=(128, 128), description="Widths of the encoder's layers."
    )
    decompress_dims: tuple[int, ...] = Field(
        default=(128, 128), description="Widths of the decoder's layers."
    )
    l2scale: float = Field(default=1e-5, ge=0, description="Weight decay.")
    loss_factor: float = Field(
        default=2, gt=0, description="Weight of the reconstruction against the divergence."
    )
    enable_gpu: bool = Field(default=False, description="Whether a GPU is used where there is one.")
