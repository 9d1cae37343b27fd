// Signing in from inside a frame: the frame opens a window, and the window hands it a ticket that is
// good once. Both are pages of ours, and neither speaks to any other origin. Signing out takes the
// conversation from the browser: the next person at this computer is not to read it.
"use strict";
(() => {
  const ticket = document.getElementById("rb-ticket")?.dataset.ticket;
  if (ticket && window.opener) {
    window.opener.postMessage({ ragbotTicket: ticket }, window.location.origin);
    return;
  }

  const out = document.getElementById("rb-signed-out");
  if (out) {
    window.localStorage.removeItem(out.dataset.store);
    out.textContent = "Your conversation was removed from this browser.";
    return;
  }

  const link = document.getElementById("rb-signin");
  if (!link) return;
  window.addEventListener("message", async (event) => {
    const given = event.data?.ragbotTicket;
    if (event.origin !== window.location.origin || typeof given !== "string") return;
    const answer = await fetch(link.dataset.redeem, { method: "POST", body: given });
    if (answer.ok) {
      event.source?.close();
      window.location.reload();
    } else {
      document.getElementById("rb-signin-note").textContent =
        "That did not work. Please sign in again.";
    }
  });
})();
