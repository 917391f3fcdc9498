// Asking the service; its token, if it has one, stays in this page.

import { at } from "./svg.js";

let token = "";

export const bearer = () => token;

export function bear(text) {
  token = text.trim();
}

export async function call(path, body, signal) {
  const headers = token ? { authorization: `Bearer ${token}` } : {};
  if (body) headers["content-type"] = "application/json";
  const options = { method: body ? "POST" : "GET", headers, signal, body: body && JSON.stringify(body) };
  const answer = await fetch(path, options);
  if (answer.status === 401) at("token-field").hidden = false;
  const content = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(content.error.message), { status: answer.status });
  return content;
}
