// What the chat page does by itself: which passages the panel shows, moving between a marker and
// its passage, copying, and saying once to a screen reader that an answer is there. Everything is
// delegated from the document, because Gradio replaces the elements inside. All that is said goes
// through one polite live region, #rb-say.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const behavior = () => (calm.matches ? "auto" : "smooth");
  const embedded = document.documentElement.hasAttribute("data-embed");

  // The event is for frame.js: a browser does not scroll the page around a frame.
  const bring = (element, block) => {
    element.scrollIntoView({ behavior: behavior(), block });
    element.dispatchEvent(new CustomEvent("rb:reveal", { bubbles: true }));
  };

  const theme = new URLSearchParams(window.location.search).get("__theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;

  // --- the panel: one answer's passages at a time -------------------------------------------
  let chosenTurn = null; // null: the latest
  let chosenPassage = null;
  let cameFrom = null; // the marker to go back to

  const groups = () => [...document.querySelectorAll("#rb-sources .rb-group")];

  const showPanel = () => {
    const all = groups();
    const turn = chosenTurn ?? all.at(-1)?.dataset.turn;
    for (const group of all) group.hidden = group.dataset.turn !== turn;
    for (const passage of document.querySelectorAll("#rb-sources .rb-passage")) {
      if (passage.id === chosenPassage) passage.setAttribute("aria-current", "true");
      else passage.removeAttribute("aria-current");
    }
    // Questions to go on with belong to one answer: not shown while the next one is written.
    const latest = document.querySelector("#rb-live .rb-turn");
    for (const next of document.querySelectorAll(".rb-next")) {
      const fits = latest?.dataset.turn === next.dataset.after && latest.dataset.state === "done";
      if (next.hidden === fits) next.hidden = !fits;
    }
    const empty = document.querySelector(".rb-panel-empty");
    const visible = all.some((group) => !group.hidden);
    if (empty && empty.hidden !== visible) empty.hidden = visible;
  };

  const bringForward = (turn, n) => {
    const passage = byId(`p${turn}-${n}`);
    if (!passage) return false;
    chosenTurn = turn;
    chosenPassage = passage.id;
    showPanel();
    reach(passage, passage.querySelector("h4"));
    return true;
  };

  // Beside the chat, only the panel scrolls, so that the answer stays where it is.
  const reach = (element, heading) => {
    heading.focus({ preventScroll: true });
    const panel = byId("rb-sources");
    if (panel.scrollHeight > panel.clientHeight && getComputedStyle(panel).overflowY === "auto") {
      const below = element.getBoundingClientRect().top - panel.getBoundingClientRect().top;
      panel.scrollTo({ top: panel.scrollTop + below - 16, behavior: behavior() });
    } else {
      bring(element, "start");
    }
  };

  const showNearest = (turn) => {
    chosenTurn = turn;
    showPanel();
    const group = groups().find((each) => !each.hidden);
    if (!group) return;
    reach(group, group.querySelector("h4"));
  };

  const goBack = () => {
    if (!cameFrom) return;
    const { turn, n } = cameFrom;
    const marker = document.querySelector(
      `.rb-turn[data-turn="${turn}"] .marker[data-n="${n}"]`,
    );
    if (!marker) return;
    marker.focus({ preventScroll: true });
    bring(marker, "center");
  };

  // --- copying ------------------------------------------------------------------------------
  const copy = async (button) => {
    const box = button.parentElement.querySelector(".rb-copied");
    const area = box.querySelector("textarea");
    const note = box.querySelector(".rb-copied__note");
    try {
      await navigator.clipboard.writeText(area.value);
      button.textContent = "Copied";
      say("Copied answer with references.");
      window.setTimeout(() => (button.textContent = "Copy answer with references"), 3000);
    } catch {
      // No permission, or a page without HTTPS: the older way, and failing that, by hand.
      box.hidden = false;
      area.focus();
      area.select();
      const done = document.execCommand("copy");
      note.textContent = done
        ? "Copied. This is what was copied:"
        : "Your browser did not allow copying. The text is selected: press Ctrl+C.";
    }
  };

  // --- saying things once -------------------------------------------------------------------
  const said = new Map(); // by turn: the state that was said last
  const say = (words) => {
    byId("rb-say").textContent = words;
  };

  let noticed = null;
  const sayNotice = (notice) => {
    if (notice !== noticed && notice) say(notice.textContent);
    noticed = notice;
  };

  const sayState = () => {
    const live = byId("rb-live");
    const turn = live?.querySelector(".rb-turn");
    sayNotice(turn ? null : live?.querySelector("[data-say]"));
    if (!document.querySelector(".rb-turn")) said.clear(); // a new chat counts from 1 again
    if (!turn) return;
    if (said.get(turn.dataset.turn) === turn.dataset.state) return;
    said.set(turn.dataset.turn, turn.dataset.state);
    if (turn.dataset.state === "busy") {
      chosenTurn = null;
      chosenPassage = null;
      say(turn.querySelector(".rb-busy")?.textContent ?? "");
      bring(turn, "start");
      // The examples are gone now; whoever chose one goes on in the question box.
      const active = document.activeElement;
      const lost = active === document.body || !active.getClientRects().length;
      if (lost && document.hasFocus()) focusBox();
    } else {
      // It has grown since: show it from its beginning, unless the reader has moved on.
      if (turn.getBoundingClientRect().top >= 0) {
        bring(turn, "start");
      }
      const passages = byId("rb-live-panel")?.querySelectorAll(".rb-passage").length ?? 0;
      const answer = turn.querySelector(".rb-answer").innerText;
      const sources = turn.classList.contains("rb-turn--answered")
        ? ` ${passages} ${passages === 1 ? "passage" : "passages"} in the source panel.`
        : "";
      say(`Answer: ${answer}${sources}`);
    }
  };

  // --- the question box ---------------------------------------------------------------------
  const box = () => document.querySelector("#rb-question textarea");
  const focusBox = () => box()?.focus({ preventScroll: true });

  // As if typed: Gradio hears of the words by the event, and has them before the button is pressed.
  const askNext = (words) => {
    const area = box();
    area.value = words;
    area.dispatchEvent(new Event("input", { bubbles: true }));
    window.setTimeout(() => byId("rb-ask").click());
  };

  // On a page of its own the box has the focus from the start; a frame never takes it.
  let begun = embedded;
  const begin = () => {
    if (begun || !box()) return;
    begun = true;
    if (document.activeElement === document.body) focusBox();
  };

  // --- getting ready ------------------------------------------------------------------------
  const status = byId("rb-status");
  const show = (words) => {
    if (status.textContent === words) return;
    status.textContent = words;
    if (words) say(words);
  };

  const watchReadiness = async () => {
    try {
      const response = await fetch(`${status.dataset.root}/healthz`, { cache: "no-store" });
      const state = await response.json();
      if (state.failed) show(`ragbot cannot answer. ${state.failed}`);
      else if (state.ready) show("");
      else show("Getting ready… You can type your question now.");
      if (state.ready || state.failed) return;
    } catch {
      // The server is restarting; look again.
    }
    window.setTimeout(watchReadiness, 700);
  };

  // --- Gradio's page made whole: landmarks and names it does not give, one live region only ---
  const mend = () => {
    const main = document.querySelector("gradio-app main");
    if (main && main.id !== "rb-main") {
      main.id = "rb-main";
      main.tabIndex = -1;
    }
    const second = document.querySelector("gradio-app [aria-live]");
    second?.removeAttribute("role");
    second?.removeAttribute("aria-live");
    const panel = byId("rb-sources");
    if (panel && !panel.hasAttribute("role")) {
      panel.setAttribute("role", "region");
      panel.setAttribute("aria-labelledby", "rb-panel-title");
    }
    const log = byId("rb-chat");
    if (log && !log.hasAttribute("role")) {
      log.setAttribute("role", "region");
      log.setAttribute("aria-label", "Conversation");
    }
  };

  document.addEventListener("click", (event) => {
    if (event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const target = event.target.closest(
      ".marker, .rb-back, .rb-copy, .rb-show-nearest, .rb-ask-next, #rb-new",
    );
    if (!target) return;
    if (target.matches("#rb-new")) {
      say("New chat. The conversation is cleared.");
      focusBox();
    } else if (target.matches(".rb-ask-next")) askNext(target.textContent);
    else if (target.matches(".rb-back")) goBack();
    else if (target.matches(".rb-copy")) copy(target);
    else {
      const { turn } = target.closest(".rb-turn").dataset;
      if (target.matches(".rb-show-nearest")) showNearest(turn);
      else if (bringForward(turn, target.dataset.n)) {
        cameFrom = { turn, n: target.dataset.n };
        event.preventDefault();
      }
    }
  });

  const changed = () => {
    mend();
    begin();
    showPanel();
    sayState();
  };
  new MutationObserver(changed).observe(document.querySelector("gradio-app"), {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ["data-state", "data-turn"],
  });
  changed();
  watchReadiness();
})();
