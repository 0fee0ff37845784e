// Which rows are ticked: a set of row numbers, sent as `2-6,9`.

/** @param {string} text @returns {Set<number>} */
export function rowsOf(text) {
  /** @type {Set<number>} */
  const rows = new Set();
  for (const part of text.split(",").filter(Boolean)) {
    const [first, last = first] = part.split("-").map(Number);
    for (let row = first; row <= last; row += 1) rows.add(row);
  }
  return rows;
}

/** @param {Iterable<number>} rows */
export function textOf(rows) {
  /** @type {[number, number][]} */
  const ranges = [];
  for (const row of [...rows].sort((one, other) => one - other)) {
    const last = ranges.at(-1);
    if (last && last[1] === row - 1) last[1] = row;
    else ranges.push([row, row]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}
