"""What is thrown away when its time is over."""

from django.utils import timezone

from portal.models import IdempotencyRecord, Tenant
from portal.scope import tenant_scope


def forget_expired_keys() -> int:
    """Delete answers kept under idempotency keys, tenant by tenant. Returns how many."""
    gone = 0
    for tenant_id in Tenant.objects.values_list("pk", flat=True).order_by("pk"):
        with tenant_scope([tenant_id]):
            gone += IdempotencyRecord.objects.filter(expires__lte=timezone.now()).delete()[0]
    return gone
