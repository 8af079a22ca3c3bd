// Live updates of a play. Without this the page works by forms and by reloading itself.
"use strict";
document.documentElement.classList.add("scripted");

// A server that is lost is said at once, and found again: by whoever looks at the page, and not by tabs that nobody looks at.
const lost = document.getElementById("lost");
const foundAgain = [];
async function look() {
  if (document.hidden) return;
  let isThere = false;
  try {
    isThere = (await fetch("/alive", { cache: "no-store", signal: AbortSignal.timeout(3000) })).ok;
  } catch { /* nobody is there */ }
  if (isThere && !lost.hidden) for (const each of foundAgain) each();
  lost.hidden = isThere;
}
setInterval(look, 3000);

const live = document.getElementById("live");
if (live) {
  const address = "/plays/" + live.dataset.play;
  const announcer = document.getElementById("announcer");
  const stale = document.getElementById("stale");
  let shown = Number(live.dataset.version);
  let opened = performance.now();
  let isOver = live.querySelector(".stage").dataset.over === "yes";
  let events = null;

  const isBeingWrittenIn = () =>
    [...live.querySelectorAll("input:not([type=hidden]), textarea")].some((each) =>
      each.type === "radio" ? each.checked : each.value !== each.defaultValue);

  const placeOf = (details) => {
    const step = details.closest(".step");
    const within = [...(step || live).querySelectorAll("details")].indexOf(details);
    return (step ? [...step.parentElement.children].indexOf(step) : "") + ":" + within;
  };
  const allDetails = () => [...live.querySelectorAll("details")];
  const stepNow = () => [...live.querySelectorAll(".step")].findIndex((each) => each.classList.contains("now"));

  async function show() {
    const answer = await fetch(address + "/now", { cache: "no-store" });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".stage");
    if (!fresh || Number(fresh.dataset.version) <= shown) return;
    if (isBeingWrittenIn()) {
      stale.hidden = false;
      return;
    }
    shown = Number(fresh.dataset.version);
    const seen = new Map(allDetails().map((each) => [placeOf(each), each.open]));
    const before = stepNow();
    const focus = document.activeElement && live.contains(document.activeElement);
    live.replaceChildren(fresh);
    opened = performance.now();
    if (stepNow() === before) {
      for (const each of allDetails()) if (seen.has(placeOf(each))) each.open = seen.get(placeOf(each));
    } else {
      (live.querySelector(".step.now") || live).scrollIntoView({ block: "nearest" });
    }
    announcer.textContent = fresh.dataset.announcement;
    if (focus) document.getElementById("main").focus({ preventScroll: true });
    isOver = fresh.dataset.over === "yes";
    if (isOver) events.close();
  }

  function count() {
    const waiting = live.querySelector(".waiting");
    if (!waiting) return;
    const within = Number(waiting.dataset.within || Infinity);
    const seconds = Math.min(within, Number(waiting.dataset.seconds) + Math.floor((performance.now() - opened) / 1000));
    const clock = waiting.querySelector(".clock");
    clock.textContent = waiting.dataset.pattern.replace("{}", seconds + "\u00a0s");
    const bar = live.querySelector("progress");
    if (bar) bar.value = seconds;
  }

  function listen() {
    events = new EventSource(address + "/events");
    events.onmessage = (event) => { if (Number(event.data) > shown) show(); };
    events.onopen = () => show();
  }

  // A browser keeps only a few connections to one place, so a tab that nobody looks at gives up its own.
  document.addEventListener("visibilitychange", () => {
    events?.close();
    if (!document.hidden && !isOver) listen();
  });
  if (!isOver) listen();
  foundAgain.push(() => { events?.close(); if (!isOver) listen(); });
  setInterval(count, 1000);
}
