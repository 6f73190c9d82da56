// What the page asks and tells the sandbox; the same JSON API that tests use (docs/sandbox.md).

const PREFIX = "/_sandbox";

async function answerOf(response) {
  const content = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(content.error || `The sandbox answered with HTTP ${response.status}`);
  return content;
}

export async function read(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== "" && value != null);
  const text = new URLSearchParams(given).toString();
  return answerOf(await fetch(`${PREFIX}${path}${text && "?"}${text}`));
}

export async function act(method, path, body = {}) {
  const headers = { "Content-Type": "application/json" };
  return answerOf(await fetch(PREFIX + path, { method, headers, body: JSON.stringify(body) }));
}

// Calls `onChange` whenever there is something new to see, `onState` when the stream comes or goes.
export function listen(onChange, onState) {
  const stream = new EventSource(`${PREFIX}/stream`);
  stream.addEventListener("change", (event) => onChange(JSON.parse(event.data)));
  stream.addEventListener("open", () => onState(true));
  stream.addEventListener("error", () => onState(false));
  return stream;
}
