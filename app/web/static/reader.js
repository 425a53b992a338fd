// Search as you type: fetches the results alone from the page's own address. Without this file the form works.

const WAIT = 180; // milliseconds after the last key

const form = document.getElementById("search");
const results = document.getElementById("results");
const status = document.getElementById("status");
let timer;
let running;

function writeAddress() {
  const asked = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value.trim()) asked.append(name, value);
  const query = asked.toString();
  return query ? `/?${query}` : "/";
}

async function search() {
  clearTimeout(timer);
  running?.abort();
  running = new AbortController();
  const address = writeAddress();
  if (address === location.pathname + location.search) return;
  results.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address, {
      headers: { Accept: "text/html", "Dateline-Fragment": "results" },
      signal: running.signal,
    });
    if (!response.ok && response.status !== 400) {
      location.assign(address); // the page that says what is wrong
      return;
    }
    results.innerHTML = await response.text(); // our own server's, escaped there
    history.replaceState(null, "", address);
    document.title = form.q.value.trim() ? `${form.q.value.trim()} – Dateline` : "Dateline";
    status.textContent = results.querySelector("[data-announce]").dataset.announce;
    results.removeAttribute("aria-busy");
  } catch (error) {
    if (error.name === "AbortError") return;
    results.removeAttribute("aria-busy");
    status.textContent = "The server cannot be reached. Press Enter to try again.";
  }
}

form.addEventListener("input", (event) => {
  clearTimeout(timer);
  timer = setTimeout(search, event.target === form.q ? WAIT : 0);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});
