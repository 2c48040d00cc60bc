"""The client's permissions for tests: read, signed, taken back."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from demos.selectors import targets as reading
from demos.selectors.trials import visible_authorisations
from demos.services.authorisations import revoke_authorisation, sign_authorisation
from demos.services.targets import spec_of
from demos.trial_forms import PermissionForm
from engagements.selectors import engagement_for
from portal import access, ids
from portal.errors import GatehouseError, Invalid, ReauthenticationRequired
from portal.services.signing import signing_proof
from portal.web.requests import PersonRequest

REFUSED = 422
_KEPT = "permission:"


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def permissions(request: PersonRequest, tenant: str, engagement_id: UUID) -> HttpResponse:
    """What the client allows; its people sign here. What was typed is kept while they show who they are."""
    engagement = engagement_for(request.user, engagement_id)
    versions = {
        row.target.public_id: row for row in reading.newest_target_versions(request.user, engagement_id)
    }
    choices = [(key, row.target.name) for key, row in versions.items()]
    key = _KEPT + engagement.public_id
    kept = QueryDict(request.session.pop(key, ""), mutable=False).dict() if request.method != "POST" else {}
    form = PermissionForm(request.POST or None, targets=choices, initial=kept)
    if request.method == "POST" and form.is_valid():
        version = versions[form.cleaned_data["target"]]
        host = spec_of(version).place
        try:
            sign_authorisation(
                by=request.user, target_id=ids.decode("tgt", form.cleaned_data["target"]),
                allowance=form.allowance(host), signed_name=form.cleaned_data["signed_name"],
                proof=signing_proof(request),
            )  # fmt: skip
        except Invalid as refused:
            form.show_refusal(refused)
        except ReauthenticationRequired:
            typed = request.POST.copy()
            typed.pop("csrfmiddlewaretoken", None)
            request.session[key] = typed.urlencode()
            raise
        else:
            messages.success(request, "Signed. You can take this permission back at any time.")
            return redirect("demos:permissions", tenant, engagement_id)
    context = {
        "engagement": engagement,
        "form": form,
        "rows": visible_authorisations(request.user, engagement_id),
        "may_sign": access.of(request.user).can("authorise_tests", engagement),
        "hosts": [(row.target.name, spec_of(row).place) for row in versions.values()],
        "proof": _proof(request),
        "now": timezone.now(),
    }
    return render(request, "demos/permissions.html", context, status=REFUSED if form.errors else 200)


@login_required
@require_POST
def revoke(request: PersonRequest, tenant: str, engagement_id: UUID, authorisation_id: UUID) -> HttpResponse:
    """Take a permission back."""
    engagement_for(request.user, engagement_id)
    revoke_authorisation(by=request.user, authorisation_id=authorisation_id)
    messages.success(request, "Taken back. A test under this permission stops now.")
    return redirect("demos:permissions", tenant, engagement_id)


def _proof(request: PersonRequest) -> str:
    try:
        proof = signing_proof(request)
    except GatehouseError as needed:
        return needed.detail
    return f"Shown by {proof.method}, {proof.age_s} seconds ago."
