/* The packages of all modules, as lmodforge-data.js holds them: found by name, decoded only where a name matches. */
(function () {
  "use strict";

  const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const VALUES = new Uint8Array(128);
  for (let i = 0; i < DIGITS.length; i++) VALUES[DIGITS.charCodeAt(i)] = i;

  const KINDS = ["environment", "distribution", "tool"];

  /* How well a name fits, best first. */
  const EXACT = 0, PREFIX = 1, WORD = 2, INSIDE = 3, NOT = 4;

  /* Names as PyPI compares them: scikit_learn is scikit-learn. */
  function normal(name) {
    return name.trim().toLowerCase().replace(/[-_.]+/g, "-");
  }

  function fit(name, wanted) {
    const at = name.indexOf(wanted);
    if (at < 0) return NOT;
    if (at === 0) return name.length === wanted.length ? EXACT : PREFIX;
    return name.includes("-" + wanted) ? WORD : INSIDE;
  }

  /* What somebody typed, as wanted packages: `gdal 3.10 rasterio>=1.4,<2` is gdal in 3.10 or 3.10.x, and rasterio from 1.4 to 2. */
  function parse(text) {
    const wanted = [];
    for (const word of text.replace(/\s*([<>=!~]+)\s*/g, "$1").split(/[\s,;]+/)) {
      const [, name, sign, version] = /^([^<>=!~[]*)(?:\[.*\])?([<>=!~]*)(.*)$/.exec(word);
      const last = wanted[wanted.length - 1];
      if (last && (/^\d/.test(name) || (!name && version))) last.limits.push({ sign, version: name || version });
      else if (normal(name)) wanted.push({ name: normal(name), limits: version ? [{ sign, version }] : [] });
    }
    return wanted;
  }

  /* Numbers in versions count as numbers: 2.10 is newer than 2.9. */
  const ORDER = new Intl.Collator("en", { numeric: true });

  function isWithin(version, { sign, version: limit }) {
    const same = version === limit || version.startsWith(limit + ".");
    if (sign === "!=") return !same;
    if (sign.startsWith(">")) return same ? sign === ">=" : ORDER.compare(version, limit) > 0;
    if (sign.startsWith("<")) return same ? sign === "<=" : ORDER.compare(version, limit) < 0;
    return same;
  }

  class Index {
    constructor(data) {
      this.clusters = data.clusters.map(([name, title, hierarchy]) => ({ name, title, hierarchy }));
      this.channels = data.channels;
      this.licences = data.licences;
      this.modules = data.modules.map(([name, cluster, kind, distribution, environment, current, python, page, goes, nodes]) => ({
        name, cluster: this.clusters[cluster], kind: KINDS[kind], distribution, environment, current, python, page, goes, nodes,
      }));
      /* A module that chooses by node has an entry for what all nodes get, and after it one for each type of nodes. */
      this.back = Uint16Array.from(data.modules, (row) => row[10] || 0);
      this.lines = data.packages ? data.packages.split("\n") : [];
      this.labels = this.lines.map((line) => line.slice(0, line.indexOf("\t")));
      /* One pass over one text is much faster than one for each name. */
      this.names = this.lines.length ? this.labels.join("\n").toLowerCase().replace(/[-_.]+/g, "-").split("\n") : [];
    }

    /* What may answer: modules that pass a test, asked once for each; channels and licences by number, null for any. */
    allowed(test, channels, licences) {
      return { modules: Uint8Array.from(this.modules, (module) => (test(module) ? 1 : 0)), channels, licences };
    }

    /* Call `take(module, version, origin)` for each allowed module that holds a package within limits, newest version first,
       until it returns false. Nothing is built on the way: one letter typed visits most packages of most modules.
       What all nodes get is not said again for each type of them, but with `each`. */
    visit(place, limits, allowed, take, each) {
      const line = this.lines[place], { modules } = allowed;
      for (let at = line.indexOf("\t"); at > 0;) {
        const middle = line.indexOf("\t", at + 1), begin = line.indexOf("\t", middle + 1) + 1;
        const next = line.indexOf("\t", begin), end = next < 0 ? line.length : next;
        const found = line.slice(at + 1, middle), origin = line.slice(middle + 1, begin - 1);
        at = next;
        if (!limits.every((limit) => isWithin(found, limit)) || !this.comesFrom(origin, allowed)) continue;
        /* Modules are the steps between their numbers: digits of five bits, the lowest first, 32 says that one follows. */
        for (let i = begin, number = -1, step = 0, shift = 0, whole = -1; i < end; i++) {
          const digit = VALUES[line.charCodeAt(i)];
          step |= (digit & 31) << shift;
          if (digit & 32) {
            shift += 5;
          } else {
            number += step + 1;
            step = shift = 0;
            if (!modules[number]) continue;
            if (!this.back[number]) whole = number;
            else if (!each && number - this.back[number] === whole) continue;
            if (take(number, found, origin) === false) return;
          }
        }
      }
    }

    comesFrom(origin, { channels, licences }) {
      if (!channels && !licences) return true;
      const [channel, licence] = origin.split(",");
      return (!channels || channels[channel]) && (!licences || licences[licence]);
    }

    origin(text) {
      const [channel, licence] = text.split(",");
      return { channel: this.channels[channel], licence: this.licences[licence] };
    }

    /* Packages that fit one wanted name (null: all of them), the best first, and how many modules hold any of them. */
    packages(wanted, allowed) {
      const packages = [], holds = new Uint8Array(this.modules.length), limits = wanted ? wanted.limits : [];
      for (let place = 0; place < this.names.length; place++) {
        const fits = wanted ? fit(this.names[place], wanted.name) : PREFIX;
        if (fits === NOT) continue;
        let count = 0;
        this.visit(place, limits, allowed, (module) => { count++; holds[module - this.back[module]] = 1; });
        if (count) packages.push({ place, name: this.labels[place], limits, fits, count });
      }
      /* What more modules hold is looked for more often. */
      if (wanted) packages.sort((one, other) => one.fits - other.fits || other.count - one.count);
      return { packages, holds };
    }

    /* The first so many holders of a package: a module, and what it holds. */
    rows(found, allowed, limit) {
      const rows = [];
      this.visit(found.place, found.limits, allowed, (module, version, origin) => {
        rows.push({ module: this.modules[module], holds: [{ name: found.name, version, ...this.origin(origin) }] });
        return rows.length < limit;
      });
      return rows;
    }

    /* Modules that hold every wanted package: by its exact name where there is one, otherwise by how the name begins. */
    together(wanted, allowed) {
      let rows = null;
      for (const one of wanted) {
        const next = new Map();
        for (const found of this.named(one, allowed)) {
          this.visit(found.place, found.limits, allowed, (module, version, origin) => {
            const before = rows ? rows.get(module) : [];
            if (before && !next.has(module)) next.set(module, [...before, { name: found.name, version, ...this.origin(origin) }]);
          }, true);
        }
        rows = next;
      }
      const told = (module) => this.back[module] && rows.has(module - this.back[module]);
      return [...rows].filter(([module]) => !told(module)).map(([module, holds]) => ({ module: this.modules[module], holds }));
    }

    named(wanted, allowed) {
      const found = this.packages(wanted, allowed).packages.filter((it) => it.fits <= PREFIX);
      const exact = found.filter((it) => it.fits === EXACT);
      return exact.length ? exact : found;
    }

    /* Modules that are called so themselves: people type `sci` here, too. */
    modulesCalled(name, allowed) {
      return this.modules.filter((module, number) => allowed.modules[number] && !module.nodes
        && [normal(module.environment), normal(module.name), normal(module.name).split("/")[0]].includes(name));
    }

    /* Names that somebody may have meant: at most two letters away, the nearest first. */
    near(name) {
      const most = name.length < 5 ? 1 : 2;
      const found = [];
      this.names.forEach((other, place) => {
        const far = Math.abs(other.length - name.length) > most ? most + 1 : distance(name, other, most);
        if (far <= most) found.push({ name: this.labels[place], far });
      });
      return found.sort((one, other) => one.far - other.far).slice(0, 5).map((it) => it.name);
    }
  }

  /* Letters to insert, remove or replace, or two neighbours to swap; gives up beyond `most`. */
  function distance(one, other, most) {
    let before = [];
    let last = Array.from({ length: other.length + 1 }, (_, i) => i);
    for (let i = 1; i <= one.length; i++) {
      const row = [i];
      for (let j = 1; j <= other.length; j++) {
        const same = one[i - 1] === other[j - 1] ? 0 : 1;
        row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + same);
        if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
          row[j] = Math.min(row[j], before[j - 2] + 1);
        }
      }
      if (Math.min(...row) > most) return most + 1;
      before = last;
      last = row;
    }
    return last[other.length];
  }

  window.lmodforge = Object.assign(window.lmodforge || {}, { Index, parse });
})();
