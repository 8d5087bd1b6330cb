(() => {
  const root = document.documentElement;

  // The theme goes round: as the system has it, light, dark.
  const button = document.getElementById("page-theme");
  const themes = ["auto", "light", "dark"];
  const show = () => { button.querySelector("span").textContent = root.dataset.theme || "auto"; };
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(root.dataset.theme || "auto") + 1) % themes.length];
    if (next === "auto") delete root.dataset.theme; else root.dataset.theme = next;
    try { localStorage.setItem("notebook-theme", next); } catch {}
    show();
  });
  show();
  button.hidden = false;

  // What is folded away is printed all the same.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll("main details:not([open])")];
    for (const d of opened) d.open = true;
  });
  addEventListener("afterprint", () => { for (const d of opened) d.open = false; });

  // A link into folded text unfolds it.
  const reveal = () => {
    let id = location.hash.slice(1);
    try { id = decodeURIComponent(id); } catch {}
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let d = target.closest("details"); d; d = d.parentElement.closest("details")) d.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  // What scrolls can be scrolled with the keyboard, too.
  const scrolls = new ResizeObserver(all => {
    for (const { target: e } of all) {
      if (e.scrollWidth > e.clientWidth || e.scrollHeight > e.clientHeight) e.tabIndex = 0; else e.removeAttribute("tabindex");
    }
  });
  for (const e of document.querySelectorAll("pre, .nb-table, .nb-rich, .nb-formula, .nb-json")) scrolls.observe(e);

  const toc = document.querySelector(".page-toc");
  if (!toc) return;
  const narrow = matchMedia("(max-width: 72rem)");
  const fit = () => { toc.firstElementChild.open = !narrow.matches; };
  narrow.addEventListener("change", fit);
  fit();

  // The table of contents shows where the reader is.
  const links = new Map();
  for (const a of toc.querySelectorAll("a")) {
    const h = document.getElementById(decodeURIComponent(a.hash.slice(1)));
    if (h) links.set(h, a);
  }
  let waiting = false;
  const mark = () => {
    waiting = false;
    let current = null;
    for (const [h, a] of links) {
      if (h.getBoundingClientRect().top < 120) current = a;
      a.removeAttribute("aria-current");
    }
    if (current) current.setAttribute("aria-current", "location");
  };
  addEventListener("scroll", () => { if (!waiting) { waiting = true; requestAnimationFrame(mark); } }, { passive: true });
  mark();
})();
