// Questions to the server. The token stays in this tab.

const KEY = "tidefall-token";

export function token() { return sessionStorage.getItem(KEY) ?? ""; }

export function setToken(text) {
  if (text) sessionStorage.setItem(KEY, text);
  else sessionStorage.removeItem(KEY);
}

export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// Objects hold what was sent and nothing else: a parameter may be called "constructor".
function plain(key, value) {
  return value !== null && typeof value === "object" && !Array.isArray(value) ? Object.setPrototypeOf(value, null) : value;
}

async function ask(path, options) {
  const headers = { ...(options.headers ?? {}), ...(token() ? { Authorization: `Bearer ${token()}` } : {}) };
  let reply;
  try {
    reply = await fetch(path, { ...options, headers, cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, `The server does not answer: ${error.message}`);
  }
  const text = await reply.text();
  let value;
  try { value = JSON.parse(text, plain); } catch { value = { error: text.slice(0, 500) }; }
  if (!reply.ok) throw new ApiError(reply.status, value.error ?? `status ${reply.status}`);
  return value;
}

export function get(name, given = {}, signal = undefined) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(given)) if (value !== "" && value !== undefined && value !== null) query.set(key, value);
  const text = query.toString();
  return ask(`/api/${name}${text ? `?${text}` : ""}`, { signal });
}

export function post(name, given) {
  return ask(`/api/${name}`, { method: "POST", body: JSON.stringify(given), headers: { "Content-Type": "application/json" } });
}
