// Connects the button of a passkey with the scripts of django-allauth, where the browser has them.
// Without this script, the parts of the page about passkeys stay hidden.
"use strict";

(() => {
  const part = document.getElementById("passkey");
  if (!part || !window.PublicKeyCredential) {
    return;
  }
  const forms = window.allauth.webauthn.forms;
  const connect = { login: forms.loginForm, authenticate: forms.authenticateForm, signup: forms.signupForm };
  const { kind } = part.dataset;
  const ids = { [kind]: "passkey-button", credential: "passkey-credential", data: "passkey-options" };
  connect[kind]({ ids });
  part.hidden = false;
  document.getElementById("passkey-missing")?.remove();

  const failed = document.getElementById("passkey-failed");
  document.getElementById("passkey-button").addEventListener("click", () => (failed.hidden = true));
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    failed.hidden = false;
  });
})();
