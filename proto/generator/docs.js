(function () {
  "use strict";
  var input = document.querySelector(".search"), found = document.querySelector(".found"), menu = document.querySelector("nav details");
  var articles = Array.prototype.slice.call(document.querySelectorAll("article[data-words]"));
  var links = {};
  Array.prototype.forEach.call(document.querySelectorAll("nav a[href^='#op-']"), function (a) { links[a.getAttribute("href").slice(1)] = a; });

  function filter() {
    var words = input.value.toLowerCase().split(/\s+/).filter(Boolean), count = 0;
    articles.forEach(function (article) {
      var text = article.getAttribute("data-words"), on = words.every(function (w) { return text.indexOf(w) >= 0; });
      article.hidden = !on;
      if (links[article.id]) links[article.id].parentNode.hidden = !on;
      count += on;
    });
    Array.prototype.forEach.call(document.querySelectorAll("[data-group]"), function (group) {
      group.hidden = words.length > 0 && !group.querySelector("li:not([hidden]), article:not([hidden])");
    });
    found.textContent = words.length ? count + (count === 1 ? " operation" : " operations") : "";
    if (words.length && menu) menu.open = true;
  }
  input.addEventListener("input", filter);
  input.addEventListener("keydown", function (event) {
    if (event.key === "Escape") { input.value = ""; filter(); }
    if (event.key === "Enter") {
      var first = articles.filter(function (a) { return !a.hidden; })[0];
      if (first) location.hash = first.id;
    }
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !/INPUT|TEXTAREA/.test(document.activeElement.tagName)) {
      event.preventDefault();
      input.focus();
    }
  });

  var narrow = window.matchMedia("(max-width: 52rem)");
  function fold() { if (menu) menu.open = !narrow.matches; }
  fold();
  if (narrow.addEventListener) narrow.addEventListener("change", fold);

  if (navigator.clipboard) Array.prototype.forEach.call(document.querySelectorAll(".copy"), function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(button.parentNode.nextElementSibling.textContent).then(function () {
        button.textContent = "Copied";
        setTimeout(function () { button.textContent = "Copy"; }, 1500);
      });
    });
  });

  if ("IntersectionObserver" in window) {
    var current = null, watch = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (!entry.isIntersecting || !links[entry.target.id]) return;
        if (current) current.removeAttribute("aria-current");
        current = links[entry.target.id];
        current.setAttribute("aria-current", "true");
      });
    }, { rootMargin: "0px 0px -75% 0px" });
    articles.forEach(function (article) { watch.observe(article); });
  }
}());
