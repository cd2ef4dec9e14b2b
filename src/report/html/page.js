"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const byId = (id) => document.getElementById(id);
  const all = (selector, from = document) => Array.from(from.querySelectorAll(selector));

  // Light or dark: the system's choice, until somebody chooses.
  const store = (name, value) => { try { return value === undefined ? localStorage.getItem(name) : localStorage.setItem(name, value); } catch { return null; } };
  const chosen = store("evql-theme");
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  byId("theme").addEventListener("click", () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    store("evql-theme", root.dataset.theme);
  });

  // What is folded behind a card or a story stands in a <noscript>, which is one text here, until it is looked at.
  // Only this may make elements of text, and only of what stood on the page as it was written, where all values are escaped.
  const trusted = window.trustedTypes ? trustedTypes.createPolicy("evql", { createHTML: (markup) => markup }) : { createHTML: (markup) => markup };
  const build = (part) => {
    const folded = part.querySelector(":scope > noscript");
    if (folded) folded.outerHTML = trusted.createHTML(folded.textContent);
  };
  const signs = { lt: "<", gt: ">", quot: "\"", amp: "&", "#39": "'" };
  // The same text as that of the elements: `<` begins a tag in it and nothing else.
  const plainText = (markup) => markup.replace(/<[^>]*>/g, "").replace(/&(lt|gt|quot|amp|#39);/g, (_, name) => signs[name]);

  // Filter and search. What a card says is read once, when somebody searches.
  const cards = all(".card");
  const choices = { s: byId("f-s"), h: byId("f-h"), r: byId("f-r"), a: byId("f-a") };
  const search = byId("search");
  const inView = byId("in-view");
  let texts = null;
  const textOf = (at) => {
    texts ??= new Array(cards.length);
    const folded = cards[at].querySelector(":scope > noscript");
    return (texts[at] ??= (folded ? cards[at].firstElementChild.textContent + plainText(folded.textContent) : cards[at].textContent).toLowerCase());
  };
  let view = null;
  // Alerts around another one: from when to when.
  let around = null;
  const groups = () => all("#cards > details.incident");
  const apply = () => {
    if (!search) return;
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const [s, h, r, a] = ["s", "h", "r", "a"].map((name) => (choices[name] ? choices[name].value : ""));
    const timed = view && inView && inView.checked;
    let count = 0;
    cards.forEach((card, at) => {
      const data = card.dataset;
      const fits = (!s || data.s === s) && (!h || data.h === h) && (!r || data.r === r) && (!a || data.a.split(" ").includes(a))
        && (!timed || (data.m !== undefined && +data.m >= view.from && +data.m <= view.to))
        && (!around || ((!around.user || data.u === around.user) && +data.m >= around.from && +data.m <= around.to))
        && words.every((word) => textOf(at).includes(word));
      card.hidden = !fits;
      count += fits ? 1 : 0;
    });
    const filtered = words.length || s || h || r || a || timed || around;
    groups().forEach((group) => {
      const some = all(".card", group).some((card) => !card.hidden);
      group.hidden = !some;
      // What was searched for is to be seen at once.
      if (filtered && some) group.open = true;
    });
    byId("around").hidden = !around;
    if (around) byId("around").textContent = around.user ? `within 48 hours, ${around.user}` : "within 48 hours";
    remember();
    byId("shown").textContent = filtered ? `${count.toLocaleString("en")} of ${cards.length.toLocaleString("en")} shown` : `${cards.length.toLocaleString("en")} shown`;
    byId("nothing").hidden = count > 0;
  };
  // The filter stands in the address, so that what is seen can be sent to somebody who has the page. Hosts, rules and tactics go by name.
  const nameOf = (select) => (select && select.value ? select.selectedOptions[0].textContent.replace(/ \([0-9]+\)$/, "") : "");
  const remember = () => {
    const state = new URLSearchParams();
    Object.entries(choices).forEach(([name, select]) => { if (select && select.value) state.set(name, nameOf(select)); });
    if (search.value) state.set("q", search.value);
    if (around) state.set("t", `${around.from}-${around.to}`);
    if (around && around.user) state.set("u", around.user);
    if (group && group.value !== group.options[0].value) state.set("g", group.value);
    const text = state.toString();
    const before = location.hash.startsWith("#f?");
    if (text || before) { try { history.replaceState(null, "", text ? `#f?${text}` : "#"); } catch { /* a page in a frame may not */ } }
  };
  const recall = () => {
    if (!search || !location.hash.startsWith("#f?")) return;
    const state = new URLSearchParams(location.hash.slice(3));
    Object.entries(choices).forEach(([name, select]) => {
      const wanted = state.get(name);
      const option = select && wanted && Array.from(select.options).find((option) => option.textContent.replace(/ \([0-9]+\)$/, "") === wanted);
      if (option) select.value = option.value;
    });
    search.value = state.get("q") || "";
    const [from, to] = (state.get("t") || "").split("-").map(Number);
    around = Number.isFinite(from) && Number.isFinite(to) && state.get("t") ? { from, to, user: state.get("u") || "" } : null;
    if (group && state.get("g") && Array.from(group.options).some((option) => option.value === state.get("g"))) { group.value = state.get("g"); regroup(); }
  };

  // Groups: the incidents that the page came with, or cards put together anew.
  const group = byId("group");
  const place = byId("cards");
  const original = place ? Array.from(place.children) : [];
  const homes = new Map(cards.map((card) => [card, card.parentElement]));
  const time = (card) => (card.dataset.m === undefined ? Infinity : +card.dataset.m);
  const keys = {
    r: (card) => (choices.r.querySelector(`option[value="${Number(card.dataset.r)}"]`) || {}).textContent,
    h: (card) => (choices.h.querySelector(`option[value="${Number(card.dataset.h)}"]`) || {}).textContent,
    u: (card) => card.dataset.u,
    p: (card) => card.dataset.p,
  };
  const regroup = () => {
    const kind = group.value;
    if (kind === "incident" || kind === "incident-time") {
      cards.forEach((card) => homes.get(card).append(card));
      const first = (part) => Math.min(...(part.matches(".card") ? [part] : all(".card", part)).map(time));
      const parts = kind === "incident" ? original : original.map((part) => [first(part), part]).sort((left, right) => left[0] - right[0]).map(([, part]) => part);
      place.replaceChildren(...parts);
      return;
    }
    const sorted = cards.map((card, at) => [time(card), at, card]).sort((left, right) => left[0] - right[0] || left[1] - right[1]).map(([, , card]) => card);
    if (kind === "time") { place.replaceChildren(...sorted); return; }
    const parts = new Map();
    sorted.forEach((card) => {
      const name = keys[kind](card) || "(none named)";
      if (!parts.has(name)) parts.set(name, []);
      parts.get(name).push(card);
    });
    const made = Array.from(parts).sort((left, right) => right[1].length - left[1].length).map(([name, members]) => {
      const part = document.createElement("details");
      part.className = "incident";
      const head = document.createElement("summary");
      const title = document.createElement("span");
      title.className = "title";
      title.textContent = name.replace(/ \([0-9]+\)$/, "");
      const count = document.createElement("span");
      count.className = "no";
      count.textContent = members.length.toLocaleString("en");
      head.append(count, document.createElement("span"), title);
      part.append(head, ...members);
      return part;
    });
    place.replaceChildren(...made);
  };
  const openTo = (part) => {
    for (let outer = part.parentElement && part.parentElement.closest("details"); outer; outer = outer.parentElement && outer.parentElement.closest("details")) {
      outer.open = true;
      outer.hidden = false;
    }
  };

  if (search) {
    let waiting = 0;
    search.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, cards.length > 500 ? 200 : 30); });
    Object.values(choices).forEach((select) => select && select.addEventListener("change", apply));
    byId("filter").addEventListener("submit", (event) => event.preventDefault());
    byId("filter").addEventListener("reset", () => { around = null; setTimeout(() => { regroup(); apply(); }, 0); });
    byId("open-all").addEventListener("click", () => cards.forEach((card) => { if (!card.hidden) { build(card); card.open = true; openTo(card); } }));
    byId("close-all").addEventListener("click", () => { cards.forEach((card) => { card.open = false; }); groups().forEach((part) => { part.open = false; }); });
    group.addEventListener("change", () => { regroup(); apply(); });
    place.addEventListener("click", (event) => {
      const button = event.target.closest("[data-around]");
      if (!button) return;
      const { dataset } = button.closest(".card");
      if (dataset.m === undefined) return;
      const half = 48 * 36e5;
      Object.values(choices).forEach((select) => { if (select) select.value = ""; });
      search.value = "";
      if (button.dataset.around === "h") choices.h.value = dataset.h;
      around = { from: +dataset.m - half, to: +dataset.m + half, user: button.dataset.around === "u" ? dataset.u || "" : "" };
      apply();
      byId("alerts").scrollIntoView({ block: "start" });
    });
    recall();
    if (inView) inView.addEventListener("change", apply);
    all("[data-filter]").forEach((link) => link.addEventListener("click", () => {
      const names = link.dataset.filter.split(" ").filter(Boolean);
      const values = (link.dataset.value || "").split(" ");
      Object.values(choices).forEach((select) => { if (select) select.value = ""; });
      search.value = "";
      around = null;
      names.forEach((name, at) => { if (choices[name]) choices[name].value = values[at]; });
      apply();
    }));
    apply();
  }

  // A link to a card opens it, and shows it whatever the filter says.
  const follow = () => {
    if (location.hash.startsWith("#f?")) return;
    const target = location.hash.length > 1 && byId(decodeURIComponent(location.hash.slice(1)));
    const folded = target && target.closest("details.card, details.rule, details.incident");
    all(".here").forEach((card) => card.classList.remove("here"));
    if (!folded) return;
    build(folded);
    folded.open = true;
    folded.hidden = false;
    openTo(folded);
    folded.classList.add("here");
    folded.scrollIntoView({ block: "start" });
  };
  addEventListener("hashchange", follow);
  follow();

  document.addEventListener("toggle", (event) => {
    if (event.target instanceof HTMLDetailsElement && event.target.open) build(event.target);
  }, true);

  // The texts of a rule stand on the page once; a card that is asked for them takes a copy.
  document.addEventListener("toggle", (event) => {
    const guide = event.target;
    if (!(guide instanceof HTMLDetailsElement) || !guide.open || !guide.matches("details.guide:not(.filled)")) return;
    const body = document.querySelector(`#rule-${Number(guide.dataset.rule)} > .body`);
    if (!body) return;
    guide.classList.add("filled");
    guide.replaceChildren(guide.firstElementChild, body.cloneNode(true));
  }, true);

  // Keys: / searches, j and k go from card to card.
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select, textarea")) return;
    if (event.key === "/" && search) { event.preventDefault(); search.focus(); search.select(); }
    if (event.key !== "j" && event.key !== "k") return;
    const shown = all("#cards .card").filter((card) => !card.hidden);
    const now = shown.indexOf(document.activeElement && document.activeElement.closest(".card"));
    const next = now < 0 ? shown[0] : shown[now + (event.key === "j" ? 1 : -1)];
    if (next) { openTo(next); next.firstElementChild.focus(); next.scrollIntoView({ block: "nearest" }); }
  });

  // Lists to copy.
  const defang = byId("defang");
  const plain = new Map();
  const defanged = (text, kind) => ["public", "private", "domain", "url"].includes(kind)
    ? text.split("\n").map((line) => {
      const [, scheme, rest] = /^([a-z]+:\/\/)?(.*)$/i.exec(line);
      const [, place, path] = /^([^/?#]*)(.*)$/.exec(rest);
      return (scheme || "").replace(/^http/i, "hxxp").replace(/^ftp/i, "fxp") + place.replaceAll(".", "[.]").replaceAll(":", kind === "public" || kind === "private" ? "[:]" : ":") + path;
    }).join("\n")
    : text;
  if (defang) defang.addEventListener("change", () => all(".indicator pre").forEach((list) => {
    if (!plain.has(list)) plain.set(list, list.textContent);
    list.textContent = defang.checked ? defanged(plain.get(list), list.dataset.kind) : plain.get(list);
  }));
  all("[data-copy]").forEach((button) => button.addEventListener("click", async () => {
    const list = byId(button.dataset.copy);
    let done = false;
    try { await navigator.clipboard.writeText(list.textContent); done = true; } catch {
      const range = document.createRange();
      range.selectNodeContents(list);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      try { done = document.execCommand("copy"); } catch { done = false; }
    }
    button.textContent = done ? "Copied" : "Selected";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  }));

  // On paper everything is open, but for the records; of many alerts only those cards that the reader has opened, or the paper would have no end.
  const manyOnPaper = 50;
  let closed = [];
  addEventListener("beforeprint", () => {
    const few = cards.filter((card) => !card.hidden).length <= manyOnPaper;
    const folded = few ? "details.card:not([open]), details.rule:not([open]), details.story:not([open])," : "details.incident:not([open]),";
    closed = all(`${folded} details.incident:not([open]), details.table:not([open])`).filter((part) => !part.hidden);
    closed.forEach((part) => { build(part); part.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((part) => { part.open = false; }));

  // The timeline: the marks are moved, nothing is scaled, so that they stay round and any depth can be reached.
  const timeline = document.querySelector(".timeline");
  if (!timeline) return;
  const svg = timeline.querySelector("svg.lanes");
  const marks = all(".marks circle", svg).map((circle) => ({ circle, t: +circle.dataset.t }));
  const axis = svg.querySelector(".axis");
  const start = +timeline.dataset.t0;
  const whole = +timeline.dataset.span;
  const height = +svg.getAttribute("height") - 26;
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 15e3, 3e4, 6e4, 12e4, 3e5, 6e5, 9e5, 18e5, 36e5, 72e5, 108e5, 216e5, 432e5,
    864e5, 1728e5, 3456e5, 864e6];
  const months = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000, 24000];
  const month = 2592e6;
  let from = 0, span = whole;
  const element = (name, attributes, text) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => made.setAttribute(key, value));
    if (text) made.textContent = text;
    return made;
  };
  const label = (time, step) => {
    const text = new Date(time).toISOString();
    return step >= month ? text.slice(0, 7) : step >= 864e5 ? text.slice(0, 10) : step >= 6e4 ? text.slice(5, 16).replace("T", " ") : step >= 1e3 ? text.slice(11, 19) : text.slice(11, 23);
  };
  const draw = () => {
    marks.forEach(({ circle, t }) => {
      const x = (t - from) / span;
      const seen = x >= -0.02 && x <= 1.02;
      circle.style.display = seen ? "" : "none";
      if (seen) circle.setAttribute("cx", `${(x * 100).toFixed(4)}%`);
    });
    const wanted = span / Math.max(2, Math.min(9, svg.clientWidth / 130));
    const step = steps.find((step) => step >= wanted);
    const times = [];
    const first = start + from, last = first + span;
    if (step) {
      for (let t = Math.ceil(first / step) * step; t <= last && times.length < 60; t += step) times.push(t);
    } else {
      const many = months.find((many) => many * month >= wanted) || 24000;
      const date = new Date(first);
      for (let n = Math.floor((date.getUTCFullYear() * 12 + date.getUTCMonth()) / many); times.length < 60; n += 1) {
        const t = Date.UTC(Math.floor((n * many) / 12), (n * many) % 12);
        if (t > last) break;
        if (t >= first) times.push(t);
      }
    }
    const ticks = times.flatMap((t) => {
      const part = (t - first) / span;
      const x = `${(part * 100).toFixed(4)}%`;
      const line = element("line", { x1: x, x2: x, y1: 0, y2: height });
      return part < 0.04 || part > 0.96 ? [line] : [line, element("text", { x, y: height + 17 }, label(t, step || month))];
    });
    axis.replaceChildren(...ticks);
    view = span < whole ? { from: start + from, to: start + from + span } : null;
    if (inView && inView.checked) { clearTimeout(draw.waiting); draw.waiting = setTimeout(apply, 150); }
  };
  const show = (newFrom, newSpan) => {
    span = Math.min(whole, Math.max(4, newSpan));
    from = Math.min(whole - span, Math.max(0, newFrom));
    requestAnimationFrame(draw);
  };
  const zoom = (factor, at = 0.5) => show(from + span * at * (1 - factor), span * factor);
  const pan = (part) => show(from + span * part, span);
  const actions = { in: () => zoom(0.5), out: () => zoom(2), left: () => pan(-0.3), right: () => pan(0.3), all: () => show(0, whole) };
  all("[data-zoom]", timeline).forEach((button) => button.addEventListener("click", () => actions[button.dataset.zoom]()));
  svg.addEventListener("keydown", (event) => {
    const action = { "+": "in", "=": "in", "-": "out", ArrowLeft: "left", ArrowRight: "right", 0: "all", Home: "all" }[event.key];
    if (action) { event.preventDefault(); actions[action](); }
  });
  // A wheel that is scrolling the page goes on doing so when the timeline comes under it.
  let scrolled = -Infinity;
  addEventListener("scroll", () => { scrolled = performance.now(); }, { passive: true });
  svg.addEventListener("wheel", (event) => {
    const out = event.deltaY > 0;
    if (performance.now() - scrolled < 300 || (out && span >= whole)) return;
    event.preventDefault();
    const box = svg.getBoundingClientRect();
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan((event.deltaX || event.deltaY) / box.width);
    else zoom(out ? 1.25 : 0.8, (event.clientX - box.left) / box.width);
  }, { passive: false });
  let drag = null;
  svg.addEventListener("pointerdown", (event) => { if (event.button === 0) drag = { x: event.clientX, from, moved: false }; });
  addEventListener("pointermove", (event) => {
    if (!drag) return;
    const distance = event.clientX - drag.x;
    if (Math.abs(distance) > 3) { drag.moved = true; svg.classList.add("moving"); }
    if (drag.moved) show(drag.from - (distance / svg.clientWidth) * span, span);
  });
  addEventListener("pointerup", () => {
    if (drag && drag.moved) svg.addEventListener("click", (event) => event.preventDefault(), { once: true, capture: true });
    setTimeout(() => svg.classList.remove("moving"), 0);
    drag = null;
  });
  addEventListener("resize", () => requestAnimationFrame(draw));
  draw();
})();
