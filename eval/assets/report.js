(function () {
  "use strict";
  var form = document.querySelector("form.filters");
  if (!form) { return; }
  var cases = Array.prototype.slice.call(document.querySelectorAll("details.case"));
  var status = document.getElementById("shown");
  function apply() {
    var shown = 0, words = form.elements.words.value.trim().toLowerCase();
    cases.forEach(function (item) {
      var fits = ["type", "split", "verdict"].every(function (name) {
        var wanted = form.elements[name].value;
        if (name === "verdict" && wanted === "not-right") { return item.dataset.verdict !== "right"; }
        return !wanted || item.dataset[name] === wanted;
      }) && (!words || item.textContent.toLowerCase().indexOf(words) >= 0);
      item.hidden = !fits;
      shown += fits ? 1 : 0;
    });
    status.textContent = shown + " of " + cases.length + " questions shown.";
  }
  form.hidden = false;
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("input", apply);
  form.addEventListener("change", apply);
  form.addEventListener("reset", function () { window.setTimeout(apply, 0); });
  document.getElementById("open-all").addEventListener("click", function () {
    var visible = cases.filter(function (item) { return !item.hidden; });
    var open = visible.some(function (item) { return !item.open; });
    visible.forEach(function (item) { item.open = open; });
  });
  window.addEventListener("beforeprint", function () {
    cases.forEach(function (item) { item.open = item.open || !item.hidden; });
  });
  apply();
}());
