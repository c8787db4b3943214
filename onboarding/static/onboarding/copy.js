// Adds a button to each code with `data-copy` that copies it. A convenience: the page works without
// this script.
"use strict";

(() => {
  const words = document.currentScript.dataset;
  for (const text of document.querySelectorAll("code[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link copy";
    button.textContent = words.say;
    const name = document.createElement("span");
    name.className = "unseen";
    name.textContent = ` ${text.dataset.copy}`;
    button.append(name);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(text.textContent);
        button.firstChild.data = words.copied;
      } catch {
        // Not allowed, or not a secure address: the person copies what is selected.
        getSelection().selectAllChildren(text);
        button.firstChild.data = words.selected;
      }
    });
    (text.closest("pre") ?? text).after(button);
  }
})();
