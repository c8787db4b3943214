// Pastes a block of cells from a spreadsheet into the rows that are corrected: downwards from the
// field with the cursor, in the same column, and to the right of it. A convenience: the page works
// without this script.
"use strict";

(() => {
  document.querySelector("#error-summary, #newer, #nothing-ready")?.focus();
  const form = document.getElementById("fix-form");
  const said = document.getElementById("pasted");
  if (!form || !said) return;

  form.addEventListener("paste", (event) => {
    const source = event.target.closest(".fix-row input");
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const lines = text.replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n");
    if (!source || (lines.length === 1 && !text.includes("\t"))) return;
    event.preventDefault();
    const rows = [...form.querySelectorAll(".fix-row")];
    const first = rows.indexOf(source.closest(".fix-row"));
    let filled = 0;
    lines.forEach((line, down) => {
      const fields = [...(rows[first + down]?.querySelectorAll("input[type=text], textarea") ?? [])];
      const at = fields.findIndex((field) => field.dataset.column === source.dataset.column);
      if (at < 0) return;
      line.split("\t").forEach((cell, right) => {
        const field = fields[at + right];
        if (!field) return;
        field.value = cell;
        filled += 1;
      });
    });
    said.textContent = said.dataset.words.replace("{count}", String(filled));
  });
})();
