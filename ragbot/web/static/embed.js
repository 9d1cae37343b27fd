// Puts the chat into every <div data-ragbot> of a page of another site. It needs no inline script or
// style, sets no cookie and reads nothing of the page; under a strict policy the page has to allow
// its own origin in script-src and frame-src. See docs/intranet.md.
"use strict";
(() => {
  const script = document.currentScript;
  const base = new URL("./", script.src);
  const LEAST = 320; // pixels
  const MOST = 20000; // then the frame scrolls by itself
  const frames = new Map(); // iframe → its place

  const themeOf = (place) => {
    const theme = place.dataset.theme ?? script.dataset.theme;
    return theme === "dark" || theme === "light" ? theme : "";
  };

  const tell = (frame) => {
    // The address is fixed: nobody else can be listening in the frame.
    frame.contentWindow.postMessage(
      { ragbot: "hello", theme: themeOf(frames.get(frame)) },
      base.origin,
    );
  };

  const put = (place) => {
    if (place.querySelector("iframe")) return;
    const address = new URL("./?embed=1", base);
    if (themeOf(place)) address.searchParams.set("__theme", themeOf(place));
    if (place.dataset.question) address.searchParams.set("q", place.dataset.question);
    const frame = document.createElement("iframe");
    frame.title = place.dataset.title ?? "Ask your library: questions and answers with sources";
    frame.allow = "clipboard-write";
    frame.width = "100%";
    frame.height = "720"; // until the frame says how tall it is
    frame.style.border = "0";
    frame.style.display = "block";
    frame.addEventListener("load", () => tell(frame));
    frame.src = address.href;
    frames.set(frame, place);
    place.append(frame);
  };

  // Only what the reader did inside the frame may move the page, and only as far as needed.
  const reveal = (frame, top) => {
    if (document.activeElement !== frame) return;
    const y = frame.getBoundingClientRect().top + top;
    if (y < 0 || y > window.innerHeight * 0.8) window.scrollBy({ top: y - 16 });
  };

  window.addEventListener("message", (event) => {
    if (event.origin !== base.origin) return;
    const frame = [...frames.keys()].find((each) => each.contentWindow === event.source);
    const said = event.data;
    if (!frame || typeof said !== "object" || said === null) return;
    if (said.ragbot === "height" && Number.isFinite(said.height)) {
      frame.height = String(Math.ceil(Math.min(Math.max(said.height, LEAST), MOST)));
    }
    if (said.ragbot === "reveal" && Number.isFinite(said.top)) reveal(frame, said.top);
  });

  const begin = () => {
    for (const place of document.querySelectorAll("[data-ragbot]")) put(place);
    const watch = new MutationObserver(() => [...frames.keys()].forEach(tell));
    for (const part of [script, ...frames.values()]) {
      watch.observe(part, { attributes: true, attributeFilter: ["data-theme"] });
    }
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else begin();
})();
