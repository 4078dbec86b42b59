"use strict";
// What moves in a report: the library's picture and the table of tasks. Text from a run is only ever
// set as text, never as markup.
(() => {
  const { tasks, abstractions } = JSON.parse(document.getElementById("data").textContent);
  const get = (id) => document.getElementById(id);
  const SIZE = 50; // tasks on a page

  function make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children.filter((child) => child !== null));
    return element;
  }
  const code = (text) => make("code", {}, text);
  const number = (x) => (x === null || x === undefined ? "-" : x < 0.01 && x > 0 ? "< 0.01" : x.toFixed(2));
  const whole = (x) => (x === null || x === undefined ? "-" : String(x));

  // ---- the table of tasks -----------------------------------------------------------------------

  const form = get("filter");
  let key = null, down = false, page = 0, shown = tasks;
  const open = new Set();
  const text = tasks.map((t) => [t.task, t.request, t.program ?? ""].join("\n").toLowerCase());

  function select() {
    const words = form.text.value.toLowerCase().split(/\s+/).filter(Boolean);
    shown = tasks.filter((t, i) =>
      words.every((word) => text[i].includes(word)) &&
      (form.state.value === "" || (form.state.value === "solved") === t.solved) &&
      (form.uses.value === "" || t.abstractions.includes(form.uses.value)));
    if (key !== null) {
      const missing = (t) => t[key] === null || t[key] === undefined;
      shown.sort((a, b) => {
        if (missing(a) || missing(b)) return missing(a) - missing(b); // last, either way
        const order = typeof a[key] === "number" ? a[key] - b[key]
          : a[key].localeCompare(b[key], undefined, { numeric: true });
        return down ? -order : order;
      });
    }
    page = 0;
    show();
  }

  function show() {
    const pages = Math.max(1, Math.ceil(shown.length / SIZE));
    const rows = get("rows");
    rows.replaceChildren();
    for (const task of shown.slice(page * SIZE, (page + 1) * SIZE)) {
      rows.append(row(task));
      if (open.has(task)) rows.append(inside(task));
    }
    get("count").textContent =
      shown.length === tasks.length ? `${tasks.length} tasks` : `${shown.length} of ${tasks.length} tasks`;
    get("page").textContent = `page ${page + 1} of ${pages}`;
    get("back").disabled = page === 0;
    get("on").disabled = page + 1 >= pages;
    get("back").parentElement.hidden = pages === 1;
  }

  function row(task) {
    const button = make("button", { type: "button", class: "open", "aria-expanded": open.has(task) }, task.task);
    const line = make("tr", {},
      make("th", { scope: "row" }, button),
      make("td", { "data-label": "" }, task.program === null ? "-" : code(task.program)),
      make("td", { "data-label": "nats", class: "number" }, number(task.nats)),
      make("td", { "data-label": "seconds", class: "number" }, number(task.seconds)),
      make("td", { "data-label": "round", class: "number" }, whole(task.round)),
      make("td", { "data-label": "search" }, task.search || "-"));
    button.addEventListener("click", () => {
      const was = open.delete(task);
      if (was) line.nextElementSibling.remove();
      else { open.add(task); line.after(inside(task)); }
      button.setAttribute("aria-expanded", String(!was));
    });
    return line;
  }

  function inside(task) {
    const cell = make("td", { colspan: 6 }, make("p", {}, code(task.request)));
    if (task.solved) {
      const uses = task.abstractions.length ? `uses ${task.abstractions.join(", ")}` : "uses no abstraction";
      cell.append(make("p", { class: "note" }, `First solved after ${number(task.clock)} s of work; the best program ${uses}.`));
    }
    for (const { source, words } of task.pictures ?? [])
      cell.append(make("figure", {}, make("img", { src: source, alt: `${task.task}: ${words}` }),
        make("figcaption", {}, words)));
    const examples = task.examples.map((e) => make("li", {}, code(`${e.inputs.join("  ")} → ${e.output}`)));
    const rest = [task.more ? `${task.more} more` : "", task.held_out ? `${task.held_out} held out` : ""];
    if (rest.some(Boolean)) examples.push(make("li", { class: "note" }, rest.filter(Boolean).join(", ")));
    cell.append(make("h4", {}, "Examples"), make("ul", {}, ...examples));
    if (task.programs.length) {
      const programs = task.programs.map((p) => {
        const bar = make("span", { class: "bar" });
        bar.style.width = `${Math.max(0.02, p.probability) * 4}rem`;
        const facts = `log prior ${number(p.log_prior)}, log likelihood ${number(p.log_likelihood)}, ` +
          `${p.candidates} candidates, ${number(p.seconds)} s${p.search ? `, ${p.search}` : ""}`;
        return make("li", {}, bar, `${(100 * p.probability).toFixed(1)} % `, code(p.program),
          make("div", { class: "note" }, facts));
      });
      cell.append(make("h4", {}, "Posterior over the programs kept"), make("ol", {}, ...programs));
    }
    return make("tr", { class: "inside" }, cell);
  }

  form.addEventListener("input", select);
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const head of document.querySelectorAll("th[data-key]"))
    head.querySelector("button").addEventListener("click", () => {
      down = key === head.dataset.key && !down;
      key = head.dataset.key;
      for (const other of document.querySelectorAll("th[data-key]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      select();
    });
  for (const [id, step] of [["back", -1], ["on", 1]])
    get(id).addEventListener("click", () => { page += step; show(); get("tasks").scrollIntoView(); });
  select();

  // ---- the picture of the library ---------------------------------------------------------------

  const boxes = [...document.querySelectorAll(".library a[data-number]")];
  const lines = [...document.querySelectorAll(".library .line")];

  function reach(start, from, to) {
    const found = new Set([start]);
    for (const name of found) // grows while it is walked
      for (const line of lines) if (line.dataset[from] === name) found.add(line.dataset[to]);
    return found;
  }

  function choose(name) {
    const below = reach(name, "user", "used"), above = reach(name, "used", "user");
    const near = new Set([...below, ...above]);
    for (const box of boxes) {
      box.classList.toggle("lit", box.dataset.number === name);
      box.classList.toggle("dim", !near.has(box.dataset.number));
    }
    for (const { classList, dataset: { user, used } } of lines)
      classList.toggle("dim", !((below.has(user) && below.has(used)) || (above.has(user) && above.has(used))));
    const a = abstractions[name], list = (names) => names.join(", ") || "nothing";
    const pairs = [["type", code(a.type)], ["definition", code(a.body)], ["learned in round", whole(a.round)],
      ["saved nats", number(a.saving)], ["tasks that use it", whole(a.uses)],
      ["built on", list(a.built_on)], ["used by", list(a.used_by)]];
    const button = make("button", { type: "button" }, `Show the tasks with ${a.name}`);
    button.addEventListener("click", () => { form.uses.value = a.name; select(); get("tasks").scrollIntoView(); });
    get("chosen").replaceChildren(make("h3", {}, code(a.name)),
      make("dl", { class: "pairs" }, ...pairs.flatMap(([k, v]) => [make("dt", {}, k), make("dd", {}, v)])), button);
    get("chosen").hidden = false;
  }

  for (const box of boxes)
    box.addEventListener("click", (event) => { event.preventDefault(); choose(box.dataset.number); });
})();
