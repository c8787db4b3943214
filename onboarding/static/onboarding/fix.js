// Sends the form once, and pastes a block of cells from a spreadsheet into the rows that are
// corrected: downwards from the field with the cursor, in the same column, and to the right of it. A
// convenience: the page works without this script.
"use strict";

(() => {
  document.querySelector("#error-summary, #newer, #nothing-ready")?.focus();
  const form = document.getElementById("fix-form");
  let isSent = false; // the second click of a double click sends nothing
  form?.addEventListener("submit", (event) => {
    if (isSent) event.preventDefault();
    isSent = true;
    setTimeout(() => (isSent = false), 1_000);
  });
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
    let [filled, all] = [0, 0];
    lines.forEach((line, down) => {
      const fields = [...(rows[first + down]?.querySelectorAll("input[type=text], textarea") ?? [])];
      const at = fields.findIndex((field) => field.dataset.column === source.dataset.column);
      line.split("\t").forEach((cell, right) => {
        all += 1;
        const field = at < 0 ? undefined : fields[at + right];
        if (!field) return;
        field.value = cell;
        filled += 1;
      });
    });
    const words = filled < all ? said.dataset.left : said.dataset.words;
    said.textContent = words.replace("{count}", String(filled)).replace("{all}", String(all));
  });
})();
