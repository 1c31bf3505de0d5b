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

  /* Rising numbers from the steps between them: base 64 digits of five bits, the lowest first, 32 says that one follows. */
  function decode(text) {
    const numbers = [];
    let number = -1, step = 0, shift = 0;
    for (let i = 0; i < text.length; i++) {
      const digit = VALUES[text.charCodeAt(i)];
      step |= (digit & 31) << shift;
      if (digit & 32) {
        shift += 5;
      } else {
        number += step + 1;
        numbers.push(number);
        step = shift = 0;
      }
    }
    return numbers;
  }

  function fit(name, wanted) {
    const at = name.indexOf(wanted);
    if (at < 0) return NOT;
    if (at === 0) return name.length === wanted.length ? EXACT : PREFIX;
    return name.includes("-" + wanted) ? WORD : INSIDE;
  }

  /* What somebody typed, as wanted packages: `gdal 3.10 rasterio=1.4` is gdal in 3.10 or 3.10.x, and rasterio in 1.4. */
  function parse(text) {
    const wanted = [];
    for (const word of text.split(/[\s,;]+/)) {
      const [, name, version] = /^([^=]*)=*(.*)$/.exec(word);
      const last = wanted[wanted.length - 1];
      if (name && /^\d/.test(name) && last && !last.version) last.version = name;
      else if (normal(name)) wanted.push({ name: normal(name), version });
    }
    return wanted;
  }

  function isVersion(version, wanted) {
    return !wanted || version === wanted || version.startsWith(wanted + ".");
  }

  class Index {
    constructor(data) {
      this.clusters = data.clusters.map(([name, title]) => ({ name, title }));
      this.channels = data.channels;
      this.licences = data.licences;
      this.modules = data.modules.map(([name, cluster, kind, distribution, environment, current, python, page]) => ({
        name, cluster: this.clusters[cluster], kind: KINDS[kind], distribution, environment, current: !!current, python, page,
      }));
      this.lines = data.packages ? data.packages.split("\n") : [];
      this.labels = this.lines.map((line) => line.slice(0, line.indexOf("\t")));
      /* One pass over one text is much faster than one for each name. */
      this.names = this.labels.join("\n").toLowerCase().replace(/[-_.]+/g, "-").split("\n");
      this.decoded = new Map();
    }

    /* What each version of a package comes from and which modules hold it, by number; newest version first. */
    variants(place) {
      let variants = this.decoded.get(place);
      if (!variants) {
        const fields = this.lines[place].split("\t");
        variants = [];
        for (let i = 1; i < fields.length; i += 3) {
          const [channel, licence] = fields[i + 1].split(",");
          variants.push({
            version: fields[i], channel: this.channels[channel], licence: this.licences[licence], held: decode(fields[i + 2]),
          });
        }
        this.decoded.set(place, variants);
      }
      return variants;
    }

    /* Which modules a test lets through, as one byte for each: asked once, and then for every package. */
    through(test) {
      return Uint8Array.from(this.modules, (module) => (test(module) ? 1 : 0));
    }

    /* Packages that fit one wanted name, the best first, with the holders that are let through.
       `allowed` has the modules that may hold them (see `through`), and a test for variants. */
    packages(wanted, allowed) {
      const found = [];
      for (let place = 0; place < this.names.length; place++) {
        const fits = wanted ? fit(this.names[place], wanted.name) : PREFIX;
        if (fits === NOT) continue;
        let count = 0;
        const variants = [];
        for (const variant of this.variants(place)) {
          if ((wanted && !isVersion(variant.version, wanted.version)) || !allowed.variant(variant)) continue;
          const held = variant.held.filter((module) => allowed.modules[module]);
          if (held.length) variants.push({ ...variant, held });
          count += held.length;
        }
        if (count) found.push({ name: this.labels[place], fits, count, variants });
      }
      /* What more modules hold is looked for more often. */
      if (wanted) found.sort((one, other) => one.fits - other.fits || other.count - one.count);
      return found;
    }

    /* The first so many rows of a package, a module and what it holds in each. */
    rows(found, limit) {
      const rows = [];
      for (const { held, ...variant } of found.variants) {
        for (const number of held) {
          if (rows.length === limit) return rows;
          rows.push({ module: this.modules[number], holds: [{ name: found.name, ...variant }] });
        }
      }
      return rows;
    }

    /* Modules that hold every wanted package: by its exact name where there is one, otherwise by how the name begins. */
    together(wanted, allowed) {
      let rows = new Map(this.modules.map((_, number) => [number, []]));
      for (const one of wanted) {
        const next = new Map();
        for (const found of this.named(one, allowed)) {
          for (const { held, ...variant } of found.variants) {
            for (const number of held) {
              const before = rows.get(number);
              if (before && !next.has(number)) next.set(number, [...before, { name: found.name, ...variant }]);
            }
          }
        }
        rows = next;
      }
      return [...rows].map(([number, holds]) => ({ module: this.modules[number], holds }));
    }

    named(wanted, allowed) {
      const found = this.packages(wanted, allowed).filter((it) => it.fits <= PREFIX);
      const exact = found.filter((it) => it.fits === EXACT);
      return exact.length ? exact : found;
    }

    /* Modules that are called so themselves: people type `sci` here, too. */
    modulesCalled(name, allowed) {
      return this.modules.filter((module, number) => allowed.modules[number]
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
    let before = [], last = Array.from({ length: other.length + 1 }, (_, i) => i);
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
