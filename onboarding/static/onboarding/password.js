// Adds a button to each password field that shows what was typed. A convenience: the page works
// without this script.
"use strict";

(() => {
  const words = document.currentScript.dataset;
  for (const field of document.querySelectorAll("input[type=password]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link show-password";
    button.textContent = words.show;
    button.setAttribute("aria-controls", field.id);
    const say = (isShown) => {
      field.type = isShown ? "text" : "password";
      button.textContent = isShown ? words.hide : words.show;
    };
    button.addEventListener("click", () => say(field.type === "password"));
    // So that the browser keeps it as a password, and no one reads it over a shoulder.
    field.form?.addEventListener("submit", () => say(false));
    field.after(button);
  }
})();
