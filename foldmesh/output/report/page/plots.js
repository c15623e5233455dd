// Charts on canvas. Each takes its data and calls back with residue indices (0-based, over all chains).
'use strict';
const plots = (() => {
  const kInk = '#1c2430', kSoft = '#5b6675', kGrid = '#e3e7ec';
  const kFont = '11px system-ui, "Segoe UI", Roboto, Arial, sans-serif';

  // Colours of the AlphaFold database.
  const bands = [
    { from: 90, colour: '#0053D6', text: 'very high (90 and more)' },
    { from: 70, colour: '#65CBF3', text: 'confident (70 to 90)' },
    { from: 50, colour: '#FFDB13', text: 'low (50 to 70)' },
    { from: -Infinity, colour: '#FF7D45', text: 'very low (below 50)' },
  ];
  const plddtColour = value => bands.find(band => value >= band.from).colour;

  // A drawing surface of the element's width in CSS pixels, sharp on every screen.
  function surface(canvas, height) {
    const width = Math.max(canvas.clientWidth, 200), ratio = window.devicePixelRatio || 1;
    canvas.style.height = height + 'px';
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const ctx = canvas.getContext('2d');
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, width, height);
    ctx.font = kFont;
    return { ctx, width, height };
  }

  function niceStep(span, most) {
    const raw = span / most, ten = Math.pow(10, Math.floor(Math.log10(raw)));
    for (const factor of [1, 2, 5, 10]) if (factor * ten >= raw) return Math.max(1, factor * ten);
    return raw;
  }

  // Ticks at residue numbers: [{at: index, text}]; each chain starts anew.
  function residueTicks(chains, nResidues, most) {
    const step = niceStep(nResidues, most), ticks = [];
    for (const chain of chains) {
      if (chains.length > 1) ticks.push({ at: chain.first, text: chain.id });
      for (let k = step; k <= chain.length; k += step) {
        if (chains.length > 1 && chain.length - k < step / 2) continue;  // room for the next chain's name
        ticks.push({ at: chain.first + k - 1, text: String(k) });
      }
    }
    return ticks;
  }

  function chainLines(ctx, chains, x, top, bottom) {
    ctx.strokeStyle = kInk;
    ctx.lineWidth = 1;
    for (const chain of chains.slice(1)) {
      ctx.beginPath();
      ctx.moveTo(x(chain.first - 0.5), top);
      ctx.lineTo(x(chain.first - 0.5), bottom);
      ctx.stroke();
    }
  }

  function onPointer(canvas, handlers) {
    const at = event => {
      const box = canvas.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    for (const [name, handler] of Object.entries(handlers)) {
      canvas.addEventListener(name, event => handler(at(event), event));
    }
  }

  // pLDDT of every residue: bars in the colours of the structure.
  function plddt(canvas, chains, onHover, onClick) {
    const pad = { left: 34, right: 14, top: 8, bottom: 20 };
    let values = [], marks = [], frame = null;
    const x = i => pad.left + (i + 0.5) * (frame.width - pad.left - pad.right) / values.length;
    const indexAt = px => {
      const i = Math.floor((px - pad.left) / (frame.width - pad.left - pad.right) * values.length);
      return i >= 0 && i < values.length ? i : -1;
    };
    function draw() {
      frame = surface(canvas, 180);
      const { ctx, width, height } = frame;
      const y = v => height - pad.bottom - v / 100 * (height - pad.top - pad.bottom);
      ctx.textAlign = 'right';
      ctx.textBaseline = 'middle';
      for (const level of [0, 50, 70, 90, 100]) {
        ctx.strokeStyle = kGrid;
        ctx.beginPath();
        ctx.moveTo(pad.left, y(level));
        ctx.lineTo(width - pad.right, y(level));
        ctx.stroke();
        ctx.fillStyle = kSoft;
        if (level !== 100) ctx.fillText(String(level), pad.left - 5, y(level));
      }
      const bar = (width - pad.left - pad.right) / Math.max(values.length, 1);
      values.forEach((value, i) => {
        ctx.fillStyle = plddtColour(value);
        ctx.fillRect(pad.left + i * bar, y(value), Math.max(bar * 0.92, 0.6), y(0) - y(value));
      });
      chainLines(ctx, chains, x, pad.top, y(0));
      ctx.fillStyle = kSoft;
      ctx.textAlign = 'center';
      ctx.textBaseline = 'top';
      for (const tick of residueTicks(chains, values.length, 14)) ctx.fillText(tick.text, x(tick.at), y(0) + 5);
      ctx.strokeStyle = '#c2185b';
      ctx.lineWidth = 2;
      for (const i of marks) ctx.strokeRect(pad.left + i * bar - 1, pad.top, Math.max(bar, 2) + 2, y(0) - pad.top);
    }
    onPointer(canvas, {
      mousemove: at => onHover(indexAt(at.x)),
      mouseleave: () => onHover(-1),
      click: at => { const i = indexAt(at.x); if (i >= 0) onClick(i); },
    });
    return {
      show(newValues) { values = newValues; draw(); },
      mark(indices) { marks = indices; draw(); },
      redraw: draw,
      position: i => ({ x: x(i), y: frame.height / 2 }),
    };
  }

  // Of an aligned error in Å: dark green is certain, white is not.
  const errorColour = error => {
    const t = Math.min(error / 31.75, 1);
    return [Math.round(255 * t), Math.round(80 + 175 * t), Math.round(20 + 235 * t)];
  };

  // Predicted aligned error. cells.at(i, j): error of residue j when aligned on residue i; n cells per side stand for
  // nResidues residues. Clicks give a pair, drags two ranges.
  function pae(canvas, chains, onHover, onPair, onRanges) {
    const pad = { left: 36, right: 14, top: 8, bottom: 34 };
    let map = null, nResidues = 0, image = null, pair = null, ranges = null, drag = null, side = 0, frame = null;
    const place = i => (i + 0.5) * side / nResidues;
    const residueAt = p => Math.floor(p / side * nResidues);
    const pairAt = at => {
      const i = residueAt(at.y - pad.top), j = residueAt(at.x - pad.left);
      return i >= 0 && j >= 0 && i < nResidues && j < nResidues ? { i, j } : null;
    };
    function paint() {
      image = document.createElement('canvas');
      image.width = image.height = map.n;
      const ctx = image.getContext('2d'), pixels = ctx.createImageData(map.n, map.n);
      for (let k = 0; k < map.n * map.n; ++k) {
        const [r, g, b] = errorColour(map.cells[k]);
        pixels.data.set([r, g, b, 255], 4 * k);
      }
      ctx.putImageData(pixels, 0, 0);
    }
    function draw() {
      const room = Math.min(Math.max(canvas.clientWidth, 200), 500);
      frame = surface(canvas, room - pad.left - pad.right + pad.top + pad.bottom);
      side = room - pad.left - pad.right;
      const { ctx } = frame;
      if (!map) {
        ctx.fillStyle = kSoft;
        ctx.fillText('This model has no predicted aligned error.', pad.left, 40);
        return;
      }
      ctx.imageSmoothingEnabled = map.n > side;
      ctx.drawImage(image, pad.left, pad.top, side, side);
      ctx.strokeStyle = kInk;
      ctx.strokeRect(pad.left, pad.top, side, side);
      chainLines(ctx, chains, i => pad.left + place(i), pad.top, pad.top + side);
      for (const chain of chains.slice(1)) {
        ctx.beginPath();
        ctx.moveTo(pad.left, pad.top + place(chain.first - 0.5));
        ctx.lineTo(pad.left + side, pad.top + place(chain.first - 0.5));
        ctx.stroke();
      }
      ctx.fillStyle = kSoft;
      for (const tick of residueTicks(chains, nResidues, 7)) {
        ctx.textAlign = 'center';
        ctx.textBaseline = 'top';
        ctx.fillText(tick.text, pad.left + place(tick.at), pad.top + side + 4);
        ctx.textAlign = 'right';
        ctx.textBaseline = 'middle';
        ctx.fillText(tick.text, pad.left - 4, pad.top + place(tick.at));
      }
      ctx.textAlign = 'center';
      ctx.textBaseline = 'bottom';
      ctx.fillText('scored residue', pad.left + side / 2, frame.height - 2);
      ctx.save();
      ctx.translate(2, pad.top + side / 2);
      ctx.rotate(-Math.PI / 2);
      ctx.textBaseline = 'top';
      ctx.fillText('aligned residue', 0, 0);
      ctx.restore();
      if (ranges) {
        ctx.lineWidth = 2;
        ctx.strokeStyle = '#c2185b';
        const left = ranges.j[0] * side / nResidues, right = (ranges.j[1] + 1) * side / nResidues;
        const top = ranges.i[0] * side / nResidues, bottom = (ranges.i[1] + 1) * side / nResidues;
        ctx.strokeRect(pad.left + left, pad.top + top, right - left, bottom - top);
      }
      if (pair) {
        ctx.lineWidth = 1.5;
        ctx.strokeStyle = '#c2185b';
        const px = pad.left + place(pair.j), py = pad.top + place(pair.i);
        ctx.beginPath();
        ctx.moveTo(pad.left, py);
        ctx.lineTo(pad.left + side, py);
        ctx.moveTo(px, pad.top);
        ctx.lineTo(px, pad.top + side);
        ctx.stroke();
        ctx.beginPath();
        ctx.arc(px, py, 5, 0, 2 * Math.PI);
        ctx.stroke();
      }
    }
    const inside = p => Math.min(Math.max(p, 0), nResidues - 1);
    const dragged = at => {
      const span = (a, b) => [inside(Math.min(a, b)), inside(Math.max(a, b))];
      return { i: span(residueAt(drag.y - pad.top), residueAt(at.y - pad.top)),
               j: span(residueAt(drag.x - pad.left), residueAt(at.x - pad.left)) };
    };
    const isDrag = at => drag && Math.hypot(at.x - drag.x, at.y - drag.y) > 5;
    onPointer(canvas, {
      mousedown: (at, event) => { if (map && pairAt(at)) { drag = at; event.preventDefault(); } },
      mousemove: at => {
        if (!map) return;
        if (isDrag(at)) { ranges = dragged(at); pair = null; draw(); } else onHover(pairAt(at));
      },
      mouseleave: () => { onHover(null); if (drag && !ranges) drag = null; },
      mouseup: at => {
        if (!drag) return;
        if (isDrag(at)) { ranges = dragged(at); onRanges(ranges); } else {
          const clicked = pairAt(at);
          if (clicked) onPair(clicked.i, clicked.j);
        }
        drag = null;
      },
    });
    return {
      show(newMap, n) { map = newMap; nResidues = n; if (map) paint(); draw(); },
      mark(newPair, newRanges) { pair = newPair; ranges = newRanges; draw(); },
      redraw: draw,
      position: (i, j) => ({ x: pad.left + place(j), y: pad.top + place(i) }),
    };
  }

  // Alignment rows, most similar to the query on top, and how many rows cover each residue.
  function coverage(canvas, chains, msa, nResidues) {
    const pad = { left: 44, right: 44, top: 8, bottom: 20 };
    const colour = identity => {  // 1 red, 0 violet, as rainbow maps go
      const hue = 280 * (1 - identity);
      return `hsl(${hue}, 75%, 50%)`;
    };
    const palette = Array.from({ length: 64 }, (_, k) => colour(k / 63));
    const image = document.createElement('canvas');
    image.width = msa.width;
    image.height = msa.height;
    const painter = image.getContext('2d');
    for (let row = 0; row < msa.height; ++row) {
      painter.fillStyle = palette[msa.identity[row]];
      for (let column = 0; column < msa.width; ++column) {
        if (msa.covered[row * msa.width + column]) painter.fillRect(column, row, 1, 1);
      }
    }
    function draw() {
      const { ctx, width, height } = surface(canvas, 240);
      const w = width - pad.left - pad.right, h = height - pad.top - pad.bottom;
      const x = i => pad.left + (i + 0.5) * w / nResidues;
      ctx.imageSmoothingEnabled = false;
      ctx.drawImage(image, pad.left, pad.top, w, h);
      const most = Math.max(...msa.depth, 1);
      ctx.strokeStyle = kInk;
      ctx.lineWidth = 1.5;
      ctx.beginPath();
      msa.depth.forEach((depth, i) => {
        const y = pad.top + h - depth / msa.rows * h;
        if (i === 0) ctx.moveTo(x(i), y); else ctx.lineTo(x(i), y);
      });
      ctx.stroke();
      ctx.lineWidth = 1;
      ctx.strokeRect(pad.left, pad.top, w, h);
      chainLines(ctx, chains, x, pad.top, pad.top + h);
      ctx.fillStyle = kSoft;
      ctx.textAlign = 'right';
      ctx.textBaseline = 'middle';
      const step = niceStep(msa.rows, 4);
      for (let n = 0; n <= msa.rows; n += step) ctx.fillText(String(n), pad.left - 5, pad.top + h - n / msa.rows * h);
      ctx.textAlign = 'center';
      ctx.textBaseline = 'top';
      for (const tick of residueTicks(chains, nResidues, 14)) ctx.fillText(tick.text, x(tick.at), pad.top + h + 5);
      for (let k = 0; k < 64; ++k) {
        ctx.fillStyle = palette[k];
        ctx.fillRect(width - 34, pad.top + h - (k + 1) * h / 64, 10, h / 64 + 0.5);
      }
      ctx.fillStyle = kSoft;
      ctx.textAlign = 'left';
      ctx.textBaseline = 'middle';
      for (const percent of [0, 50, 100]) ctx.fillText(String(percent), width - 22, pad.top + 4 + (h - 8) * (1 - percent / 100));
      return most;
    }
    return { redraw: draw };
  }

  return { bands, plddtColour, errorColour, plddt, pae, coverage };
})();
