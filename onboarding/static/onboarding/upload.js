// The upload form without the wait: drag and drop, and a look at the file before it is sent.
// Everything here is a convenience; the server looks again, and the form works without it.
"use strict";

(() => {
  const form = document.getElementById("upload-form");
  if (!form) return;
  const input = document.getElementById("id_file");
  const drop = document.getElementById("drop");
  const words = document.getElementById("drop-words");
  const problem = document.getElementById("file-problem");
  const send = document.getElementById("send");
  const expected = JSON.parse(form.getAttribute("data-check"));
  const HEAD = 65536;
  let isTooLarge = false;
  let isSent = false;

  document.getElementById("error-summary")?.focus();
  drop.classList.add("drop-live");

  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, () => drop.classList.add("drop-over"));
  }
  for (const kind of ["dragleave", "drop", "dragend"]) {
    drop.addEventListener(kind, () => drop.classList.remove("drop-over"));
  }
  // A file dropped beside the field must not replace the page.
  for (const kind of ["dragover", "drop"]) {
    window.addEventListener(kind, (event) => {
      if (event.target !== input) event.preventDefault();
    });
  }

  input.addEventListener("change", look);
  form.addEventListener("change", (event) => {
    if (event.target.name === "mode") look();
  });
  form.addEventListener("submit", (event) => {
    if (isTooLarge) {
      event.preventDefault();
      input.focus();
      return;
    }
    send.setAttribute("aria-disabled", "true");
    send.querySelector("span").textContent = send.dataset.busy;
    if (isSent) event.preventDefault(); // a second click is no second upload
    isSent = true;
  });
  // Coming back with the browser's button finds the form ready again.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });

  async function look() {
    const file = input.files[0];
    isTooLarge = false;
    drop.classList.toggle("drop-filled", Boolean(file));
    if (!file) {
      words.textContent = `Drop a ${expected.kind} file here, or choose one.`;
      tell("");
      return;
    }
    words.textContent = `${file.name} · ${size(file.size)}`;
    isTooLarge = file.size > expected.maxBytes;
    if (isTooLarge) {
      tell(`This file has ${size(file.size)}; at most ${size(expected.maxBytes)} can be ` +
        "imported at once. Split it into several.");
      return;
    }
    const head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
    if (file === input.files[0]) tell(whatIsWrong(head));
  }

  function tell(text) {
    problem.textContent = text;
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  function size(bytes) {
    if (bytes < 1024) return `${bytes} bytes`;
    if (bytes < 1048576) return `${Math.round(bytes / 1024)} KB`;
    return `${(bytes / 1048576).toFixed(1)} MB`;
  }

  function whatIsWrong(head) {
    if (head.length === 0) return "This file is empty. Did you choose the right one?";
    const kind = notText(head);
    if (kind) {
      const save = expected.kind === "CSV" ? " Open it in your spreadsheet program and save it " +
        "as “CSV UTF-8 (comma delimited)”." : "";
      return `This is ${kind}, not a ${expected.kind} file.${save}`;
    }
    if (!expected.looksAtHeader) return "";
    const columns = header(decode(head));
    if (!columns.length) return "This file is empty. Did you choose the right one?";
    const names = columns.map((cell) => cell.replace(/[\s_*]/g, "").toLowerCase());
    const count = (column) => names.filter((name) => column.names.includes(name)).length;
    const mode = form.querySelector("input[name=mode]:checked")?.value;
    const needed = expected.columns.filter((c) => (mode === "update" ? c.isIdentity : c.required));
    const missing = needed.filter((column) => !count(column));
    if (missing.length) {
      return `The header lacks ${list(missing)}. The template has all columns; ` +
        "upper and lower case, spaces and underscores make no difference.";
    }
    const doubled = expected.columns.filter((column) => count(column) > 1);
    return doubled.length ? `The header names ${list(doubled)} more than once.` : "";
  }

  function list(columns) {
    const labels = columns.map((column) => column.label);
    return labels.length < 2 ? labels.join("")
      : `${labels.slice(0, -1).join(", ")} and ${labels[labels.length - 1]}`;
  }

  function notText(head) {
    const starts = (...bytes) => bytes.every((byte, i) => head[i] === byte);
    if (starts(0x50, 0x4b)) return "an Excel workbook or a ZIP archive";
    if (starts(0xd0, 0xcf, 0x11, 0xe0)) return "an Excel workbook (.xls)";
    if (starts(0x25, 0x50, 0x44, 0x46, 0x2d)) return "a PDF document";
    if (starts(0x89, 0x50, 0x4e, 0x47) || starts(0xff, 0xd8, 0xff)) return "a picture";
    if (starts(0x1f, 0x8b)) return "a gzip archive";
    return "";
  }

  function decode(head) {
    const kind = head[0] === 0xff && head[1] === 0xfe ? "utf-16le"
      : head[0] === 0xfe && head[1] === 0xff ? "utf-16be" : "utf-8";
    return new TextDecoder(kind).decode(head);
  }

  // The cells of the first row with something in it, by the divider that finds most columns.
  function header(text) {
    const start = text.replace(/^"?sep=.?"?[^\r\n]*(\r\n|\r|\n)/i, "");
    const known = new Set(expected.columns.flatMap((column) => column.names));
    let best = [];
    let most = -1;
    for (const divider of [",", ";", "\t", "|"]) {
      const cells = firstRow(start, divider);
      const hits = cells.filter((cell) => known.has(cell.replace(/[\s_*]/g, "").toLowerCase()));
      if (hits.length > most) {
        most = hits.length;
        best = cells;
      }
    }
    return best;
  }

  function firstRow(text, divider) {
    let cells = [""];
    let quoted = false;
    for (const character of text) {
      const last = cells.length - 1;
      if (character === '"') quoted = !quoted;
      else if (quoted) cells[last] += character;
      else if (character === divider) cells.push("");
      else if (character === "\n" || character === "\r") {
        if (cells.some((cell) => cell.trim())) return cells;
        cells = [""];
      } else cells[last] += character;
    }
    return cells.some((cell) => cell.trim()) ? cells : [];
  }
})();
