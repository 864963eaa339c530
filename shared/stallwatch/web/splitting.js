/* Cuts what is imported into parts that a request takes. Nothing here knows the formats of exporters: the API reads what is sent. */

const MOST = { rows: 2000, bytes: 1024 * 1024 };

/** What a browser should hold at once. */
const LARGEST = 64 * 1024 * 1024;

const ENCODINGS = [["\xEF\xBB\xBF", ""], ["\xFF\xFE", "utf-16le"], ["\xFE\xFF", "utf-16be"]];

/** How much tells the encoding of what has no mark at its beginning. */
const SAMPLE = 32 * 1024;

const ZIP = "PK\x03\x04";

/** Rows within which the names of the columns stand. */
const HEADER_WITHIN = 12;

/** A quoted cell that goes on for longer was never meant as one: some exporters do not double the quotes within a cell. */
const LONGEST_CELL = 60;

const MAILBOX = /(?:^|(?<=\n\r?\n))From [^\r\n]{3,300}\r?\n/g;

const MAIL = /^\s*(?:From|Received|Return-Path|Delivered-To|Message-ID|Date|Subject|MIME-Version|X-[\w-]+):[ \t]/i;

/** What stands in a tracking number, behind letters, is none. */
const ORDER_NUMBER = /(?<![0-9A-Za-z])[0-9]{12,20}(?![0-9A-Za-z])/;

const TOKEN = /"[^"\\]*(?:\\[^][^"\\]*)*"|[[\]{},]/g;

/**
 * The parts of a file, in its order; `{ uncut }` says why there are none. A part is `whole`, or has rows with their
 * place in the file. Rows of one order stay together, since the API folds them. Bytes are kept as they are, a character
 * of a string for each, but for UTF-16: a line feed is no safe place to cut there.
 */
export async function split(file, most = MOST) {
  const start = textOf(new Uint8Array(await file.slice(0, SAMPLE).arrayBuffer()));
  const isSmall = file.size <= most.bytes;
  const isWorkbook = start.startsWith(ZIP);
  const asItIs = isSmall ? { parts: [{ whole: file, isWorkbook }], refused: [] } : { uncut: isWorkbook ? "workbook" : "large" };
  // UTF-32, three of whose four bytes are zero, is not worth an own way.
  if (isWorkbook || start.includes("\0\0\0") || file.size > LARGEST) return asItIs;
  const text = unified(new Uint8Array(await file.arrayBuffer()), start);
  const found = cut(text, most, isSmall);
  return !found || (isSmall && found.parts.length === 1) ? asItIs : found;
}

/** The two halves of a part that is too much for the API after all; null where it cannot be cut. */
export function halves({ rows, ...piece }) {
  if (!rows || rows.length < 2) return null;
  const middle = rows.length >> 1;
  return [{ ...piece, rows: rows.slice(0, middle) }, { ...piece, ...piece.later, rows: rows.slice(middle) }];
}

export const bodyOf = ({ whole, head, rows, joint, tail }) =>
  whole ?? new Blob([bytesOf(`${head}${rows.map(({ text }) => text).join(joint)}${tail}`)]);

/** One report of the answers to parts, with the rows' numbers in the whole file. */
export function joined(answers, refused) {
  let before = 0;
  const rows = [...refused];
  for (const { piece, answer } of answers) {
    // Objects of JSON are counted by the API, which knows how many rows each is.
    const offset = before;
    const place = (number) => {
      if (piece.whole || number <= piece.above) return number;
      return piece.isCounted ? offset + number : piece.rows[number - piece.above - 1]?.row ?? number;
    };
    for (const row of answer.rows) {
      before = Math.max(before, offset + Math.max(row.row, ...(row.rows ?? [])));
      rows.push({ ...row, row: place(row.row), ...(row.rows && { rows: row.rows.map(place) }) });
    }
  }
  rows.sort((one, other) => one.row - other.row);
  return { format: answers[0]?.answer.format, rows };
}

// Bytes.

function textOf(bytes) {
  const parts = [];
  for (let at = 0; at < bytes.length; at += SAMPLE) parts.push(String.fromCharCode(...bytes.subarray(at, at + SAMPLE)));
  return parts.join("");
}

const bytesOf = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** The bytes as a string, UTF-16 as UTF-8. */
function unified(bytes, start) {
  const encoding = ENCODINGS.find(([mark]) => start.startsWith(mark))?.[1] ?? wideOf(start);
  return textOf(encoding ? new TextEncoder().encode(new TextDecoder(encoding).decode(bytes)) : bytes);
}

/** UTF-16 without a mark: of mostly Latin text every second byte is zero. */
function wideOf(sample) {
  const zeros = [0, 0];
  for (let at = 0; at < sample.length; at += 1) if (sample[at] === "\0") zeros[at % 2] += 1;
  if (zeros[0] + zeros[1] < sample.length / 4) return "";
  return zeros[1] > zeros[0] ? "utf-16le" : "utf-16be";
}

// Kinds.

/** The parts of a text; null where it cannot be cut, or need not. */
function cut(text, most, isSmall) {
  const begin = text.replace(/^\xEF\xBB\xBF/, "").trimStart();
  if (text.startsWith("From ")) return mailParts(text, most);
  if (MAIL.test(begin) || begin.startsWith("<") || begin.startsWith("%PDF") || text.startsWith("\xD0\xCF\x11\xE0")) return null;
  if (/^[[{]/.test(begin)) {
    const found = isJson(begin) ? elementParts(begin, most, isSmall) : lineParts(text, most);
    if (found !== undefined) return found;
  }
  return tableParts(text, most, isSmall);
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function mailParts(text, most) {
  const starts = [...text.matchAll(MAILBOX)].map((found) => found.index);
  const rows = starts.map((start, index) => ({ text: text.slice(start, starts[index + 1]), row: index + 1 }));
  return packed(rows.map((row) => [row]), most);
}

/** Lines of JSON, gathered by order; undefined where not even the first is an object. */
function lineParts(text, most) {
  const rows = numbered(linesOf(text.replace(/^\xEF\xBB\xBF/, ""))).map((row) => ({ ...row, isBroken: !isJson(row.text) }));
  if (rows[0].isBroken) return undefined;
  const found = packed(gathered(rows), most);
  // The API tells what it is by the first line.
  for (const piece of found.parts) piece.rows.sort((one, other) => one.isBroken - other.isBroken);
  return found;
}

/** The elements of the longest list in JSON, each part with what stands around it; null where it has none. */
function elementParts(text, most, isSmall) {
  let [at, open, close] = [0, "", ""];
  while (text[at] === "{") {
    const members = membersOf(text, at).map(({ start, end }) => {
      const [key] = /^\s*"[^"\\]*(?:\\[^][^"\\]*)*"\s*:\s*/.exec(text.slice(start, end));
      return { key, start: start + key.length, end };
    });
    const longest = members.reduce((one, other) => (other.end - other.start > one.end - one.start ? other : one), { start: 0, end: 0 });
    if (!longest.key) return null;
    const plain = members.filter(({ start }) => !/[[{]/.test(text[start])).map(({ key, start, end }) => `${key}${text.slice(start, end)},`);
    open += `{${plain.join("")}${longest.key}`;
    close = `}${close}`;
    at = longest.start;
  }
  if (text[at] !== "[") return null;
  const found = membersOf(text, at);
  if (isSmall && found.length <= most.rows) return null;
  const end = found.at(-1)?.end ?? at + 1;
  const rows = found.map((one, index) => ({ text: text.slice(one.start, one.end), row: index + 1 }));
  const around = { head: text.slice(0, at + 1), tail: text.slice(end), joint: ",", isCounted: true, later: { head: `${open}[`, tail: `]${close}` } };
  // What else there is goes with the first part.
  if (around.head.length + around.tail.length > most.bytes / 2) return null;
  return isOneRowEach(rows, around) ? packed(gathered(rows), most, { ...around, isCounted: false }) : packed(adjoining(rows), most, around);
}

/** Whether the API makes one row of each element, and none of what stands around them: then they may change places, and are counted here. */
const isOneRowEach = (rows, { head, tail }) => !orderNumberOf({ text: head + tail })
  && rows.every((row) => orderNumberOf(row) && row.text.match(TOKEN).filter((token) => token === "{").length === 1);

/** Where the members of an object, or the elements of a list, begin and end. */
function membersOf(text, at) {
  const found = [];
  let depth = 0;
  let start = at + 1;
  TOKEN.lastIndex = at;
  for (let token = TOKEN.exec(text); token; token = TOKEN.exec(text)) {
    const [sign] = token;
    if (sign === "[" || sign === "{") depth += 1;
    else if (sign === "]" || sign === "}") depth -= 1;
    if (depth === 0 || (depth === 1 && sign === ",")) {
      if (text.slice(start, token.index).trim()) found.push({ start, end: token.index });
      start = token.index + 1;
    }
    if (depth === 0) break;
  }
  return found;
}

/** The rows of a table or a list, each part with what stands above its first. */
function tableParts(text, most, isSmall) {
  const lines = linesOf(text);
  const separator = separatorOf(lines);
  const list = onOneLine(lines, most);
  if (!list && isSmall && lines.length <= most.rows) return null;
  const all = list ?? rowsOf(lines, separator || ",");
  const above = list ? 0 : headerRows(all, separator);
  const rows = list ?? numbered(all).filter(({ row }) => row > above);
  return packed(gathered(rows), most, { head: all.slice(0, above).join(""), above });
}

/** Numbers that stand in a few long lines, each for itself with the number of its line; null where there are others. */
function onOneLine(lines, most) {
  if (lines.length > HEADER_WITHIN || !lines.every((line) => /^[\w\s,;-]*$/.test(line))) return null;
  const numbers = lines.flatMap((line, index) => line.split(/[\s,;]+/).filter(Boolean).map((number) => ({ text: `${number}\n`, row: index + 1 })));
  return numbers.length > most.rows && numbers.every(({ text }) => /[0-9]{6}/.test(text)) ? numbers : null;
}

const linesOf = (text) => text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];

const numbered = (texts) => texts.map((text, index) => ({ text, row: index + 1 })).filter((row) => row.text.trim());

const unquoted = (text) => text.replace(/"[^"]*"/g, "");

const countOf = (text, separator) => (separator ? text.split(separator).length - 1 : 0);

function separatorOf(lines) {
  const head = unquoted(lines.slice(0, 20).join(""));
  const [best] = ["\t", ";", "|", ","].sort((one, other) => countOf(head, other) - countOf(head, one));
  return head.includes(best) ? best : "";
}

/** How many rows stand above the first order: titles, a line `sep=;`, the names of the columns. A row with six digits in a row is an order. */
function headerRows(rows, separator) {
  const order = rows.findIndex((row) => /[0-9]{6}/.test(row));
  const above = rows.slice(0, order < 0 ? HEADER_WITHIN : Math.min(order, HEADER_WITHIN));
  const named = above.map((row) => (row.trim() && !/^(\xEF\xBB\xBF)?sep=.\s*$/i.test(row) ? countOf(unquoted(row), separator) : -1));
  const best = Math.max(0, ...named);
  return separator && best === 0 ? 0 : named.indexOf(best) + 1;
}

/** Lines put together where a quoted cell goes on in the next. */
function rowsOf(lines, separator) {
  const rows = [];
  for (let begin = 0; begin < lines.length; begin += 1) {
    let end = begin;
    let isOpen = endsOpen(lines[end], separator, false);
    while (isOpen && end + 1 < lines.length && end - begin < LONGEST_CELL) {
      end += 1;
      isOpen = endsOpen(lines[end], separator, true);
    }
    if (isOpen) end = begin;
    rows.push(lines.slice(begin, end + 1).join(""));
    begin = end;
  }
  return rows;
}

/** Whether a quoted cell is still open where a line ends. A quote opens a cell only at its beginning, and closes it only before a separator or the end. */
function endsOpen(line, separator, wasOpen) {
  if (!line.includes('"')) return wasOpen;
  const text = line.replace(/[\r\n]+$/, "");
  let isOpen = wasOpen;
  for (let at = 0; ;) {
    if (!isOpen) {
      if (text[at] !== '"') {
        const next = text.indexOf(separator, at);
        if (next < 0) return false;
        at = next + 1;
        continue;
      }
      at += 1;
    }
    const closing = closingQuote(text, at, separator);
    if (closing < 0) return true;
    if (closing + 1 === text.length) return false;
    isOpen = false;
    at = closing + 2;
  }
}

function closingQuote(text, from, separator) {
  for (let found = text.indexOf('"', from); found >= 0;) {
    let end = found;
    while (text[end] === '"') end += 1;
    if ((end === text.length || text[end] === separator) && (end - found) % 2 === 1) return end - 1;
    found = text.indexOf('"', end);
  }
  return -1;
}

// Packing.

const orderNumberOf = ({ text }) => ORDER_NUMBER.exec(text)?.[0];

/** Rows by order, wherever they stand. */
const gathered = (rows) => [...Map.groupBy(rows, (row) => orderNumberOf(row) ?? row).values()];

/** Rows by order where they follow each other. */
function adjoining(rows) {
  const groups = [];
  for (const row of rows) {
    const order = orderNumberOf(row);
    if (order && groups.length && orderNumberOf(groups.at(-1)[0]) === order) groups.at(-1).push(row);
    else groups.push([row]);
  }
  return groups;
}

/** Groups of rows in as few parts as keep them together; `refused` are the rows that are too large by themselves. */
function packed(groups, most, { head = "", tail = "", joint = "", above = 0, ...others } = {}) {
  const parts = [];
  const refused = [];
  let [rows, size, around] = [[], head.length + tail.length, { head, tail }];
  const lengthOf = (row) => row.text.length + joint.length;
  const close = () => {
    parts.push({ ...others, ...around, joint, above, rows });
    around = others.later ?? around;
    [rows, size] = [[], around.head.length + around.tail.length];
  };
  const isFull = (more, length) => rows.length && (rows.length + more > most.rows || size + length > most.bytes);
  for (const gathering of groups) {
    const fitting = gathering.filter((row) => head.length + tail.length + lengthOf(row) <= most.bytes);
    refused.push(...gathering.filter((row) => !fitting.includes(row)));
    if (isFull(fitting.length, fitting.reduce((sum, row) => sum + lengthOf(row), 0))) close();
    for (const row of fitting) {
      if (isFull(1, lengthOf(row))) close();
      rows.push(row);
      size += lengthOf(row);
    }
  }
  if (rows.length) close();
  return { parts, refused: refused.map(({ row }) => row) };
}
