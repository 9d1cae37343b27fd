// Reloads the page when the part it waits for is there.
"use strict";
(() => {
  const waiting = document.getElementById("waiting");
  const look = async () => {
    try {
      const response = await fetch(waiting.dataset.health, { cache: "no-store" });
      const state = await response.json();
      if (!state.waiting_for.includes(waiting.dataset.part)) {
        window.location.reload();
        return;
      }
    } catch {
      // The server is restarting; look again.
    }
    window.setTimeout(look, 700);
  };
  window.setTimeout(look, 300);
})();
