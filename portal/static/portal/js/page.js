// Comfort only: every page works without this file.

// A button that is not allowed keeps its reason in view and does nothing.
document.addEventListener("click", (event) => {
  const button = event.target.closest('[aria-disabled="true"]');
  if (button) event.preventDefault();
});

// One press, one request: the button that was pressed says that it is at work.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button || event.defaultPrevented) return;
  if (button.getAttribute("aria-busy") === "true") event.preventDefault();
  else setTimeout(() => button.setAttribute("aria-busy", "true"));
});
window.addEventListener("pageshow", () => {
  document.querySelectorAll('[aria-busy="true"]').forEach((node) => node.removeAttribute("aria-busy"));
});

// Files can be dropped on an upload sheet; names are shown before anything is sent.
document.querySelectorAll(".upload").forEach((sheet) => {
  const input = sheet.querySelector('input[type="file"]');
  if (!input) return;
  const over = (on) => (event) => { event.preventDefault(); sheet.classList.toggle("is-over", on); };
  sheet.addEventListener("dragover", over(true));
  sheet.addEventListener("dragleave", over(false));
  sheet.addEventListener("drop", (event) => {
    over(false)(event);
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  input.addEventListener("change", () => {
    const said = sheet.querySelector("[data-chosen]");
    if (said) said.textContent = [...input.files].map((file) => file.name).join(", ");
  });
});

// A value that is shown once can be copied: <button data-copy="id of the element">.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  await navigator.clipboard.writeText((source.value ?? source.textContent).trim());
  button.querySelector("[data-said]")?.replaceChildren("Copied");
});

// Print: <button data-print> is only there when this runs.
document.querySelectorAll("[data-print]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});

// An answer that htmx cannot use is said in words, where the page speaks.
document.body.addEventListener("htmx:responseError", () => say("The page could not be renewed. Load it again."));
document.body.addEventListener("htmx:sendError", () => say("No connection. The page is not renewed until it is back."));

// A passkey that was refused or left is no silent click.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  say("No passkey was used. Try again, or take another way on this page.");
});

function say(words) {
  let place = document.getElementById("page-says");
  if (!place) {
    place = document.createElement("p");
    place.id = "page-says";
    place.className = "notice";
    place.setAttribute("role", "status");
    document.getElementById("main").prepend(place);
  }
  place.textContent = words;
}
