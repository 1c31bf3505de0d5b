/* The search page: what is typed and chosen, in the address of the page so that it can be sent, and the modules that answer. */
(function () {
  "use strict";

  const PAGE = 12;  /* packages at first, and more at a time */
  const ROWS = 4;   /* modules of one package until somebody asks for all of them */
  const MANY = 100; /* values that are not chosen from a list any more, but typed */

  const COPY = "M19 21H8V7h11m0-2H8a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h11a2 2 0 0 0 2-2V7a2 2 0 0 0-2-2m-3-4H4a2 2 0 0 0-2 2v14h2V3h12z";

  /* Make an element; what is null or false is left out. */
  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (typeof value === "function") element.addEventListener(name, value);
      else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
    }
    element.append(...children.flat(Infinity).filter((child) => child !== null && child !== false && child !== ""));
    return element;
  }

  function counted(number, noun) {
    return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
  }

  /* 3.12 of 3.12.9: what people ask for. */
  function minor(version) {
    return version.split(".").slice(0, 2).join(".");
  }

  /* What narrows the answer by module: its name in the address and on the page, and what a module says about it. */
  const FILTERS = [
    ["cluster", (module) => module.cluster.title],
    ["distribution", (module) => module.distribution || (module.kind === "distribution" ? module.name : "")],
    ["environment", (module) => module.environment],
    ["Python", (module) => minor(module.python)],
  ];

  /* Names with numbers in the order of the numbers; one for all, to make one is slow. */
  const ORDER = new Intl.Collator("en", { numeric: true });

  class Page {
    constructor(root, index) {
      this.root = root;
      this.index = index;
      this.several = index.clusters.length > 1;
      this.fields = {};
      this.build();
      this.read();
      this.answer();
      addEventListener("hashchange", () => { this.read(); this.answer(); });
      /* What is typed belongs here and not to the keys of the theme; a touch screen would open its keyboard. */
      if (matchMedia("(pointer: fine)").matches && !location.hash && !location.search) this.fields.q.focus({ preventScroll: true });
    }

    build() {
      const { index } = this;
      const q = make("input", {
        id: "lf-q", type: "search", class: "lf-search__input", autocomplete: "off", autocapitalize: "off", spellcheck: "false",
        placeholder: "gdal", "aria-describedby": "lf-hint",
      });
      this.fields.q = q;
      const filters = [
        ...FILTERS.map(([name, value]) => this.select(name, index.modules.map(value))),
        this.select("channel", index.channels),
        this.select("licence", index.licences),
      ].flat().filter(Boolean);
      this.fields.older = make("input", { type: "checkbox", id: "lf-older" });
      const older = index.modules.every((module) => module.current) ? null
        : make("label", { class: "lf-search__check", for: "lf-older" }, this.fields.older, "Older releases too");
      this.narrow = make("details", { class: "lf-search__more" },
        make("summary", {}, "Narrow it down", this.chosen = make("span", { class: "lf-search__chosen" })),
        make("div", { class: "lf-search__filters" }, filters, older));
      this.count = make("p", { class: "lf-search__count", role: "status", "aria-live": "polite" });
      this.hits = make("div", { class: "lf-hits" });
      const form = make("form", { role: "search", "aria-label": "Packages", class: "lf-search", submit: (event) => event.preventDefault() },
        make("label", { for: "lf-q", class: "lf-search__label" }, "Which module has…"), q,
        make("p", { id: "lf-hint", class: "lf-search__hint" },
          "A package, with a version if you like: ", make("code", {}, "numpy 2.1"), ". Several at once find the modules that hold them all: ",
          make("code", {}, "gdal xarray"), "."),
        filters.length || older ? this.narrow : null);
      form.addEventListener("input", () => { this.answer(); this.write(); });
      this.root.replaceChildren(form, this.count, this.hits);
      /* The stylesheet leaves the line that opens it out where there is room. */
      const wide = matchMedia("(min-width: 45em)");
      this.narrow.open = wide.matches;
      wide.addEventListener("change", () => { this.narrow.open = wide.matches; });
    }

    /* A choice of the values that there are; no choice where there is but one. Of many, one types a part. */
    select(name, all) {
      const values = [...new Set(all)].filter(Boolean).sort(ORDER.compare);
      if (values.length < 2) return null;
      const options = values.map((it) => new Option(it, it));
      if (values.length <= MANY) {
        this.fields[name] = make("select", { id: `lf-${name}`, "aria-label": name }, new Option(`Any ${name}`, ""), options);
        return this.fields[name];
      }
      this.fields[name] = make("input", { id: `lf-${name}`, "aria-label": name, placeholder: `Any ${name}`, autocomplete: "off",
        list: `lf-${name}-all` });
      return [this.fields[name], make("datalist", { id: `lf-${name}-all` }, options)];
    }

    /* The question is behind `#`; a form on another page can only put it behind `?`. Names of headings are no questions. */
    read() {
      if (location.hash && !location.hash.includes("=")) return;
      const given = new URLSearchParams(location.hash.slice(1) || location.search.slice(1));
      for (const [name, field] of Object.entries(this.fields)) {
        if (field.type === "checkbox") field.checked = given.has(name);
        else field.value = given.get(name) || "";
        if (field.value === "" && field.selectedIndex === -1) field.selectedIndex = 0;
      }
    }

    /* Put the question into the address; not at every letter, browsers refuse too many changes. */
    write() {
      clearTimeout(this.writing);
      this.writing = setTimeout(() => {
        const given = new URLSearchParams();
        for (const [name, field] of Object.entries(this.fields)) {
          const value = field.type === "checkbox" ? (field.checked ? "1" : "") : field.value.trim();
          if (value || name === "q") given.set(name, value);
        }
        history.replaceState(history.state, "", `#${given}`);
      }, 250);
    }

    value(name) {
      return this.fields[name] ? this.fields[name].value.trim() : "";
    }

    /* What the filters let through; those in use are marked and counted. */
    allowed() {
      const chosen = [...FILTERS.map(([name]) => name), "channel", "licence"].filter((name) => this.value(name));
      for (const [name, field] of Object.entries(this.fields)) field.classList.toggle("lf-chosen", chosen.includes(name));
      this.chosen.textContent = chosen.length || "";
      const filters = FILTERS.filter(([name]) => chosen.includes(name));
      const older = this.fields.older.checked;
      const passes = (module) => (older || module.current) && filters.every(([name, value]) => this.fits(name, value(module)));
      const [channels, licences] = ["channel", "licence"].map((name) => this.value(name) && this.index[`${name}s`]
        .map((it) => this.fits(name, it)));
      return this.index.allowed(passes, channels, licences);
    }

    /* What was chosen from a list is meant exactly; of what is typed, a part will do. */
    fits(name, value) {
      const wanted = this.value(name);
      return this.fields[name].list ? value.toLowerCase().includes(wanted.toLowerCase()) : value === wanted;
    }

    answer() {
      const { index } = this;
      const wanted = window.lmodforge.parse(this.fields.q.value);
      const allowed = this.allowed();
      if (!wanted.length && !this.chosen.textContent) return this.showNumbers();
      const together = wanted.length > 1 ? index.together(wanted, allowed) : [];
      if (together.length) return this.showTogether(wanted, together);
      const called = wanted.length === 1 ? index.modulesCalled(wanted[0].name, allowed) : [];
      const answers = (wanted.length ? wanted : [null]).map((one) => index.packages(one, allowed));
      const found = answers.flatMap((it) => it.packages);
      if (!found.length && !called.length) return this.showNothing(wanted);
      const modules = index.modules.filter((_, number) => answers.some((it) => it.holds[number])).length;
      this.count.textContent = (wanted.length > 1 ? "No module holds all of them. " : "")
        + `${counted(found.length, "package")} in ${counted(modules, "module")}`;
      this.hits.replaceChildren(...(called.length ? [this.modulesCard(called)] : []));
      this.showMore(found, allowed, 0);
    }

    /* Without a question the first packages of the alphabet would help nobody. */
    showNumbers() {
      this.count.textContent = `${counted(this.index.names.length, "package")} in ${counted(this.index.modules.filter((module) => !module.nodes).length, "module")}`;
      this.hits.replaceChildren();
    }

    showTogether(wanted, rows) {
      const names = wanted.map((one) => one.name).join(" and ");
      const modules = new Set(rows.map(({ module }) => `${module.cluster.name} ${module.name}`));
      this.count.textContent = `${counted(modules.size, "module")} with ${names}`;
      this.hits.replaceChildren(this.card(names, [], rows.slice(0, PAGE), rows.length, () => rows));
    }

    showNothing(wanted) {
      this.count.textContent = "Nothing found.";
      const near = wanted.length === 1 ? this.index.near(wanted[0].name) : [];
      const hint = near.length ? ["Did you mean ", near.map((name) => make("button", { type: "button", class: "lf-search__near",
        click: () => { this.fields.q.value = name; this.answer(); this.write(); this.fields.q.focus(); } }, name))]
        : ["No module holds it, or a filter leaves it out. You can install it into an environment of your own."];
      this.hits.replaceChildren(make("p", { class: "lf-search__nothing" }, hint));
    }

    /* Show the next packages, and a button for those after them. */
    showMore(found, allowed, from) {
      const cards = found.slice(from, from + PAGE).map((it) => {
        const rows = this.index.rows(it, allowed, ROWS);
        const licences = [...new Set(rows.map((row) => row.holds[0].licence))].filter(Boolean);
        return this.card(it.name, licences, rows, it.count, () => this.index.rows(it, allowed, it.count));
      });
      const left = found.length - from - PAGE;
      const more = left > 0 && make("button", { type: "button", class: "lf-search__next", click: () => {
        more.remove();
        this.showMore(found, allowed, from + PAGE);
        this.hits.querySelectorAll("h2")[from + PAGE].focus();
      } }, `Show ${counted(Math.min(left, PAGE), "more package")} of ${left.toLocaleString("en")}`);
      this.hits.append(...cards, ...(more ? [more] : []));
    }

    modulesCard(modules) {
      const rows = modules.map((module) => ({ module, holds: [] }));
      return this.card(`Modules called ${this.fields.q.value.trim()}`, [], rows.slice(0, ROWS), rows.length, () => rows);
    }

    /* A name, the first rows of it, and a button for all of them. */
    card(title, licences, rows, count, all) {
      const list = make("ul", { class: "lf-hit__rows" }, rows.map((row) => this.row(row)));
      const left = count - list.children.length;
      const more = left > 0 && make("button", { type: "button", class: "lf-hit__all", click: () => {
        const first = list.children.length;
        list.append(...all().slice(first).map((row) => this.row(row)));
        more.remove();
        list.children[first].querySelector("a").focus();
      } }, `${counted(left, "more module")}`);
      return make("section", { class: "lf-hit" },
        make("h2", { class: "lf-hit__name", tabindex: "-1" }, title),
        licences.map((licence) => make("span", { class: "lf-badge lf-badge--licence" }, licence)),
        list, more);
    }

    row({ module, holds }) {
      const versions = holds.map((it) => make("span", {}, holds.length > 1 && `${it.name} `, make("strong", {}, it.version)));
      const channels = [...new Set(holds.map((it) => it.channel))].filter(Boolean);
      /* Where modules form a hierarchy, an environment's is found after its distribution's. */
      const needed = module.cluster.hierarchy && module.distribution ? `${module.distribution} ` : "";
      return make("li", { class: "lf-hit__row" },
        make("span", { class: "lf-hit__versions" }, versions),
        this.copy(`module load ${needed}${module.name}`),
        make("span", { class: "lf-hit__about" },
          this.several && make("span", { class: "lf-badge lf-badge--cluster" }, module.cluster.title),
          !module.current && make("span", { class: "lf-badge lf-badge--older" }, "older release"),
          Boolean(module.nodes) && make("span", { class: "lf-badge lf-badge--kind" }, `only on ${module.nodes}`),
          Boolean(module.goes) && make("span", { class: "lf-badge lf-badge--retired" }, "goes away"),
          channels.map((channel) => make("span", {}, channel)),
          module.python && make("span", { class: "lf-hit__python" }, `Python ${minor(module.python)}`),
          make("a", { href: this.root.dataset.root + module.page, "aria-label": `Details of ${module.name}` }, "Details")));
    }

    copy(command) {
      const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      icon.setAttribute("viewBox", "0 0 24 24");
      icon.setAttribute("aria-hidden", "true");
      icon.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
      icon.firstChild.setAttribute("d", COPY);
      const said = make("span", { class: "lf-copy__said", role: "status" });
      return make("button", { type: "button", class: "lf-copy", title: "Copy", click: () => {
        copyText(command).then((done) => {
          said.textContent = done ? "Copied" : "Not copied";
          setTimeout(() => { said.textContent = ""; }, 2000);
        });
      } }, make("code", {}, command), icon, said);
    }
  }

  /* Pages from files and plain http have no clipboard API. */
  function copyText(text) {
    if (navigator.clipboard && isSecureContext) return navigator.clipboard.writeText(text).then(() => true, () => false);
    const focused = document.activeElement;
    const area = make("textarea", { readonly: true, class: "lf-copy__area", "aria-hidden": "true", tabindex: "-1" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    focused.focus();
    return Promise.resolve(done);
  }

  function start() {
    const root = document.getElementById("lf-search");
    if (!root || root.dataset.started) return;
    root.dataset.started = "yes";
    const { Index, data } = window.lmodforge || {};
    if (Index && data) window.lmodforge.page = new Page(root, new Index(data));
    else root.textContent = "The list of packages could not be loaded.";
  }

  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start);
  else start();
})();
