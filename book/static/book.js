// The theme switch, copy buttons, keyboard access to wide boxes, and the place in the
// contents. The pages read the same without it.
const themes = ["", "light", "dark"];
const names = { "": "Auto", light: "Light", dark: "Dark" };
const root = document.documentElement;

function setUpTheme(button) {
  const label = button.querySelector(".name");
  const show = () => (label.textContent = `Colours: ${names[root.dataset.theme || ""]}`);
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = themes[(themes.indexOf(root.dataset.theme || "") + 1) % themes.length];
    root.dataset.theme = next;
    try { localStorage.setItem("theme", next); } catch { /* private window */ }
    show();
  });
  show();
}

function addCopyButton(pre) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(pre.textContent.replace(/\n$/, ""));
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  pre.parentElement.append(button);
}

function makeReachable(box) {
  const wide = box.scrollWidth > box.clientWidth;
  if (wide === box.hasAttribute("tabindex")) return;
  if (wide) {
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", "Scrolls sideways");
  } else {
    ["tabindex", "role", "aria-label"].forEach((name) => box.removeAttribute(name));
  }
}

function followHeadings(links) {
  const byId = new Map(links.map((a) => [decodeURIComponent(a.hash.slice(1)), a]));
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((e) => e.isIntersecting)) {
      links.forEach((a) => a.classList.remove("here"));
      byId.get(entry.target.id).classList.add("here");
    }
  }, { rootMargin: "-10% 0px -75% 0px" });
  byId.forEach((_, id) => {
    const target = document.getElementById(id);
    if (target) seen.observe(target);
  });
}

setUpTheme(document.querySelector("button.theme"));
if (navigator.clipboard) {
  document.querySelectorAll(".highlight pre").forEach(addCopyButton);
}
const boxes = document.querySelectorAll("main pre, .table-box, .output, div.math");
const watch = new ResizeObserver((entries) => entries.forEach((e) => makeReachable(e.target)));
boxes.forEach((box) => watch.observe(box));
followHeadings([...document.querySelectorAll(".onpage a[href^='#']:not([href='#'])")]);
const contents = document.querySelector(".contents");
const here = contents.querySelector("[aria-current]");
if (here) contents.scrollTop = here.offsetTop - contents.clientHeight / 2;
