"use strict";
(() => {
  // Inflates the packed parts of a large report when somebody opens them. Nothing is fetched, nothing leaves the page.
  const boxes = [...document.querySelectorAll("script[type='text/plain']")];
  const inflated = new Map();

  async function inflate(box) {
    const bytes = Uint8Array.from(atob(box.textContent), letter => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return (await new Response(stream).text()).split("\x1e");
  }

  function parts(box) {
    if (!inflated.has(box.id)) inflated.set(box.id, inflate(box));
    return inflated.get(box.id);
  }

  async function unpack(details) {
    const place = details.dataset.part;
    if (!place) return;
    const [name, index] = place.split(".");
    const part = (await parts(document.getElementById("pack-" + name)))[index];
    if (!details.dataset.part) return;
    delete details.dataset.part;
    const note = details.querySelector(":scope > .packed");
    note.insertAdjacentHTML("afterend", part);
    if (details.dataset.layout) note.nextElementSibling.textContent = indented(note.nextElementSibling.textContent);
    note.remove();
  }

  // A message on many lines: an element that holds only text stays on one.
  function indented(xml) {
    const tokens = xml.match(/<!--[^]*?-->|<!\[CDATA\[[^]*?\]\]>|<[^>]*>|[^<]+/g) || [];
    const rows = [];
    let depth = 0, held = false;
    for (const token of tokens) {
      if (!token.trim()) continue;
      const isTag = /^<[^!?]/.test(token), isEnd = token.startsWith("</");
      if (isEnd) depth -= 1;
      if (!token.startsWith("<") || token.startsWith("<![") || (isEnd && held)) rows[rows.length - 1] += token;
      else rows.push("  ".repeat(Math.max(depth, 0)) + token.trim());
      held = isTag ? !isEnd && !token.endsWith("/>") : held;
      if (isTag && !isEnd && !token.endsWith("/>")) depth += 1;
    }
    return rows.join("\n");
  }

  async function placeOf(text) {
    for (const box of boxes) {
      const index = (await parts(box)).findIndex(part => part.includes(text));
      if (index >= 0) return `${box.id.slice(5)}.${index}`;
    }
    return "";
  }

  async function reveal(place) {
    const holder = () => document.querySelector(`[data-part="${place}"]`);
    if (!holder()) {
      const outer = await placeOf(` data-part="${place}"`);
      if (outer) await reveal(outer);
    }
    const details = holder();
    if (!details) return;
    await unpack(details);
    details.open = true;
  }

  async function follow() {
    const id = decodeURIComponent(location.hash.slice(1));
    if (!id || document.getElementById(id)) return;
    const place = await placeOf(` id="${id}"`);
    if (!place) return;
    await reveal(place);
    for (let each = document.getElementById(id); each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
    location.replace("#" + id);
  }

  if (typeof DecompressionStream === "undefined") return;
  document.documentElement.classList.add("scripted");
  for (const link of document.querySelectorAll("a[data-at]")) link.setAttribute("href", "#" + link.dataset.at);
  document.addEventListener("toggle", event => { if (event.target.open) unpack(event.target); }, true);
  addEventListener("hashchange", follow);
  follow();
})();
