/* Names for parts of admin pages that the scripts of unfold, select2 and Django make without one. */
"use strict";

(() => {
  document.addEventListener("DOMContentLoaded", () => {
    // Before simplebar reads its options: what scrolls is called like the heading above it.
    const page = document.querySelector("h1")?.textContent.trim() ?? "";
    for (const part of document.querySelectorAll("[data-simplebar]:not([data-simplebar-aria-label])")) {
      const above = part.closest("fieldset")?.querySelector("h2")?.textContent.trim();
      part.dataset.simplebarAriaLabel = above || page;
    }
    nameParts(document.body);
    new MutationObserver((changes) => {
      for (const change of changes) {
        for (const added of change.addedNodes) {
          if (added.nodeType === Node.ELEMENT_NODE) nameParts(added);
        }
      }
    }).observe(document.body, { childList: true, subtree: true });
  });

  function nameParts(added) {
    // A tooltip of two lists between which choices move: an icon with a text.
    for (const icon of added.querySelectorAll("span.help-tooltip[aria-label]")) icon.setAttribute("role", "img");
    // A choice made while typing is called like its field, and then says its value.
    for (const choice of added.querySelectorAll(".select2-selection--single")) {
      const field = choice.closest(".select2-container").previousElementSibling;
      const label = field && document.querySelector(`label[for="${CSS.escape(field.id)}"]`);
      const value = choice.querySelector(".select2-selection__rendered");
      if (!label || !value) continue;
      label.id ||= `${field.id}-label`;
      choice.setAttribute("aria-labelledby", `${label.id} ${value.id}`);
      value.setAttribute("aria-labelledby", label.id);
    }
  }
})();
