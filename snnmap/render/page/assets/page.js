"use strict";
// Draws the figures that the page holds, in the colours of its theme; computes nothing.
(() => {
  const page = JSON.parse(document.getElementById("data").textContent);
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const coarse = matchMedia("(pointer: coarse)");
  const ready = new Map(); // figure to what Plotly draws, unpacked once
  const CODES = 65534;
  const PRINTED = 690; // pixels that fit on a sheet
  const MODEBAR = ["select2d", "lasso2d", "autoScale2d"];
  const FONT = 'system-ui, "Segoe UI", Roboto, "Noto Sans", "DejaVu Sans", sans-serif';
  let width = 0; // of a sheet while printing, else 0

  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);

  function colour(name) {
    return getComputedStyle(root).getPropertyValue(`--${name}`).trim();
  }

  async function unpacked(z) {
    const bytes = Uint8Array.from(atob(z.$packed), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const view = new DataView(await new Response(stream).arrayBuffer());
    const [rows, columns] = z.shape;
    return Array.from({ length: rows }, (_, i) =>
      Array.from({ length: columns }, (_, j) => {
        const code = view.getUint16(2 * (i * columns + j), true);
        return code > CODES ? null : z.low + z.step * code;
      }),
    );
  }

  function said(value, unit) {
    const text = Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(3) : `${Number(value.toPrecision(4))}`;
    return unit ? `${text} ${unit}` : text;
  }

  // A column that figures share, or the part of it that one of them shows.
  function column(asked) {
    const all = page.shared[asked.$ref];
    return asked.$at ? page.shared[asked.$at].map((k) => all[k]) : all;
  }

  // What a readout says of every place of a heat map.
  function readout(asked, z) {
    if (asked.$ref) return column(asked);
    if (asked.$spikes) return z.map((row, i) => row.map(() => page.shared[asked.$spikes][i]));
    const value = (code) => `${asked.words}: <b>${said(asked.decades ? 10 ** code : code, asked.unit)}</b>`;
    if (asked.$tiles) {
      return z.map((row, i) => row.map((code, j) => `${page.shared[asked.$tiles][i][j]}${code === null ? "" : `<br>${value(code)}`}`));
    }
    const rows = page.shared[`rows${asked.$cells}`];
    const columns = page.shared[`columns${asked.$cells}`];
    return z.map((row, i) =>
      row.map((code, j) => {
        const place = `row ${i}: ${rows[i]}<br>column ${j}: ${columns[j]}`;
        return asked.words && code !== null ? `${place}<br>${value(code)}` : place;
      }),
    );
  }

  async function unfolded(figure) {
    if (!ready.has(figure)) {
      const data = structuredClone(figure.data);
      for (const trace of data) {
        if (trace.z && trace.z.$packed) trace.z = await unpacked(trace.z);
        for (const axis of ["x", "y"]) if (trace[axis] && trace[axis].$ref) trace[axis] = column(trace[axis]);
        if (trace.customdata) trace.customdata = readout(trace.customdata, trace.z);
      }
      ready.set(figure, data);
    }
    return ready.get(figure);
  }

  // Colours named after the theme, wherever they stand.
  function painted(value) {
    if (Array.isArray(value)) return value.map(painted);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        /color$/.test(key) && typeof inner === "string" && inner[0] === "@" ? colour(inner.slice(1)) : painted(inner),
      ]),
    );
  }

  function framed(layout, plot, room) {
    const line = colour("line");
    const axis = { gridcolor: line, linecolor: line, zerolinecolor: line, automargin: true };
    const found = {
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: plot.unlike ? colour("well") : "rgba(0,0,0,0)",
      font: { family: FONT, size: room < 500 ? 11 : 13, color: colour("ink") },
      hoverlabel: { bgcolor: colour("paper"), bordercolor: colour("quiet"), font: { color: colour("ink"), family: FONT }, align: "left" },
      dragmode: coarse.matches ? false : "zoom",
      width: room,
      ...painted(layout),
    };
    for (const key of Object.keys(found)) {
      if (/^[xy]axis\d*$/.test(key)) found[key] = { ...axis, ...found[key] };
    }
    if (plot.unlike) {
      found.height = Math.min(Math.max((room - 150) / plot.unlike + 80, 270), 600);
      found.width = Math.min(room, (found.height - 60) * plot.unlike + 230);
    }
    if (room < 500) found.margin = { ...found.margin, l: Math.min(found.margin.l, 42), r: 8 };
    return found;
  }

  function chosen(box) {
    return [...box.querySelectorAll("select")].map((select) => select.value).join("/");
  }

  async function draw(box) {
    const plot = page.plots[box.dataset.plot];
    const figure = plot.figures[chosen(box)];
    const place = box.querySelector(".plot");
    const caption = box.querySelector("figcaption");
    if (!figure) {
      caption.textContent = "There is nothing to draw for this choice.";
      Plotly.purge(place);
      return;
    }
    const data = await unfolded(figure);
    const stretch = box.querySelector(".stretch");
    if (stretch) stretch.hidden = !figure.flat;
    const flat = figure.flat && !(stretch && stretch.querySelector("input").checked);
    const drawn = painted(data);
    if (flat) Object.assign(drawn[0], { zmin: figure.flat[0], zmax: figure.flat[1], showscale: false });
    const layout = framed(figure.layout, plot, width || place.clientWidth);
    const config = { displaylogo: false, modeBarButtonsToRemove: MODEBAR, displayModeBar: coarse.matches ? false : "hover" };
    await Plotly.react(place, drawn, layout, config);
    if (caption.textContent !== figure.caption) caption.textContent = figure.caption;
    place.setAttribute("aria-label", `${plot.title}. ${figure.caption}`);
    box.dataset.drawn = "yes";
  }

  const boxes = [...document.querySelectorAll("figure.chart")];

  async function drawAll() {
    for (const box of boxes) {
      if (!width) await new Promise((done) => setTimeout(done)); // the reader's clicks come first
      try {
        await draw(box);
      } catch (error) {
        const words = Object.assign(document.createElement("p"), { className: "failed", textContent: `This chart cannot be drawn: ${error.message}` });
        box.querySelector(".plot").replaceChildren(words);
        console.error(error);
      }
    }
  }

  // A click on a tile opens its crossbar, if the page holds it.
  function linked() {
    const from = boxes.find((box) => box.dataset.plot === "tiles");
    const to = boxes.find((box) => box.dataset.plot === "crossbar");
    if (!from || !to) return;
    from.querySelector(".plot").on("plotly_click", (event) => {
      const point = event.points[0];
      if (!point || point.data.type !== "heatmap") return;
      const across = point.data.z[0].length;
      const cluster = page.opened[point.y * across + point.x];
      if (cluster === undefined) return;
      to.querySelector("select").value = String(cluster);
      draw(to);
      to.closest("section").scrollIntoView();
    });
  }

  const button = document.getElementById("theme");
  function named() {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", isDark() ? "change to light colours" : "change to dark colours");
    button.setAttribute("aria-pressed", String(isDark()));
  }
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    named();
    drawAll();
  });
  dark.addEventListener("change", () => {
    named();
    drawAll();
  });
  document.getElementById("print").addEventListener("click", () => print());
  for (const box of boxes) {
    box.querySelector(".pickers")?.addEventListener("change", () => draw(box));
  }

  // Tables whose headings sort them, numbers as numbers; a second click turns the order round.
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, k) => {
      const sorter = Object.assign(document.createElement("button"), { type: "button", textContent: head.textContent });
      head.replaceChildren(sorter);
      sorter.addEventListener("click", () => {
        const sign = head.ariaSort === "ascending" ? -1 : 1;
        const key = (row) => row.cells[k].dataset.value;
        const body = table.tBodies[0];
        const compared = (a, b) => (isNaN(a) || isNaN(b) ? a.localeCompare(b) : a - b);
        const rows = [...body.rows].sort((a, b) => (!key(a) - !key(b)) || sign * compared(key(a), key(b)));
        body.replaceChildren(...rows);
        heads.forEach((other) => { other.ariaSort = other === head ? (sign > 0 ? "ascending" : "descending") : null; });
      });
    });
  }

  // Paper is white and has one width; what is folded is printed, too.
  let before;
  addEventListener("beforeprint", () => {
    before = { theme: root.dataset.theme, open: [...document.querySelectorAll("details")].map((d) => [d, d.open]) };
    root.dataset.theme = "light";
    before.open.forEach(([details]) => { details.open = true; });
    width = PRINTED;
    drawAll();
  });
  addEventListener("afterprint", () => {
    if (before.theme) root.dataset.theme = before.theme;
    else delete root.dataset.theme;
    before.open.forEach(([details, open]) => { details.open = open; });
    width = 0;
    drawAll();
  });

  let last = innerWidth;
  let timer;
  addEventListener("resize", () => {
    if (innerWidth === last || width) return;
    last = innerWidth;
    clearTimeout(timer);
    timer = setTimeout(drawAll, 120);
  });

  named();
  drawAll().then(() => {
    linked();
    root.dataset.ready = "yes";
  });
})();
