"""Forms of what a run needs: systems under test, graders, prices. Each shows only what its kind has."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson
from django import forms

from demos.engine.graders import GraderKind, GraderSpec
from demos.engine.pricing import Price
from demos.engine.targets.spec import MEGABYTE, Header, Polling, TargetKind, TargetSpec, Timeouts
from demos.forms import KEY_SECRET, RefusableForm
from demos.grader_kinds import GRADER_KINDS
from demos.services.prices import Line
from demos.vocabulary import CaseCategory, PriceClass

TARGET_KINDS = {
    TargetKind.OPENAI_CHAT.value: "Chat completions",
    TargetKind.OPENAI_RESPONSES.value: "Responses",
    TargetKind.GENERIC_JSON.value: "Any JSON",
    TargetKind.SUBMIT_POLL.value: "Submit, then fetch",
}
PATHS = {
    "tokens_in_path": "Tokens in",
    "tokens_out_path": "Tokens out",
    "tokens_cached_path": "Cached tokens in",
    "session_path": "Session",
    "citations_path": "Sources cited",
    "tools_path": "Tools called",
}
OPENAI_FIELDS = frozenset({"model", "system", "stream"})
GENERIC_FIELDS = frozenset({"answer_path", *PATHS})
POLL_FIELDS = frozenset({"poll_url", "poll_id_path", "poll_status_path", "poll_done", "poll_interval_s"})
FIELDS_OF_KIND: Mapping[str, frozenset[str]] = {
    "openai_chat": OPENAI_FIELDS,
    "openai_responses": OPENAI_FIELDS,
    "generic_json": GENERIC_FIELDS | {"stream"},
    "submit_poll": GENERIC_FIELDS | POLL_FIELDS,
}


def json_in(text: str) -> Any:
    """Parsed JSON, or None when empty. Raises ValidationError with the place of the fault."""
    text = text.strip()
    if not text:
        return None
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as problem:
        raise forms.ValidationError(
            f"This is not JSON: {problem.msg} at character {problem.colno}."
        ) from None


class TargetForm(RefusableForm):
    """A target of one kind. The key is written only: it is never shown again."""

    pointers = {"/config": "template"}

    kind = forms.CharField(widget=forms.HiddenInput)
    name = forms.CharField(max_length=120, label="Name", help_text="As both sides call it: Triage assistant.")
    url = forms.CharField(
        max_length=2000,
        label="Address",
        help_text="The whole address, such as https://…/v1/chat/completions.",
    )
    model = forms.CharField(max_length=200, required=False, label="Model")
    system = forms.CharField(
        required=False, max_length=20_000, label="System message", widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What the model is told before each question.",
    )  # fmt: skip
    template = forms.CharField(
        required=False, max_length=20_000, label="Request as JSON", widget=forms.Textarea(attrs={"rows": 4})
    )
    answer_path = forms.CharField(
        max_length=300, required=False, label="Where the answer stands",
        help_text="A JSONPath such as $.answer. In a stream: where each event has its piece.",
    )  # fmt: skip
    stream = forms.BooleanField(
        required=False, label="Stream the answer", help_text="Measures the time to the first piece as well."
    )
    poll_url = forms.CharField(
        max_length=2000, required=False, label="Where the answer is fetched",
        help_text="On the same host, with {{job_id}}: https://…/jobs/{{job_id}}.",
    )  # fmt: skip
    poll_id_path = forms.CharField(
        max_length=200, required=False, label="Where the job’s number stands", initial="$.id"
    )
    poll_status_path = forms.CharField(
        max_length=200, required=False, label="Where its status stands", initial="$.status"
    )
    poll_done = forms.CharField(
        max_length=300, required=False, label="Words for done", initial="done, completed, succeeded"
    )
    poll_interval_s = forms.FloatField(
        required=False, min_value=0.05, max_value=60, initial=1, label="Time between two looks"
    )
    key = forms.CharField(
        required=False, max_length=4000, label="Key", strip=True,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off"}),
        help_text="Sent as a bearer token. Stored sealed, never shown. Empty: none, or the old key.",
    )  # fmt: skip
    timeout_s = forms.IntegerField(
        min_value=1, max_value=3600, initial=60, label="Longest wait for an answer"
    )
    first_byte_s = forms.IntegerField(
        min_value=1, max_value=3600, required=False, label="Longest silence",
        help_text="Until the first byte, and between two pieces. Empty: as the longest wait.",
    )  # fmt: skip
    connect_s = forms.IntegerField(
        min_value=1, max_value=3600, required=False, label="Longest time to connect"
    )
    max_response_mb = forms.DecimalField(
        min_value=Decimal("0.001"), max_value=64, required=False, label="Longest answer",
        help_text="What is longer counts as an error. Empty: 1.",
    )  # fmt: skip
    concurrency = forms.IntegerField(
        min_value=1, max_value=512, initial=4, label="Questions at a time",
        help_text="Over all workers and runs together.",
    )  # fmt: skip
    max_per_second = forms.FloatField(
        min_value=0.01, required=False, label="Questions a second",
        help_text="Over all workers and runs together. Empty: no limit.",
    )  # fmt: skip
    per_million_in = forms.DecimalField(
        min_value=0, required=False, label="Price per million tokens in", max_digits=18, decimal_places=6
    )
    per_million_out = forms.DecimalField(
        min_value=0, required=False, label="Price per million tokens out", max_digits=18, decimal_places=6
    )
    per_call = forms.DecimalField(
        min_value=0, required=False, label="Price per call", max_digits=18, decimal_places=6
    )

    def __init__(self, *args: Any, currency: str, kind: str, has_key: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency, self.has_key = currency, has_key
        self.chosen = TargetKind(kind) if kind in FIELDS_OF_KIND else TargetKind.OPENAI_CHAT
        self.fields["kind"].initial = self.chosen.value
        for name, label in PATHS.items():
            self.fields[name] = forms.CharField(max_length=200, required=False, label=label)
        every = OPENAI_FIELDS | GENERIC_FIELDS | POLL_FIELDS
        for name in every - FIELDS_OF_KIND[self.chosen]:
            del self.fields[name]
        self.fields["template"].help_text = (
            'Further fields of the body, such as {"temperature": 0}. Empty: none.'
            if self.chosen in (TargetKind.OPENAI_CHAT, TargetKind.OPENAI_RESPONSES)
            else 'For example {"question": "{{question}}"}. Also {{context}}, {{case_id}}, {{category}}, '
            "{{session_id}} and {{history}}."
        )

    @property
    def path_fields(self) -> list[forms.BoundField]:
        """The fields of what else is read from the response."""
        return [self[name] for name in PATHS if name in self.fields]

    @property
    def poll_fields(self) -> list[forms.BoundField]:
        """The fields of how the answer is fetched."""
        return [self[name] for name in self.fields if name in POLL_FIELDS]

    def clean_template(self) -> Any:
        """Parsed JSON, or None when empty."""
        return json_in(self.cleaned_data["template"])

    def clean(self) -> dict[str, Any]:
        """The engine checks the description as a whole."""
        data = super().clean() or self.cleaned_data
        if not self.errors:
            try:
                self.spec(secret=KEY_SECRET)
            except ValueError as problem:
                self.add_error("url" if "address must" in str(problem) else None, str(problem))
        return data

    def spec(self, *, secret: str) -> TargetSpec:
        """The engine's description. Raises ValueError with a sentence."""
        data = self.cleaned_data
        headers = (Header("Authorization", "Bearer ", secret),) if data["key"] or self.has_key else ()
        total = float(data["timeout_s"])
        size = data["max_response_mb"]
        return TargetSpec(
            kind=self.chosen,
            url=data["url"].strip(),
            model=data.get("model", "").strip(),
            system=data.get("system", ""),
            template=data["template"],
            answer_path=data.get("answer_path", "").strip(),
            headers=headers,
            timeouts=Timeouts(
                connect_s=float(data["connect_s"] or min(10.0, total)),
                first_byte_s=float(data["first_byte_s"] or total),
                total_s=total,
            ),
            concurrency=data["concurrency"],
            max_per_second=data["max_per_second"],
            max_response_bytes=int(size * MEGABYTE) if size else MEGABYTE,
            stream=data.get("stream", False),
            polling=self._polling(),
            **{name: data.get(name, "").strip() for name in PATHS},
        )

    def _polling(self) -> Polling | None:
        if self.chosen is not TargetKind.SUBMIT_POLL:
            return None
        data = self.cleaned_data
        done = tuple(word.strip() for word in data["poll_done"].split(",") if word.strip())
        return Polling(
            url=data["poll_url"].strip(),
            id_path=data["poll_id_path"].strip(),
            status_path=data["poll_status_path"].strip() or "$.status",
            done=done,
            interval_s=data["poll_interval_s"] or 1.0,
        )

    def price(self) -> Price:
        """What one attempt costs, in the currency of the engagement."""
        data = self.cleaned_data
        zero = Decimal(0)
        return Price(
            self.currency,
            data["per_million_in"] or zero,
            data["per_million_out"] or zero,
            data["per_call"] or zero,
        )


def initial_of(spec: TargetSpec, price: Price, template: str) -> dict[str, Any]:
    """What the form shows of a stored target."""
    named = ("url", "model", "system", "answer_path", "concurrency", "max_per_second", "stream", *PATHS)
    shown: dict[str, Any] = {name: getattr(spec, name) for name in named}
    if spec.polling is not None:
        shown |= {
            "poll_url": spec.polling.url, "poll_id_path": spec.polling.id_path,
            "poll_status_path": spec.polling.status_path, "poll_done": ", ".join(spec.polling.done),
            "poll_interval_s": spec.polling.interval_s,
        }  # fmt: skip
    return shown | {
        "kind": spec.kind.value,
        "template": template,
        "timeout_s": int(spec.timeouts.total_s),
        "first_byte_s": int(spec.timeouts.first_byte_s),
        "connect_s": int(spec.timeouts.connect_s),
        "max_response_mb": Decimal(spec.max_response_bytes) / MEGABYTE,
        "per_million_in": price.per_million_in,
        "per_million_out": price.per_million_out,
        "per_call": price.per_call,
    }


class GraderForm(RefusableForm):
    """One grader of one kind, with the settings that this kind has."""

    pointers = {"/params": ""}

    kind = forms.CharField(widget=forms.HiddenInput)
    name = forms.CharField(max_length=120, label="Name", help_text="What it finds right: Right category.")
    categories = forms.MultipleChoiceField(
        required=False, label="Only for cases of these categories", choices=CaseCategory.choices,
        widget=forms.CheckboxSelectMultiple, help_text="None ticked: for every case.",
    )  # fmt: skip
    weight = forms.FloatField(
        required=False, min_value=0, max_value=1000, initial=1, label="Weight",
        help_text="Its share when a run passes with less than the full score. Empty: 1.",
    )  # fmt: skip
    must = forms.BooleanField(
        required=False, label="A case fails when this grader fails, whatever the others say"
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.chosen = GraderKind(kind)
        self.about = GRADER_KINDS[self.chosen]
        self.fields["kind"].initial = self.chosen.value
        for name, make in self.about.fields.items():
            self.fields[name] = make()
        self.order_fields(["kind", "name", *self.about.fields, "categories", "weight", "must"])

    def clean(self) -> dict[str, Any]:
        """Settings in JSON are read here, so that the fault is shown at their field."""
        data = super().clean() or self.cleaned_data
        for name in ("schema", "arguments"):
            if data.get(name):
                try:
                    data[name] = json_in(data[name])
                except forms.ValidationError as problem:
                    self.add_error(name, problem)
        return data

    def spec(self) -> GraderSpec:
        """The engine's value."""
        data = self.cleaned_data
        return GraderSpec(
            self.chosen,
            self.about.params(data),
            must=data["must"],
            weight=1.0 if data["weight"] is None else data["weight"],
            categories=frozenset(data["categories"]),
        )


class PriceForm(RefusableForm):
    """A version of a price table: one price a line."""

    name = forms.CharField(
        max_length=120, label="Price table", help_text="The provider, such as “Our contract”."
    )
    valid_from = forms.DateField(label="Valid from", help_text="Year-month-day, such as 2026-12-01.")
    valid_to = forms.DateField(
        required=False, label="Valid until", help_text="That day included. Empty: until further."
    )
    source = forms.CharField(
        max_length=300,
        required=False,
        label="Where the prices come from",
        help_text="Contract, date of a page.",
    )
    lines = forms.CharField(
        max_length=20_000, label="Prices", widget=forms.Textarea(attrs={"rows": 8}),
        help_text="One a line: model, what is charged (in, out, cached, call, minute), amount. "
        "For example: triage-4, in, 2.50. Tokens are priced by the million.",
    )  # fmt: skip

    def clean_lines(self) -> list[Line]:
        """The prices. The first line that cannot be read is named."""
        found = []
        for number, text in enumerate(self.cleaned_data["lines"].splitlines(), start=1):
            if not text.strip():
                continue
            parts = [part.strip() for part in text.rsplit(",", 2)]
            try:
                model, word, amount = parts
                found.append(Line(model, PriceClass(word.lower()), Decimal(amount)))
            except (ValueError, InvalidOperation):
                raise forms.ValidationError(
                    f"Line {number} is not “model, in, 2.50”. After the model comes in, out, cached, call or "
                    "minute, then the amount with a point."
                ) from None
        return found

    def first_day(self) -> date:
        """The first day of validity."""
        day: date = self.cleaned_data["valid_from"]
        return day
