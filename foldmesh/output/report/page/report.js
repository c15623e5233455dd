// The page: one model is shown at a time, and one selection is shared by structure, PAE and pLDDT.
'use strict';
const foldmeshReport = (() => {
  const data = JSON.parse(document.getElementById('report-data').textContent);
  const element = id => document.getElementById(id);
  const make = (tag, text, className) => {
    const node = document.createElement(tag);
    if (text !== undefined) node.textContent = text;
    if (className) node.className = className;
    return node;
  };
  const fixed = (value, digits) => (value === null || value === undefined ? '' : value.toFixed(digits));
  const kChainColours = ['#4e79a7', '#f28e2b', '#59a14f', '#b07aa1', '#e15759', '#76b7b2', '#edc948', '#9c755f'];
  const kPick = '#c2185b', kRows = '#f28e2b', kColumns = '#4e79a7', kPale = '#d5dae0';

  const bytesOf = text => Uint8Array.from(atob(text), c => c.charCodeAt(0));
  const kDigits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const digitValue = new Uint8Array(128);
  for (let k = 0; k < 64; ++k) digitValue[kDigits.charCodeAt(k)] = k;
  const digitsOf = text => Uint8Array.from(text, c => digitValue[c.charCodeAt(0)]);

  // Residues over all chains are counted from 0; people see chain and number.
  const chainOf = i => data.chains.find(chain => i < chain.first + chain.length);
  const residueName = i => {
    const chain = chainOf(i);
    const number = data.numbers ? data.numbers[i] : i - chain.first + 1;
    return (data.chains.length > 1 ? chain.id + ':' : '') + data.sequence[i] + number;
  };

  const state = { model: 0, pair: null, ranges: null, ready: false };
  let viewer = null, residueOfAtom = [], caOf = [], pairShapes = [];

  // ---- structure -------------------------------------------------------------------------------------------------
  const kChainLetters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

  // The atoms as a PDB text for the viewer, which finds bonds and secondary structure; numbers restart in every chain.
  function pdbText(model) {
    const counts = bytesOf(model.atoms.counts), names = bytesOf(model.atoms.names);
    const xyz = new Int32Array(bytesOf(model.atoms.xyz).buffer);
    const lines = [];
    residueOfAtom = [];
    caOf = new Array(data.sequence.length).fill(null);
    let atom = 0;
    data.chains.forEach((chain, c) => {
      for (let i = chain.first; i < chain.first + chain.length; ++i) {
        for (let k = 0; k < counts[i]; ++k, ++atom) {
          const name = data.atom_names[names[atom]];
          const [x, y, z] = [0, 1, 2].map(axis => xyz[3 * atom + axis] / 1000);
          if (name === 'CA') caOf[i] = { x, y, z };
          residueOfAtom.push(i);
          const columns = [String(atom % 100000).padStart(5), ' ', (name.length < 4 ? ' ' + name : name).padEnd(4), ' ',
            data.names3[data.types.charCodeAt(i) - 65], ' ', kChainLetters[c % 62],
            String((i - chain.first + 1) % 10000).padStart(4), '    ',
            ...[x, y, z].map(value => value.toFixed(3).padStart(8)), '  1.00', model.plddt[i].toFixed(2).padStart(6),
            '          ', name[0].padStart(2)];
          lines.push('ATOM  ' + columns.join(''));
        }
      }
      lines.push('TER');
    });
    return lines.join('\n') + '\nEND\n';
  }

  function colourOf(i) {
    const model = data.models[state.model];
    if (state.ranges) {
      const within = range => i >= range[0] && i <= range[1];
      if (within(state.ranges.j)) return kColumns;
      return within(state.ranges.i) ? kRows : kPale;
    }
    const how = element('colouring').value;
    if (how === 'chain') return kChainColours[data.chains.indexOf(chainOf(i)) % kChainColours.length];
    if (how === 'rainbow') {
      const chain = chainOf(i), t = (i - chain.first) / Math.max(chain.length - 1, 1);
      return new $3Dmol.Gradient.Sinebow(1, 0).valueToHex(t);
    }
    return plots.plddtColour(model.plddt[i]);
  }

  function residuesWithoutRibbon() {
    const kFarthest = 4.2;  // of C-alpha atoms
    const lonely = new Set();
    const near = (i, j) => caOf[i] && caOf[j] && chainOf(i) === chainOf(j) &&
      Math.hypot(caOf[i].x - caOf[j].x, caOf[i].y - caOf[j].y, caOf[i].z - caOf[j].z) <= kFarthest;
    for (let i = 0; i < data.sequence.length; ++i) {
      if (caOf[i] && !(i > 0 && near(i - 1, i)) && !(i + 1 < data.sequence.length && near(i, i + 1))) lonely.add(i);
    }
    return lonely;
  }

  function styleStructure() {
    const colorfunc = atom => colourOf(residueOfAtom[atom.index]);
    const style = element('style').value;
    const isByConfidence = !state.ranges && element('colouring').value === 'plddt';
    element('legend').style.visibility = isByConfidence ? 'visible' : 'hidden';
    const look = style === 'cartoon' ? { cartoon: { colorfunc, arrows: true } }
      : style === 'stick' ? { stick: { colorfunc, radius: 0.16 } } : { line: { colorfunc } };
    viewer.setStyle({}, look);
    if (style === 'cartoon') {
      // No ribbon goes through residues that are far from their neighbours, such as those of generated parameters.
      const lonely = residuesWithoutRibbon();
      const isBead = atom => atom.atom === 'CA' && lonely.has(residueOfAtom[atom.index]);
      if (lonely.size > 0) viewer.addStyle({ predicate: isBead }, { sphere: { colorfunc, radius: 1.3 } });
    }
    for (const shape of pairShapes) viewer.removeShape(shape);
    pairShapes = [];
    viewer.removeAllLabels();
    if (state.pair) showPair();
    viewer.render();
  }

  // Both residues as sticks, a dashed line between their C-alpha atoms, and what is known of the pair.
  function showPair() {
    const { i, j } = state.pair;
    const picked = new Set([i, j]);
    viewer.addStyle({ predicate: atom => picked.has(residueOfAtom[atom.index]) }, { stick: { color: kPick, radius: 0.22 } });
    for (const k of picked) {
      if (!caOf[k]) continue;
      pairShapes.push(viewer.addSphere({ center: caOf[k], radius: 0.9, color: kPick, opacity: 0.75 }));
      viewer.addLabel(residueName(k), { position: caOf[k], fontSize: 13, backgroundOpacity: 0.75, inFront: true });
    }
    if (i !== j && caOf[i] && caOf[j]) {
      pairShapes.push(viewer.addCylinder({ start: caOf[i], end: caOf[j], radius: 0.12, dashed: true, color: kPick }));
    }
  }

  function showStructure() {
    viewer.removeAllModels();
    const model = data.models[state.model];
    if (!model.atoms) {
      viewer.render();
      return;
    }
    viewer.addModel(pdbText(model), 'pdb');
    viewer.setClickable({}, true, atom => pickResidue(residueOfAtom[atom.index]));
    viewer.setHoverable({}, true, atom => hover(residueOfAtom[atom.index]), () => hover(-1));
    styleStructure();
    viewer.zoomTo();
    viewer.render();
  }

  // ---- selection -------------------------------------------------------------------------------------------------
  function paeText(i, j) {
    const model = data.models[state.model];
    if (!model.pae) return '';
    const at = k => Math.floor(k * model.pae.n / data.sequence.length);
    const value = model.map.cells[at(i) * model.pae.n + at(j)];
    return `expected error of ${residueName(j)} when aligned on ${residueName(i)}: ${value >= 31.5 ? '31.5 or more' : value.toFixed(1)} Å`;
  }

  function describePair() {
    if (state.ranges) {
      const { i, j } = state.ranges;
      return `aligned on ${residueName(i[0])} to ${residueName(i[1])} (orange), scored ${residueName(j[0])} to ${residueName(j[1])} (blue): mean error ${meanError(i, j).toFixed(1)} Å`;
    }
    if (!state.pair) return '';
    const { i, j } = state.pair, a = caOf[i], b = caOf[j];
    const distance = a && b ? Math.hypot(a.x - b.x, a.y - b.y, a.z - b.z).toFixed(1) + ' Å apart' : 'without atoms';
    return i === j ? residueName(i) : [`${residueName(i)} and ${residueName(j)}: C-alpha atoms ${distance}`, paeText(i, j)].filter(Boolean).join('; ');
  }

  function meanError(rows, columns) {
    const map = data.models[state.model].map, n = map.n, at = k => Math.floor(k * n / data.sequence.length);
    let sum = 0, count = 0;
    for (let i = at(rows[0]); i <= at(rows[1]); ++i) {
      for (let j = at(columns[0]); j <= at(columns[1]); ++j, ++count) sum += map.cells[i * n + j];
    }
    return sum / count;
  }

  function select(pair, ranges) {
    state.pair = pair;
    state.ranges = ranges;
    paePlot.mark(pair, ranges);
    plddtPlot.mark(pair ? [...new Set([pair.i, pair.j])] : []);
    markPair();
    if (viewer) styleStructure();
    element('structure-status').textContent = describePair();
    if (ranges || pair) element('pae-status').textContent = describePair();
  }

  // One residue; a second one makes it a pair.
  function pickResidue(i) {
    const single = state.pair && state.pair.i === state.pair.j && state.pair.i !== i;
    select(single ? { i: state.pair.i, j: i } : { i, j: i }, null);
  }

  function hover(i) {
    const model = data.models[state.model];
    element('plddt-status').textContent = i < 0 ? '' : `${residueName(i)}: pLDDT ${model.plddt[i].toFixed(1)}`;
    if (i >= 0) element('structure-status').textContent = element('plddt-status').textContent;
    else element('structure-status').textContent = describePair();
  }

  function hoverPair(pair) {
    element('pae-status').textContent = pair ? paeText(pair.i, pair.j) : describePair();
  }

  // ---- pairs of chains -------------------------------------------------------------------------------------------
  // Dark and with light text where the interface is confident.
  function pairColour(what, value) {
    const t = Math.min(Math.max(what === 'iptm' ? 1 - value : value / 31.75, 0), 1);
    return { background: `rgb(${plots.errorColour(31.75 * t).join(',')})`, ink: t < 0.45 ? '#ffffff' : '#1c2430' };
  }

  const rangeOf = chain => [chain.first, chain.first + chain.length - 1];

  // Rows are the chains aligned on, columns those that are scored.
  function fillPairs() {
    const pairs = data.models[state.model].chain_pairs, n = data.chains.length;
    element('pairs-section').hidden = !pairs;
    if (!pairs) return;
    const what = element('pairs-what').value, table = element('pairs');
    const label = chain => {
      const head = make('th', chain.id + (chain.description ? ` (${chain.description})` : ''));
      head.title = head.textContent;
      return head;
    };
    const top = make('tr');
    top.append(make('th', ''), ...data.chains.map(label));
    const rows = data.chains.map((row, r) => {
      const tr = make('tr');
      tr.append(label(row), ...data.chains.map((column, c) => {
        const value = pairs[what][r * n + c], cell = make('td', value.toFixed(what === 'iptm' ? 3 : 1));
        const { background, ink } = pairColour(what, value);
        cell.style.background = background;
        cell.style.color = ink;
        cell.tabIndex = 0;
        cell.dataset.row = String(r);
        cell.dataset.column = String(c);
        const show = () => select(null, { i: rangeOf(row), j: rangeOf(column) });
        cell.addEventListener('click', show);
        cell.addEventListener('keydown', event => { if (event.key === 'Enter') show(); });
        return cell;
      }));
      return tr;
    });
    table.replaceChildren(top, ...rows);
    markPair();
  }

  // The cell whose chains are the ranges in hand, if they are just that.
  function markPair() {
    let text = '';
    const same = (range, chain) => range[0] === rangeOf(chain)[0] && range[1] === rangeOf(chain)[1];
    for (const cell of element('pairs').querySelectorAll('td')) {
      const row = data.chains[cell.dataset.row], column = data.chains[cell.dataset.column];
      const shown = Boolean(state.ranges && same(state.ranges.i, row) && same(state.ranges.j, column));
      cell.classList.toggle('shown', shown);
      if (!shown) continue;
      const pairs = data.models[state.model].chain_pairs, k = cell.dataset.row * data.chains.length + Number(cell.dataset.column);
      const score = row === column ? `pTM of chain ${row.id} alone` : `ipTM of chains ${row.id} and ${column.id}`;
      text = `${score}: ${pairs.iptm[k].toFixed(3)}; PAE of ${column.id} aligned on ${row.id}: mean ${pairs.mean_pae[k].toFixed(1)} Å, lowest ${pairs.min_pae[k].toFixed(1)} Å`;
    }
    element('pairs-status').textContent = text;
  }

  // ---- models ----------------------------------------------------------------------------------------------------
  function paeMap(model) {
    if (!model.pae) return null;
    const digits = digitsOf(model.pae.cells);
    return { n: model.pae.n, cells: Float32Array.from(digits, k => k * model.pae.step) };
  }

  function showModel(index) {
    if (!data.models[index].plddt) return;
    state.model = index;
    const model = data.models[index];
    if (!model.map) model.map = paeMap(model);
    element('model').value = String(index);
    for (const row of document.querySelectorAll('tr.model')) row.classList.toggle('shown', row.dataset.index === String(index));
    state.pair = state.ranges = null;
    if (viewer) showStructure();
    plddtPlot.show(model.plddt);
    paePlot.show(model.map, data.sequence.length);
    fillPairs();
    select(null, null);
    element('pae-status').textContent = '';
  }

  function fillTable(table, heads, rows) {
    const numeric = column => rows.some(row => row[column] !== '') && rows.every(row => !isNaN(Number(row[column])));
    const head = make('tr');
    heads.forEach((text, column) => head.append(make('th', text, numeric(column) ? 'number' : '')));
    const body = make('tbody');
    for (const row of rows) {
      const tr = make('tr');
      row.forEach((text, column) => tr.append(make('td', text, numeric(column) ? 'number' : '')));
      body.append(tr);
    }
    const top = make('thead');
    top.append(head);
    table.replaceChildren(top, body);
    return [...body.children];
  }

  function fillRanking() {
    const has = key => data.models.some(model => model[key] !== null && model[key] !== undefined);
    const columns = [['rank', model => String(model.rank)], ['model', model => model.name],
      [data.ranking_label, model => fixed(model.confidence, data.ranking_label === 'mean pLDDT' ? 1 : 3)]];
    if (data.ranking_label !== 'mean pLDDT') columns.push(['mean pLDDT', model => fixed(model.mean_plddt, 1)]);
    if (has('ptm')) columns.push(['pTM', model => fixed(model.ptm, 3)]);
    if (has('iptm')) columns.push(['ipTM', model => fixed(model.iptm, 3)]);
    if (has('recycles')) columns.push(['recycles', model => fixed(model.recycles, 0)]);
    if (has('violations')) columns.push(['violations after relaxation', model => fixed(model.violations, 0)]);
    columns.push(['relaxed', model => (model.relaxed ? 'yes' : 'no')], ['files', () => '']);
    const rows = fillTable(element('ranking'), columns.map(column => column[0]), data.models.map(model => columns.map(column => column[1](model))));
    rows.forEach((row, index) => {
      const model = data.models[index];
      for (const name of model.files) {
        const link = make('a', name);
        link.href = encodeURIComponent(name);
        link.addEventListener('click', event => event.stopPropagation());
        row.lastChild.append(link, ' ');
      }
      if (!model.plddt) return;
      row.className = 'model';
      row.dataset.index = String(index);
      row.tabIndex = 0;
      row.addEventListener('click', () => showModel(index));
      row.addEventListener('keydown', event => { if (event.key === 'Enter') showModel(index); });
      const option = make('option', `${model.rank}: ${model.name}`);
      option.value = String(index);
      element('model').append(option);
    });
    const left_out = data.models.filter(model => !model.plddt).length;
    element('ranking-hint').textContent = 'Click a row to see the model.' +
      (left_out ? ` ${left_out} models stand in their files only, to keep this page small.` : '');
  }

  function swatch(container, colour, text) {
    const item = make('span'), box = make('i');
    box.style.background = colour;
    item.append(box, text);
    container.append(item);
  }

  function fillPage() {
    element('title').textContent = data.title;
    element('subtitle').textContent = data.subtitle;
    element('untrained').hidden = !data.untrained;
    element('notes').hidden = data.notes.length === 0;
    for (const note of data.notes) element('notes').append(make('li', note));
    for (const band of plots.bands) swatch(element('legend'), band.colour, band.text);
    for (const error of [0, 10, 20, 30]) swatch(element('pae-legend'), `rgb(${plots.errorColour(error).join(',')})`, `${error} Å`);
    fillRanking();
    fillTable(element('timings'), ['stage', 'seconds'], data.timings.map(([stage, seconds]) => [stage, fixed(seconds, 2)]));
    fillTable(element('facts'), ['what', 'value'], data.facts);
    if (data.templates && data.templates.rows.length) {
      element('templates-section').hidden = false;
      fillTable(element('templates'), data.templates.heads, data.templates.rows);
    }
    if (data.chains.length > 1 || data.chains.some(chain => chain.description)) {
      element('chains-section').hidden = false;
      fillTable(element('chains'), ['chain', 'residues', 'description'],
        data.chains.map(chain => [chain.id, String(chain.length), chain.description]));
    }
  }

  function makeCoverage() {
    if (!data.msa) {
      element('coverage-section').hidden = true;
      return null;
    }
    const msa = { ...data.msa, identity: digitsOf(data.msa.identity), covered: unpackBits(data.msa.covered) };
    element('coverage-text').textContent = `${msa.rows} sequences` + (msa.rows > msa.height ? `, ${msa.height} of them drawn` : '') +
      '; one line each, the most similar on top, coloured by identity to the query in percent (scale on the right), blank where it has ' +
      'no residue. The black line counts the sequences that cover a position (scale on the left).';
    return plots.coverage(element('coverage'), data.chains, msa, data.sequence.length);
  }

  function unpackBits(text) {
    const bytes = bytesOf(text), bits = new Uint8Array(bytes.length * 8);
    for (let k = 0; k < bits.length; ++k) bits[k] = (bytes[k >> 3] >> (k & 7)) & 1;
    return bits;
  }

  const plddtPlot = plots.plddt(element('plddt'), data.chains, hover, pickResidue);
  const paePlot = plots.pae(element('pae'), data.chains, hoverPair, (i, j) => select({ i, j }, null), ranges => select(null, ranges));
  fillPage();
  const coveragePlot = makeCoverage();
  try {
    viewer = $3Dmol.createViewer(element('viewer'), { backgroundColor: 'white', antialias: true });
  } catch (error) {
    viewer = null;  // no WebGL: everything but the 3D view works
  }
  if (!viewer) element('viewer').textContent = 'This browser draws no 3D (WebGL is off); open the .pdb or .cif file in another program.';
  element('model').addEventListener('change', event => showModel(Number(event.target.value)));
  for (const id of ['colouring', 'style']) element(id).addEventListener('change', () => viewer && styleStructure());
  element('pairs-what').addEventListener('change', fillPairs);
  const reset = () => { select(null, null); element('pae-status').textContent = ''; };
  element('reset').addEventListener('click', () => { reset(); if (viewer) { viewer.zoomTo(); viewer.render(); } });
  document.addEventListener('keydown', event => { if (event.key === 'Escape') reset(); });
  window.addEventListener('resize', () => {
    for (const plot of [plddtPlot, paePlot, coveragePlot]) if (plot) plot.redraw();
    if (viewer) viewer.resize();
  });
  if (coveragePlot) coveragePlot.redraw();
  const first = data.models.findIndex(model => model.plddt);
  if (first >= 0) showModel(first);
  state.ready = true;
  return { data, state, select, colourOf, viewer: () => viewer, plddtPlot, paePlot, caOf: i => caOf[i] };
})();
