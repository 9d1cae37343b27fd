// Feedback under an answer: "yes" is sent at once, "no" asks why first. What was sent is remembered
// while the page is open, because Gradio draws the turns anew.
"use strict";
(() => {
  const sent = new Map(); // turn → what was said back

  const turnOf = (form) => form.closest(".rb-turn").dataset.turn;

  // Of the earlier turns only what the reader agreed to send, oldest first.
  const words = (form) => {
    const turns = [...document.querySelectorAll(".rb-turn")].filter((turn) =>
      turn.querySelector(".rb-feedback[data-said]"),
    );
    const said = turns.map((turn) =>
      JSON.parse(turn.querySelector(".rb-feedback").dataset.said),
    );
    const at = turns.indexOf(form.closest(".rb-turn"));
    const history = said.slice(Math.max(at - 6, 0), at).flatMap(([question, answer]) => [
      { role: "user", content: question },
      { role: "assistant", content: answer },
    ]);
    return { consent: true, question: said[at][0], history };
  };

  const send = async (form, verdict, reason) => {
    if (form.dataset.sending) return; // a double click
    form.dataset.sending = "yes";
    const box = form.querySelector(".rb-consent input");
    const body = { ...JSON.parse(form.dataset.record), verdict, reason };
    if (box?.checked) Object.assign(body, words(form));
    let kept = false;
    try {
      const { root } = document.getElementById("rb-status").dataset;
      const response = await fetch(`${root}/api/feedback`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(body),
      });
      kept = response.ok && (await response.json()).kept;
    } catch {
      // Offline or restarting: said below.
    }
    sent.set(
      turnOf(form),
      kept ? "Thank you for your feedback." : "Thank you. Your feedback could not be kept this time.",
    );
    show();
    form.querySelector(".rb-feedback__thanks").focus();
  };

  const show = () => {
    if (!document.querySelector(".rb-turn")) sent.clear(); // a new chat counts from 1 again
    for (const form of document.querySelectorAll(".rb-feedback")) {
      const answer = sent.get(turnOf(form));
      const thanks = form.querySelector(".rb-feedback__thanks");
      if (!answer || thanks.textContent === answer) continue;
      form.querySelector(".rb-feedback__form").hidden = true;
      thanks.textContent = answer;
      thanks.hidden = false;
    }
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest(".rb-vote, .rb-reason");
    if (!button) return;
    const form = button.closest(".rb-feedback");
    if (button.matches(".rb-reason")) send(form, "down", button.dataset.reason ?? null);
    else if (button.dataset.verdict === "up") send(form, "up", null);
    else {
      const reasons = form.querySelector(".rb-reasons");
      reasons.hidden = !reasons.hidden;
      button.setAttribute("aria-expanded", String(!reasons.hidden));
      reasons.scrollIntoView({ block: "nearest" }); // not behind the question box
    }
  });

  new MutationObserver(show).observe(document.querySelector("gradio-app"), {
    childList: true,
    subtree: true,
  });
})();
