// The playground: sends a text to /v1/clean and lays its ledger beside the article that came of it.
// Texts are only ever set as text, never as HTML. The key is in its input field and nowhere else.

const CHUNK = 200; // lines of one list; the browser draws only the lists that can be seen

const form = document.getElementById("playground");
const byId = (id) => document.getElementById(id);
const [raw, lines, article, status, problem] = ["raw", "lines", "article", "status", "problem"].map(byId);
const words = JSON.parse(form.dataset.words);
const familyOf = {};
for (const [family, roles] of Object.entries(words.families)) for (const role of roles) familyOf[role] = family;

let rows = []; // the element of each raw line, by its number
let fields = new Map(); // the elements of the article that came from a line, by its number
let known = {}; // what the chosen example states beside its text
let sent = null; // the request that the result on the page answers
let running;

/** Make an element with classes, attributes and children. */
function make(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

const say = (slug) => slug.replaceAll("-", " ").replaceAll("_", " ");

function readRequest() {
  const text = raw.value;
  const isHtml = /^\s*<(!doctype|html|head|body|article|main|div|p|h\d)\b/i.test(text);
  const request = { raw: text, content_type: form.kind.value || (isHtml ? "text/html" : "text/plain") };
  for (const name of ["url", "language"]) if (form[name].value.trim()) request[name] = form[name].value.trim();
  const source = form.source.value.trim();
  if (source) request.source = known.source?.name === source ? known.source : source;
  if (form.received_at.value) request.received_at = `${form.received_at.value}Z`.replace(/(T\d\d:\d\d)Z$/, "$1:00Z");
  if (known.external_id && known.raw === text) request.external_id = known.external_id;
  return request;
}

async function post(path, request, signal) {
  const headers = { "Content-Type": "application/json" };
  const key = form.key.value.trim();
  if (key) headers.Authorization = `Bearer ${key}`;
  const response = await fetch(path, { method: "POST", headers, body: JSON.stringify(request), signal });
  const answer = await response.json();
  return { isGood: response.ok, status: response.status, answer };
}

async function clean() {
  if (!raw.value.trim()) {
    showProblem({ title: "There is no text", detail: "Paste a text on the left, or choose an example." });
    raw.focus();
    return;
  }
  running?.abort();
  running = new AbortController();
  status.textContent = "Cleaning…";
  const request = readRequest();
  try {
    const result = await post("/v1/clean", request, running.signal);
    sent = request;
    if (result.isGood) showResult(result.answer);
    else refuse(result.answer, request);
  } catch (error) {
    if (error.name === "AbortError") return;
    status.textContent = "";
    showProblem({ title: "The server cannot be reached", detail: "Your text is still here. Try again in a moment." });
  }
}

function showProblem(told) {
  problem.replaceChildren(make("p", {}, make("strong", {}, `${told.title}.`), ` ${told.detail}`));
  if (told.errors) {
    problem.append(make("ul", {}, ...told.errors.map((fault) => make("li", {}, make("b", {}, fault.field), `: ${fault.message}`))));
  }
  if (told.status === 401 || told.status === 403) {
    problem.append(make("p", {}, "Type a key above, under “Key”. The command dateline key create prints one."));
  }
  problem.hidden = false;
}

/** Show why there is no article. If the server says what each line was taken for, show that too. */
function refuse(told, request) {
  status.textContent = "";
  const hasLines = told.code === "no-article-found" && request.content_type === "text/plain";
  const said = "No line of it reads like a sentence of an article; below stands what each was taken for.";
  showProblem(hasLines ? { ...told, detail: said } : told);
  if (!hasLines) return;
  const texts = request.raw.split(/\r\n|\n|\r/);
  const ledger = { lines: told.ledger.map((line) => ({ ...line, text: texts[line.line - 1] ?? "" })), edits: [] };
  showLines(ledger);
  article.replaceChildren(make("p", { class: "fine" }, "No article."));
  byId("more").hidden = true;
}

function showResult(answer) {
  problem.hidden = true;
  const { ledger } = answer;
  fields = new Map();
  showLines(ledger);
  showArticle(answer);
  byId("more").hidden = false;
  byId("saved").replaceChildren();
  byId("json").textContent = JSON.stringify(answer, null, 2);
  byId("curl").textContent = writeCurl(sent);
  status.textContent = summarise(answer);
}

function summarise({ article: made, ledger }) {
  const removed = new Map();
  let kept = 0;
  for (const { role, reason } of ledger.lines) {
    if (role === "removed") removed.set(reason, (removed.get(reason) ?? 0) + 1);
    else if (role !== "blank") kept += 1;
  }
  const count = [...removed.values()].reduce((sum, number) => sum + number, 0);
  const reasons = [...removed].sort((one, other) => other[1] - one[1]).map(([reason, number]) => `${say(reason)} ${number}`);
  const quality = made.cleaning.quality === null ? "" : ` Quality ${made.cleaning.quality.toFixed(2)}.`;
  return `${kept.toLocaleString("en")} lines kept, ${count.toLocaleString("en")} removed${count ? ` (${reasons.join(", ")})` : ""}.${quality}`;
}

// ---- the raw text, line by line

/** Mark a change in a text that earlier changes have cut into pieces, as app/web/ledger.py does. */
function markChange(pieces, { before, after, reason }) {
  let start = 0;
  if (!before.endsWith(after)) { // what was cut off the beginning may begin as the rest does
    while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  }
  let end = before.length;
  let endAfter = after.length;
  while (end > start && endAfter > start && before[end - 1] === after[endAfter - 1]) [end, endAfter] = [end - 1, endAfter - 1];
  const isVisible = words.visible_edits.includes(reason);
  const marked = [];
  let at = 0;
  let isPut = false;
  for (const [kind, text] of pieces) {
    if (kind === "del") {
      marked.push([kind, text]);
      continue;
    }
    const [first, last] = [start, end].map((bound) => Math.min(Math.max(bound - at, 0), text.length));
    marked.push([kind, text.slice(0, first)], ["del", isVisible && !kind ? text.slice(first, last) : ""]);
    at += text.length;
    if (!isPut && at >= end) {
      marked.push([isVisible ? "ins" : "", after.slice(start, endAfter)]);
      isPut = true;
    }
    marked.push([kind, text.slice(last)]);
  }
  return marked.filter(([, text]) => text);
}

function showControls(text) {
  return text.replace(/[\0-\x08\x0a-\x1f\x7f]/g, (character) => (character === "\x7f" ? "␡" : String.fromCharCode(0x2400 + character.charCodeAt(0))));
}

function showLines(ledger) {
  const edits = new Map();
  for (const edit of ledger.edits) edits.set(edit.line, [...(edits.get(edit.line) ?? []), edit]);
  rows = [];
  const chunks = document.createDocumentFragment();
  for (let at = 0; at < ledger.lines.length; at += CHUNK) {
    const chunk = make("ol", { class: "ledger", start: String(ledger.lines[at].line) });
    for (const line of ledger.lines.slice(at, at + CHUNK)) {
      chunk.append(makeRow(line, edits.get(line.line) ?? []));
    }
    chunks.append(chunk);
  }
  lines.replaceChildren(chunks);
  lines.scrollTop = 0;
  raw.hidden = true;
  lines.hidden = false;
  byId("edit").hidden = false;
}

function makeRow(line, edits) {
  const text = make("span", { class: "text", dir: "auto" });
  const pieces = edits.reduce(markChange, [["", edits[0]?.before ?? line.text]]);
  for (const [kind, piece] of pieces) text.append(kind ? make(kind, {}, showControls(piece)) : showControls(piece));
  const label = line.role === "blank" ? "" : line.reason ? `${line.role}: ${say(line.reason)}` : line.role;
  const role = make("span", { class: "role" }, label);
  for (const reason of new Set(edits.map((edit) => edit.reason))) role.append(" ", make("span", { class: "edit" }, say(reason)));
  const row = make(
    "li",
    { id: `line-${line.line}`, class: `line of-${familyOf[line.role] ?? "blank"}`, "data-line": String(line.line) },
    make("span", { class: "number" }, String(line.line)),
    text,
    role,
  );
  rows[line.line] = row;
  return row;
}

function edit() {
  lines.hidden = true;
  raw.hidden = false;
  byId("edit").hidden = true;
  raw.focus();
}

// ---- the article, its fields tied to the lines that they came from

function listLines(ledger, test) {
  return ledger.lines.filter(test).map((line) => line.line);
}

/** Make a field with a button that names its lines; hovering or focusing either side lights up the other. */
function makeField(tag, name, text, from, attributes = {}) {
  const element = make(tag, { ...attributes, class: `field ${attributes.class ?? ""}`.trim() }, text);
  if (from.length) {
    const span = from.length > 1 ? `${from[0]}–${from.at(-1)}` : `${from[0]}`;
    const button = make("button", { type: "button", class: "from", "aria-label": `${name}: from raw line ${span}` }, span);
    element.append(" ", button);
    element.dataset.lines = from.join(" ");
    for (const line of from) fields.set(line, [...(fields.get(line) ?? []), element]);
  }
  return element;
}

function showArticle({ article: made, blocks, ledger, warnings }) {
  const out = document.createDocumentFragment();
  const withRole = (role) => listLines(ledger, (line) => line.role === role);
  const withEdit = (reason) => [...new Set(ledger.edits.filter((edit) => edit.reason === reason).map((edit) => edit.line))];
  const withReason = (reason) => listLines(ledger, (line) => line.reason === reason);
  for (const warning of warnings) {
    out.append(make("p", { class: "warning" }, make("b", {}, `${say(warning)}.`), " ", words.warnings[warning] ?? ""));
  }
  const story = make("div", { class: "story", lang: made.language, dir: "auto" });
  for (const [role, tag] of [["kicker", "p"], ["headline", "h3"], ["standfirst", "p"], ["byline", "p"]]) {
    if (made[role]) story.append(makeField(tag, say(role), made[role], withRole(role), { class: role }));
  }
  const captions = withRole("caption");
  for (const medium of made.media) {
    const figure = make("figure", { class: "picture" });
    const caption = make("figcaption", {}, make("span", { class: "label", lang: "en" }, medium.type), " ");
    if (medium.caption) {
      const from = captions.filter((number) => medium.caption.includes(ledger.lines[number - 1].text));
      caption.append(makeField("span", "caption", medium.caption, from));
    }
    if (medium.credit) {
      const credits = [...withRole("credit"), ...withEdit("credit-cut")];
      const from = credits.filter((number) => (receivedText(ledger, number)).includes(medium.credit));
      caption.append(" ", makeField("cite", "credit", medium.credit, from));
    }
    figure.append(caption);
    story.append(figure);
  }
  const dateline = [...withRole("dateline"), ...withEdit("dateline-cut")];
  const starts = blocks.map((block) => block.line).filter((line) => line !== null).sort((one, other) => one - other);
  let isFirst = true;
  const body = make("div", { class: "body" });
  for (const block of blocks) {
    const tag = { paragraph: "p", subhead: "h4", quote: "blockquote", list: "p", note: "p" }[block.role];
    if (!tag) continue;
    const next = starts.find((line) => line > block.line) ?? Infinity;
    const from = [];
    for (let at = block.line - 1; at < Math.min(next - 1, ledger.lines.length); at += 1) {
      if (ledger.lines[at].role === block.role) from.push(at + 1);
    }
    const element = makeField(tag, block.role, block.text, from, { class: block.role });
    if (isFirst && made.dateline && ["paragraph", "quote"].includes(block.role)) {
      isFirst = false;
      element.prepend(makeField("span", "dateline", made.dateline.text, dateline, { class: "dateline" }), " ");
    }
    body.append(element);
  }
  story.append(body);
  out.append(story, listFacts(made, ledger, { dateline, byline: withRole("byline"), withReason }));
  article.replaceChildren(out);
}

function receivedText(ledger, number) {
  return ledger.edits.find((edit) => edit.line === number)?.before ?? ledger.lines[number - 1].text;
}

function listFacts(made, ledger, { dateline, byline, withReason }) {
  const list = make("dl", { class: "made-facts" });
  const add = (name, text, from = []) => {
    if (text) list.append(make("div", {}, make("dt", {}, name), makeField("dd", name, text, from)));
  };
  add("authors", made.authors.map(({ name, role }) => (role ? `${name} (${role})` : name)).join(", "), byline);
  for (const place of made.dateline?.places ?? []) {
    add("place", [place.name, place.region, place.country].filter(Boolean).join(", "), dateline);
  }
  const day = made.dateline?.date;
  if (day) add("dateline’s day", `${day.value}${day.year_inferred ? ` (year inferred: ${say(day.evidence)})` : ""}`, dateline);
  add("agency", made.agency, made.dateline?.agency ? dateline : []);
  for (const [name, time] of [["published", made.published_at], ["changed", made.modified_at]]) {
    const evidence = /^line (\d+)$/.exec(time?.evidence ?? "");
    add(name, time && `${time.value} (to the ${time.precision})`, evidence ? [Number(evidence[1])] : []);
  }
  add("language", made.language);
  add("section", made.section);
  add("tags", made.tags.join(", "), withReason("tags"));
  for (const { kind, value } of made.metrics) {
    const digits = String(value);
    const from = listLines(ledger, (line) => line.role === "removed" && line.text.replace(/\D/g, "").includes(digits));
    add(kind, value.toLocaleString("en"), from);
  }
  add("words", made.word_count.toLocaleString("en"));
  return list;
}

// ---- the links between both sides

const lit = new Set();

function light(elements) {
  for (const element of lit) element.classList.remove("lit");
  lit.clear();
  for (const element of elements) {
    element.classList.add("lit");
    lit.add(element);
  }
}

function findField(target) {
  return target.closest?.("[data-lines]");
}

function rowsOf(field) {
  return field.dataset.lines.split(" ").map((number) => rows[number]).filter(Boolean);
}

function lightFrom(target, mayScroll) {
  const field = findField(target);
  if (field && article.contains(field)) {
    const found = rowsOf(field);
    light([field, ...found]);
    if (mayScroll) found[0]?.scrollIntoView({ block: "nearest" });
    return;
  }
  const row = target.closest?.("[data-line]");
  if (row) {
    const found = fields.get(Number(row.dataset.line)) ?? [];
    light([row, ...found]);
    if (mayScroll) found[0]?.scrollIntoView({ block: "nearest" });
  } else light([]);
}

form.addEventListener("pointerover", (event) => lightFrom(event.target, false));
form.addEventListener("focusin", (event) => lightFrom(event.target, event.target.matches(".from, [data-line]")));
article.addEventListener("click", (event) => {
  const button = event.target.closest(".from");
  if (!button || lines.hidden) return;
  focusRow(rowsOf(findField(button))[0]);
});

function focusRow(row) {
  if (!row) return;
  row.tabIndex = -1;
  row.focus();
  row.scrollIntoView({ block: "nearest" });
}

lines.addEventListener("keydown", (event) => {
  const current = event.target.closest("[data-line]");
  const at = current ? Number(current.dataset.line) : 0;
  const last = rows.length - 1;
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 1, End: last }[event.key];
  if (next !== undefined) {
    event.preventDefault();
    const step = event.key === "ArrowUp" || event.key === "End" ? -1 : 1;
    let number = Math.max(1, Math.min(next, last));
    while (rows[number] === undefined && number > 0 && number < last) number += step;
    focusRow(rows[number]);
  } else if (event.key === "Enter" && current) {
    event.preventDefault();
    fields.get(at)?.[0].querySelector(".from")?.focus();
  }
});

// ---- curl, saving, examples

/** Write the command. A line of JSON cannot hold a line that ends the here-document. */
function writeCurl(request) {
  const key = form.key.value.trim() ? ` \\\n  -H "Authorization: Bearer $DATELINE_KEY"` : "";
  return `curl ${location.origin}/v1/clean${key} \\\n  -H 'Content-Type: application/json' --data-binary @- <<'JSON'\n${JSON.stringify(request)}\nJSON\n`;
}

async function save() {
  const saved = byId("saved");
  if (!form.key.value.trim()) {
    showProblem({ title: "Saving needs a key", detail: "A key that may write.", status: 401 });
    form.key.closest("details").open = true;
    form.key.focus();
    return;
  }
  saved.textContent = "Saving…";
  try {
    const { isGood, status: code, answer } = await post("/v1/ingest", sent);
    if (!isGood) {
      saved.textContent = "";
      showProblem(answer);
      return;
    }
    problem.hidden = true;
    saved.replaceChildren(
      code === 201 ? "Saved as " : "It is stored already: ",
      make("a", { href: `/articles/${answer.id}` }, `article ${answer.id}`),
    );
  } catch {
    saved.textContent = "The server cannot be reached; nothing was saved.";
  }
}

async function copy() {
  const copied = byId("copied");
  try {
    await navigator.clipboard.writeText(byId("curl").textContent);
    copied.textContent = "Copied.";
  } catch { // no clipboard outside https and localhost
    getSelection().selectAllChildren(byId("curl"));
    copied.textContent = "Selected; press Ctrl + C.";
  }
}

async function takeExample() {
  if (!form.example.value) return;
  const response = await fetch(`/playground/examples/${form.example.value}`);
  known = await response.json();
  raw.value = known.raw;
  form.kind.value = known.content_type;
  form.url.value = known.url ?? "";
  form.source.value = known.source?.name ?? "";
  form.received_at.value = known.received_at?.slice(0, 19) ?? "";
  form.language.value = known.language ?? "";
  await clean();
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  clean();
});
form.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    clean();
  }
});
raw.addEventListener("paste", () => setTimeout(clean));
form.example.addEventListener("change", takeExample);
byId("edit").addEventListener("click", edit);
byId("save").addEventListener("click", save);
byId("copy").addEventListener("click", copy);
