"use strict";
(() => {
  const run = JSON.parse(document.getElementById("run").textContent);
  const part = (id) => document.getElementById(id);
  const at = { token: 0, layer: 0 };  // layer: a place in run.layers, which holds those with a router

  // Text only ever becomes a text node: nothing of a model or a user is taken for markup.
  const make = (name, text, className) => {
    const node = document.createElement(name);
    if (text !== undefined) node.textContent = text;
    if (className) node.className = className;
    return node;
  };
  const number = (value, digits) => (value === null || value === undefined ? "\u2013" : value.toFixed(digits));
  const clamp = (value, most) => Math.min(Math.max(value, 0), Math.max(most, 0));
  const label = (expert) => "E" + String(expert).padStart(String(run.experts - 1).length, "0");
  const bar = (share, className) => {
    const node = make("span", undefined, "bar" + (className ? " " + className : ""));
    if (!(share > 0)) node.style.minWidth = "0";  // nothing is no bar
    node.style.width = (100 * Math.min(Math.max(share, 0), 1)).toFixed(2) + "%";
    return node;
  };
  const cell = (content, className) => {
    const node = make("td", undefined, className);
    if (content instanceof Node) node.append(content);
    else node.textContent = content;
    return node;
  };
  const row = (cells, className) => {
    const node = make("tr", undefined, className);
    node.append(...cells);
    return node;
  };

  const tokens = run.tokens.map((text, index) => {
    const node = make("bdi", text, index < run.prompt ? "" : "generated");
    node.dataset.token = index;
    return node;
  });
  tokens.forEach((node) => part("tokens").append(node, document.createElement("wbr")));

  // The five stages are never mixed up: raw logit, score, rank, applied weight, slot.
  const showRouter = () => {
    const layer = run.layers[at.layer];
    const body = part("router");
    body.replaceChildren();
    if (!layer) {
      part("router-remark").textContent = "This model has no layer with a router.";
      return;
    }
    part("router-title").textContent = "Router, layer " + layer.layer;
    const here = layer.tokens[at.token];
    if (!here) {
      part("router-remark").textContent = "This token was not run through the layer.";
      return;
    }
    const lost = here.kept ? here.kept.filter((kept) => !kept).length : 0;
    part("router-remark").textContent =
      here.ids.length + " of " + run.experts + " experts chosen" +
      (layer.capacity === null ? "" : ", capacity " + layer.capacity + " (" + run.capacity + "), " +
        (lost === 0 ? "every choice kept" : lost + " dropped")) +
      (here.margin === null ? "" : ", margin " + number(here.margin, 4));
    const values = here.scores || here.logits || [];
    const low = here.scores ? 0 : Math.min(...values), high = Math.max(...values);
    for (let expert = 0; expert < run.experts; ++expert) {
      const rank = here.ids.indexOf(expert);
      const dropped = rank >= 0 && here.kept !== null && !here.kept[rank];
      const share = values.length && high > low ? (values[expert] - low) / (high - low) : 0;
      const choice = rank < 0 ? "" : "choice " + (rank + 1) + (dropped ? ", dropped" : "");
      body.append(row([
        cell(label(expert)),
        cell(here.logits ? number(here.logits[expert], 2) : "\u2013"),
        cell(here.scores ? number(here.scores[expert], 3) : "\u2013"),
        cell(choice),
        cell(rank < 0 ? "" : number(here.weights ? here.weights[rank] : null, 3)),
        cell(bar(share), "wide"),
      ], rank < 0 ? "" : dropped ? "chosen dropped" : "chosen"));
    }
  };

  const loads = new Map();  // of a layer over the whole run, worked out once
  const loadOf = (layer) => {
    if (!loads.has(layer)) {
      const counts = Array.from({ length: run.experts }, () => ({ kept: 0, late: 0 }));
      for (const token of layer.tokens) {
        token.ids.forEach((expert, rank) => {
          if (token.kept !== null && !token.kept[rank]) ++counts[expert].late;
          else ++counts[expert].kept;
        });
      }
      loads.set(layer, counts);
    }
    return loads.get(layer);
  };
  const showLoad = () => {
    const layer = run.layers[at.layer];
    part("load").replaceChildren();
    if (!layer) return;
    part("load-title").textContent = "Load, layer " + layer.layer + ", whole run";
    const counts = loadOf(layer);
    const total = counts.reduce((sum, count) => sum + count.kept + count.late, 0);
    const late = counts.reduce((sum, count) => sum + count.late, 0);
    const most = Math.max(1, ...counts.map((count) => count.kept + count.late));
    part("load-remark").textContent =
      "an even router gives each expert " + number(total / run.experts, 1) + " choices" +
      (layer.capacity === null ? "" : "; " + late + " of " + total + " choices dropped");
    counts.forEach((count, expert) => {
      const bars = document.createDocumentFragment();
      bars.append(bar(count.kept / most, "kept"));
      if (count.late > 0) bars.append(bar(count.late / most, "late"));
      const holder = make("td", undefined, "wide");
      holder.append(bars);
      part("load").append(row([
        cell(label(expert)),
        cell(count.kept + count.late + (count.late > 0 ? " (" + count.late + " dropped)" : "")),
        holder,
      ]));
    });
  };

  const showPrediction = () => {
    part("prediction").replaceChildren();
    const here = run.predictions[at.token];
    const next = at.token + 1 < run.tokens.length ? run.tokens[at.token + 1] : null;
    const words = [];
    if (here && here.entropy !== null) words.push("entropy " + number(here.entropy, 2) + " nats");
    if (here && here.surprisal !== null) words.push("surprisal of what follows " + number(here.surprisal, 2) + " nats");
    if (next === null) words.push("the run ends here");
    const told = here && here.top.length > 0;
    part("prediction-remark").textContent = words.join(", ") + (told ? "" : "; no likely tokens were recorded");
    if (!told) return;
    const rows = here.top.map((each, place) => ({ place: place + 1, text: each[0], p: each[1], actual: each[2] === 1 }));
    if (next !== null && !rows.some((each) => each.actual) && here.surprisal !== null) {
      rows.push({ place: "", text: next, p: Math.exp(-here.surprisal), actual: true });
    }
    const most = Math.max(...rows.map((each) => each.p), 1e-9);
    for (const each of rows) {
      const text = make("bdi", each.text);
      part("prediction").append(row([
        cell(String(each.place)), cell(text, "text"), cell(number(each.p, 4)),
        cell(bar(each.p / most), "wide"),
      ], each.actual ? "actual" : ""));
    }
  };

  const showTokens = (before) => {
    const layer = run.layers[at.layer];
    if (before.token !== at.token && tokens[before.token]) tokens[before.token].classList.remove("here");
    const here = tokens[at.token];
    if (here) {
      here.classList.add("here");
      here.scrollIntoView({ block: "nearest" });
    }
    if (before.layer === at.layer && before.token >= 0) return;
    tokens.forEach((node, index) => {
      const token = layer && layer.tokens[index];
      node.classList.toggle("lost", Boolean(token && token.kept && token.kept.some((kept) => !kept)));
    });
  };

  const go = (token, layer, first) => {
    const before = first ? { token: -1, layer: -1 } : { ...at };
    at.token = clamp(token, run.tokens.length - 1);
    at.layer = clamp(layer, run.layers.length - 1);
    const shown = run.layers[at.layer];
    showTokens(before);
    showRouter();
    if (before.layer !== at.layer) showLoad();
    showPrediction();
    part("place").textContent = "token " + at.token + " of " + run.tokens.length +
      (shown ? ", layer " + shown.layer : "");
    part("token-back").disabled = at.token === 0;
    part("token-on").disabled = at.token >= run.tokens.length - 1;
    part("layer-back").disabled = at.layer === 0;
    part("layer-on").disabled = at.layer >= run.layers.length - 1;
  };
  const step = (tokensOn, layersOn) => go(at.token + tokensOn, at.layer + layersOn, false);

  for (const name of ["expert", "logit", "score", "choice", "weight"]) part("router-head").append(make("th", name));
  part("router-head").append(make("th", undefined, "wide"));
  part("token-back").addEventListener("click", () => step(-1, 0));
  part("token-on").addEventListener("click", () => step(1, 0));
  part("layer-back").addEventListener("click", () => step(0, -1));
  part("layer-on").addEventListener("click", () => step(0, 1));
  part("tokens").addEventListener("click", (event) => {
    const node = event.target.closest("bdi");
    if (node) go(Number(node.dataset.token), at.layer, false);
  });
  const keys = {
    ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
    PageUp: [-10, 0], PageDown: [10, 0], Home: [-Infinity, 0], End: [Infinity, 0],
  };
  document.addEventListener("keydown", (event) => {
    const by = keys[event.key];
    if (!by || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    step(by[0], by[1]);
  });
  // page.html#token=5&layer=3 opens at a place: the layer is the model's.
  const asked = new URLSearchParams(location.hash.slice(1));
  const wanted = Number.parseInt(asked.get("token") || "0", 10) || 0;
  const layerAsked = Number.parseInt(asked.get("layer") || "0", 10) || 0;
  go(wanted, Math.max(0, run.layers.findIndex((layer) => layer.layer >= layerAsked)), true);
})();
