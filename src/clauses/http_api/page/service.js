// Calls to the service that served the page. The latest call of a name wins: an older one is given up.

const running = new Map();
let token = sessionStorage.getItem("clauses.token") ?? "";
let askForToken = async () => "";

export const onTokenNeeded = (ask) => { askForToken = ask; };

/** What the service refused: its problems, each with sentence, location and hint. */
export class Refusal extends Error {
  constructor(status, problems) {
    super(problems[0]?.sentence ?? `the service answered ${status}`);
    this.status = status;
    this.problems = problems;
  }
}

/** A call that was given up because a newer one was made. */
export class Outdated extends Error {}

/** The answer to a call, as data. */
export async function ask(verb, body, lane = verb) {
  return (await send(verb, body, lane)).json();
}

/** The answer to a call, as a file with the name that the service gives it. */
export async function askForFile(verb, body, lane = verb) {
  const answer = await send(verb, body, lane);
  const named = /filename="?([^";]+)"?/.exec(answer.headers.get("Content-Disposition") ?? "");
  return { blob: await answer.blob(), name: named?.[1] };
}

/** The answer to a call, as text. */
export async function askForText(verb, body, lane = verb) {
  return (await send(verb, body, lane)).text();
}

async function send(verb, body, lane) {
  running.get(lane)?.abort();
  const control = new AbortController();
  running.set(lane, control);
  try {
    let answer = await once(verb, body, control.signal);
    if (answer.status === 401) {
      token = await askForToken();
      if (token) {
        sessionStorage.setItem("clauses.token", token);
        answer = await once(verb, body, control.signal);
      }
    }
    if (!answer.ok) throw await refusal(answer);
    return answer;
  } catch (error) {
    if (error.name === "AbortError") throw new Outdated();
    if (error instanceof TypeError) throw new Refusal(0, [{ id: "no-answer", sentence: "the service does not answer" }]);
    throw error;
  } finally {
    if (running.get(lane) === control) running.delete(lane);
  }
}

function once(verb, body, signal) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (body === undefined) return fetch(`v1/${verb}`, { headers, signal });
  headers["Content-Type"] = "application/json";
  return fetch(`v1/${verb}`, { method: "POST", headers, signal, body: JSON.stringify(body) });
}

async function refusal(answer) {
  const found = await answer.json().catch(() => ({}));
  const sentence = found.detail ?? found.title ?? `the service answered ${answer.status}`;
  return new Refusal(answer.status, found.problems ?? [{ id: "refused", sentence }]);
}
