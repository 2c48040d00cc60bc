"""Who asked for a new password and has not got the mail yet."""

from __future__ import annotations

from django.db import models

from portal import ids


class ResetRequest(models.Model):
    """One address that waits for its mail. The row goes when the mail is out; the link is never stored.

    It says nothing of whether the address has an account: that is looked up when the mail is written.
    """

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.pk)
