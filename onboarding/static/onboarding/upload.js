// Drag and drop for the upload form, and a check of the file before it is sent. All of it is a
// convenience: the server checks again, and the form works without this script.
"use strict";

(() => {
  const form = document.getElementById("upload-form");
  if (!form) return;
  const input = document.getElementById("id_file");
  const drop = document.getElementById("drop");
  const chosen = document.getElementById("chosen");
  const problem = document.getElementById("file-problem");
  const send = document.getElementById("send");
  const expected = JSON.parse(form.getAttribute("data-check"));
  const texts = expected.texts;
  const HEAD_BYTES = 16;
  let isRefused = false;
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

  input.addEventListener("change", check);
  form.addEventListener("submit", (event) => {
    if (isRefused) {
      event.preventDefault();
      input.focus();
      return;
    }
    send.setAttribute("aria-disabled", "true");
    send.querySelector("span").textContent = send.dataset.busy;
    if (isSent) event.preventDefault(); // a second click must not send a second upload
    isSent = true;
  });
  // After the browser's Back button the form must be ready again.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });

  async function check() {
    const file = input.files[0];
    drop.classList.toggle("drop-filled", Boolean(file));
    chosen.textContent = file ? `${file.name} · ${size(file.size)}` : "";
    if (!file || file.size > expected.maxBytes) {
      showProblem(file ? fill(texts.tooLarge, { size: size(file.size) }) : "");
      return;
    }
    const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
    if (file === input.files[0]) showProblem(findProblem(head));
  }

  function fill(text, values) {
    return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  }

  function showProblem(text) {
    problem.textContent = text;
    isRefused = Boolean(text);
    if (isRefused) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }

  function size(bytes) {
    if (bytes < 1024) return `${bytes} bytes`;
    if (bytes < 1048576) return `${Math.round(bytes / 1024)} KB`;
    // Rounded up: a file just above the limit must not read like the limit.
    return `${(Math.ceil(bytes / 104857.6) / 10).toFixed(1)} MB`;
  }

  function findProblem(head) {
    if (head.length === 0) return texts.empty;
    const kind = notText(head);
    if (kind) {
      const problem = fill(texts.wrongKind, { found: texts[kind] });
      return expected.isTable ? `${problem} ${texts.saveAs}` : problem;
    }
    return "";
  }

  // What the first bytes show the file to be, if it is not text: a key of the texts, or "".
  function notText(head) {
    const starts = (...bytes) => bytes.every((byte, i) => head[i] === byte);
    if (starts(0x50, 0x4b) && !expected.isTable) return "workbook";
    if (starts(0xd0, 0xcf, 0x11, 0xe0)) return "oldWorkbook";
    if (starts(0x25, 0x50, 0x44, 0x46, 0x2d)) return "pdf";
    if (starts(0x89, 0x50, 0x4e, 0x47) || starts(0xff, 0xd8, 0xff)) return "picture";
    if (starts(0x1f, 0x8b)) return "gzip";
    return "";
  }
})();
