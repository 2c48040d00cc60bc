"""Tags for forms: fields, the error summary, and buttons that say why they cannot be pressed."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from django import forms, template
from django.forms.boundfield import BoundField, BoundWidget
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from portal.icons import icon

register = template.Library()


def _kind(widget: forms.Widget) -> str:
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "choices"
    return "file" if isinstance(widget, forms.ClearableFileInput | forms.FileInput) else "input"


def _draw(field: BoundField, *, hint: str, kind: str, attrs: dict[str, Any]) -> SafeString:
    """The control itself with its class and its links to hint and error."""
    name = field.auto_id
    told_by = [f"{name}-h"] * bool(hint) + [f"{name}-e"] * bool(field.errors)
    given: dict[str, Any] = dict(attrs)
    if kind in {"input", "file"}:
        given["class"] = "input"
    widget = field.field.widget
    widget.attrs.pop("placeholder", None)  # the label says it, and stays when one types
    if isinstance(widget, forms.NumberInput):  # a number field would drop what it cannot read
        widget.input_type = "text"
        given.setdefault("inputmode", "decimal")
    if isinstance(widget, forms.Textarea) and widget.attrs.get("rows") == "10":
        given.setdefault("rows", 4)
    if told_by:
        given["aria-describedby"] = " ".join(told_by)
    if field.errors:
        given["aria-invalid"] = "true"
    return field.as_widget(attrs=given)


def _option(choice: BoundWidget) -> dict[str, Any]:
    """One choice; "Delay: cases are late" becomes a name and what it means, below it."""
    name, _, says = str(choice.choice_label).partition(": ")
    return {"tag": choice.tag(), "key": choice.id_for_label, "name": name, "says": says}


@register.inclusion_tag("components/field.html")
def field(bound: BoundField, hint: str = "", unit: str = "", label: str = "", **attrs: Any) -> dict[str, Any]:
    """Label, hint, control, error. Other arguments become attributes: ``inputmode="numeric"``.

    Underscores in names become hyphens (``hx_get``). The hint defaults to the field's help text.
    """
    told = hint or str(bound.help_text or "")
    kind = _kind(bound.field.widget)
    named = {key.replace("_", "-"): value for key, value in attrs.items()}
    return {
        "field": bound,
        "kind": kind,
        "hint": told,
        "unit": unit,
        "label": label or bound.label,
        "control": _draw(bound, hint=told, kind=kind, attrs=named) if kind != "choices" else "",
        "options": [_option(choice) for choice in bound] if kind == "choices" else [],
        "described_by": f"{bound.auto_id}-h" if told else "",
        "optional": not bound.field.required and kind != "check",
    }


@register.inclusion_tag("components/form_fields.html")
def form_fields(form: forms.BaseForm) -> dict[str, Any]:
    """All fields of a form in their order, hidden ones included."""
    return {"form": form}


@register.inclusion_tag("components/error_summary.html")
def error_summary(form: Any, focus: bool = True) -> dict[str, Any]:
    """What is to be put right, on top, with a link to each field. Draws nothing when all is well."""
    rows: list[tuple[str, str, str]] = []
    for name, errors in getattr(form, "errors", {}).items():
        bound = form[name] if name in form.fields else None
        for error in errors:
            target = _anchor(bound) if bound is not None else ""
            rows.append((target, str(bound.label) if bound is not None else "", str(error)))
    words = {1: "One thing", 2: "Two things", 3: "Three things"}
    words_for = words.get(len(rows), f"{len(rows)} things")
    return {"rows": rows, "focus": focus, "heading": f"{words_for} to put right"}


def _anchor(bound: BoundField) -> str:
    """The id of the control; a group of choices has the id on its first one."""
    return f"{bound.auto_id}_0" if _kind(bound.field.widget) == "choices" else str(bound.id_for_label)


@register.simple_tag
def action(label: str, permission: Any = True, href: str = "", **options: Any) -> SafeString:
    """A button or link, or the same one not allowed and saying why.

    ``permission``: a Permission, True or False. Options: reason="…", look="primary" | "danger" | "quiet",
    small=True, name=, value=, icon="pen-line", described="id" for one more explaining element.
    """
    look = f" btn-{options['look']}" if options.get("look") else ""
    small = " btn-small" if options.get("small") else ""
    picture = icon(options["icon"]) if options.get("icon") else ""
    if not permission:
        reason = options.get("reason") or getattr(permission, "reason", "") or "Not possible now."
        return _refused(label, str(reason), small, picture)
    if href:
        return format_html('<a class="btn{}{}" href="{}">{}{}</a>', look, small, href, picture, label)
    pairs = ((key, options[key]) for key in ("name", "value", "formaction", "form") if options.get(key))
    extra = format_html_join("", ' {}="{}"', pairs)
    return format_html(
        '<button class="btn{}{}" type="submit"{}>{}{}</button>', look, small, extra, picture, label
    )


def _refused(label: str, reason: str, small: str, picture: str) -> SafeString:
    key = f"why-{crc32((label + reason).encode()):08x}"
    return format_html(
        '<div class="stack tight"><button class="btn{}" type="button" aria-disabled="true"'
        ' aria-describedby="{}">{}{}</button><p class="reason" id="{}">{}<span>{}</span></p></div>',
        small, key, picture, label, key, icon("lock"), reason,
    )  # fmt: skip


@register.simple_tag
def described(*ids: str) -> SafeString:
    """``aria-describedby`` over those ids that are not empty, or nothing."""
    known = " ".join(key for key in ids if key)
    return format_html(' aria-describedby="{}"', known) if known else mark_safe("")
