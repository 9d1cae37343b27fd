// The chat's end inside a frame: it says how tall it is and where the reader went, and takes the
// theme. It talks to its parent only, after the parent has said hello (when the frame has loaded, so
// this script listens by then), and only if the parent is a site that the operator lists.
"use strict";
(() => {
  if (window.parent === window) return;
  const allowed = document.getElementById("rb-status").dataset.ancestors.split(" ");
  let parent = null; // origin, once it has said hello

  const fits = (origin) =>
    allowed.some((source) => {
      if (source === "'self'") return origin === window.location.origin;
      if (!source.includes("://*.")) return origin === source;
      const [scheme, host] = source.split("://*"); // "https", ".example.nhs.uk"
      return origin.startsWith(`${scheme}://`) && origin.endsWith(host);
    });

  const say = (message) => {
    if (parent) window.parent.postMessage(message, parent);
  };

  const measure = () => {
    say({ ragbot: "height", height: document.documentElement.getBoundingClientRect().height });
  };

  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || !fits(event.origin)) return;
    if (event.data?.ragbot !== "hello") return;
    parent = event.origin;
    document.documentElement.toggleAttribute("data-framed", true);
    if (event.data.theme) document.documentElement.dataset.theme = event.data.theme;
    else delete document.documentElement.dataset.theme;
    measure();
  });

  // A browser does not scroll another site's page: the parent is told where the reader went.
  const reveal = (event) => {
    say({ ragbot: "reveal", top: event.target.getBoundingClientRect().top });
  };
  document.addEventListener("focusin", reveal);
  document.addEventListener("rb:reveal", reveal); // chat.js would scroll there

  new ResizeObserver(measure).observe(document.documentElement);
})();
