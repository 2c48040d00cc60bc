"""With what the sample's own decisions are signed."""

from __future__ import annotations

from typing import Final

from portal.services.signing import SigningProof

PROOF: Final = SigningProof("sample", 0, second_factor=False)
"""The sample's own decision names its way of signing; nobody typed a password for it."""
