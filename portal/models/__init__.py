"""The portal's tables. Import a model from here; each lives in the file of its noun."""

from portal.models.idempotency import IdempotencyRecord
from portal.models.ledger import LedgerEntry, LedgerHead, Notification, OutboxEvent
from portal.models.mail_wishes import MailWishes
from portal.models.membership import Invitation, Membership
from portal.models.owned import TenantForeignKey, TenantOwned
from portal.models.permission import GuestGrant, TenantGroupPermission
from portal.models.reset import ResetRequest
from portal.models.secret import Secret
from portal.models.tenant import Tenant
from portal.models.token import ApiToken
from portal.models.user import User

__all__ = [
    "ApiToken",
    "GuestGrant",
    "IdempotencyRecord",
    "Invitation",
    "LedgerEntry",
    "LedgerHead",
    "MailWishes",
    "Membership",
    "Notification",
    "OutboxEvent",
    "ResetRequest",
    "Secret",
    "Tenant",
    "TenantForeignKey",
    "TenantGroupPermission",
    "TenantOwned",
    "User",
]
