// Marks the range that the address names (#c120-240), also where it is no whole sentence, whose
// highlighting the style sheet does alone. Offsets count characters (code points), not UTF-16 units.
"use strict";
(() => {
  const text = document.getElementById("text");
  if (!text) return;

  const unmark = () => {
    for (const mark of text.querySelectorAll("mark.rb-by-script")) {
      mark.replaceWith(...mark.childNodes);
    }
    text.normalize();
  };

  // The text nodes' parts that lie in [start, end), as DOM ranges.
  const parts = (start, end) => {
    const found = [];
    const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
    let offset = Number(text.dataset.start);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const letters = Array.from(node.data);
      const from = Math.max(start - offset, 0);
      const to = Math.min(end - offset, letters.length);
      if (from < to) {
        const range = document.createRange();
        range.setStart(node, letters.slice(0, from).join("").length);
        range.setEnd(node, letters.slice(0, to).join("").length);
        found.push(range);
      }
      offset += letters.length;
    }
    return found;
  };

  const show = () => {
    unmark();
    const wanted = /^#c(\d+)-(\d+)$/.exec(window.location.hash);
    if (!wanted) return;
    const there = document.getElementById(window.location.hash.slice(1));
    if (there && there.textContent) {
      there.scrollIntoView({ block: "center" });
      return;
    }
    const marks = parts(Number(wanted[1]), Number(wanted[2])).map((range) => {
      const mark = document.createElement("mark");
      mark.className = "rb-by-script";
      range.surroundContents(mark);
      return mark;
    });
    if (marks.length) marks[0].scrollIntoView({ block: "center" });
  };

  window.addEventListener("hashchange", show);
  show();
})();
