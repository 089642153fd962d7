// What the console's pages do by themselves. Without this file they are plain pages and forms, and work as such.

import { patch } from "./patch.js";

const SOON = 150; // milliseconds that news wait for more news
const PACE = 1000; // between two looks while jobs move by themselves
const POLLING = 2000; // between two looks where there are no events
const REST = 4; // a look is followed by a pause of so many times its length, at most by a PACE

const live = new Set(document.body.dataset.live.split(" "));
let timer = 0;
let due = Infinity; // when the next look is planned for
let cost = 0; // what the last look took
let busy = false;
let again = false;

// --- Showing the page as it is now -----------------------------------------------------------------

/** Take the regions of a page that was just fetched over into this one. */
function show(fresh) {
  for (const region of document.querySelectorAll("[data-region]")) {
    const wanted = fresh.getElementById(region.id);
    if (wanted && !isBeingEdited(region)) patch(region, document.adoptNode(wanted));
  }
  tell();
}

function parse(html) {
  return new DOMParser().parseFromString(html, "text/html");
}

function isBeingEdited(region) {
  const focus = document.activeElement;
  return region.contains(focus) && focus.matches("input:not([type=checkbox]), select, textarea");
}

async function refresh() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  const began = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { "X-Refresh": "1" } });
    if (answer.ok && !answer.redirected) {
      const fresh = parse(await answer.text());
      for (const said of fresh.querySelectorAll("#messages, [role=alert]")) said.remove(); // it stays until more is done
      show(fresh);
    }
  } catch {
    mark("away");
  } finally {
    busy = false;
    cost = performance.now() - began;
    plan(again ? SOON : undefined);
    again = false;
  }
}

/** Look again soon when there is news, in a while when jobs move by themselves, else not. */
function plan(pause) {
  if (pause === undefined) {
    const now = document.getElementById("now");
    const moving = document.querySelector("[data-moving]") && now && now.dataset.mode === "running";
    pause = moving ? PACE : link.dataset.state === "live" ? 0 : POLLING;
    if (!pause) return;
  }
  const when = performance.now() + Math.max(pause, Math.min(REST * cost, PACE));
  if (due <= when) return; // news upon news must not put a look off for ever
  due = when;
  clearTimeout(timer);
  timer = setTimeout(() => {
    due = Infinity;
    if (document.hidden) plan(PACE);
    else refresh();
  }, when - performance.now());
}

// --- Learning that something has happened -----------------------------------------------------------

const link = document.getElementById("link");

function mark(state) {
  link.dataset.state = state;
  link.textContent = { live: "live", polling: "polling", away: "no answer" }[state];
}

function listen() {
  if (!window.EventSource) {
    mark("polling");
    plan();
    return;
  }
  const events = new EventSource(document.body.dataset.events);
  events.onopen = () => {
    mark("live");
    plan(SOON);
  };
  events.onerror = () => {
    mark("polling");
    plan(POLLING);
    if (events.readyState === EventSource.CLOSED) setTimeout(listen, 5 * POLLING);
  };
  for (const topic of ["job", "request", "clock", "fault"])
    events.addEventListener(topic, () => live.has(topic) && plan(SOON));
  events.addEventListener("reset", () => plan(SOON)); // the stream ends with it; EventSource listens again by itself
  window.addEventListener("pagehide", () => events.close());
  window.addEventListener("pageshow", (event) => event.persisted && listen());
}

// --- Forms: send them without leaving the page ------------------------------------------------------

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.method !== "post" || form.dataset.plain !== undefined) return;
  event.preventDefault();
  if (form.dataset.confirm && !confirm(form.dataset.confirm)) return;
  const button = event.submitter;
  button?.setAttribute("aria-busy", "true");
  try {
    const body = new URLSearchParams(new FormData(form, button));
    const answer = await fetch(form.action, { method: "POST", body });
    const page = parse(await answer.text());
    if (answer.ok && sameAddress(answer.url, location.href)) show(page);
    else if (answer.ok) location.assign(answer.url);
    else say(page.querySelector("main")?.innerText ?? "It failed.");
  } catch {
    say("The server does not answer.");
  } finally {
    button?.removeAttribute("aria-busy");
  }
});

function sameAddress(one, other) {
  return new URL(one).pathname === new URL(other).pathname;
}

function say(text) {
  const message = document.createElement("p");
  message.className = "message refused";
  message.textContent = text.replace(/\s+/g, " ").trim();
  document.getElementById("messages").replaceChildren(message);
}

// --- Small things ------------------------------------------------------------------------------------

/** The world's clock goes on between two looks; `told` is when the page last heard of it. */
let told = performance.now();
let shown = "";

function tell() {
  const now = document.getElementById("now");
  if (!now || now.dateTime === shown) return;
  shown = now.dateTime;
  told = performance.now();
}

setInterval(() => {
  const now = document.getElementById("now");
  if (!now || now.dataset.mode !== "running") return;
  const passed = (performance.now() - told) * Number(now.dataset.speed);
  const time = new Date(Date.parse(now.dateTime.slice(0, 23) + "Z") + passed);
  if (!Number.isNaN(time.getTime())) now.textContent = time.toISOString().slice(0, 19).replace("T", " ");
}, 250);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy).textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection().selectAllChildren(document.getElementById(button.dataset.copy)); // no permission: Ctrl+C does it
    return;
  }
  const before = button.firstChild.data;
  button.firstChild.data = "Copied";
  setTimeout(() => (button.firstChild.data = before), 1500);
});

const theme = document.getElementById("theme");
const THEMES = ["", "light", "dark"];

function dress(name) {
  document.documentElement.dataset.theme = name;
  theme.title = name ? `${name}; press for another` : "as the system; press for another";
}

dress(localStorage.getItem("mockserver-theme") ?? "");
theme.addEventListener("click", () => {
  const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length];
  localStorage.setItem("mockserver-theme", next);
  dress(next);
});

tell();
listen();
plan();
