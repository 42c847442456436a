// What the tasks of the bench do, the same as in work/src/lib.rs.

import { readFileSync } from "node:fs";

import { Unsupported } from "./protocol.mjs";

const ORDERS = readFileSync(new URL("../work/data/orders.json", import.meta.url));
const ORDERED = 453;

function json() {
  const { orders } = JSON.parse(ORDERS.toString("utf8"));
  const ordered = orders.flatMap((order) => order.lines).reduce((sum, line) => sum + line.count, 0);
  if (ordered !== ORDERED) {
    throw new Error("the orders add up to something else");
  }
}

/** The tasks by their names. */
export const TASKS = { noop() {}, json };

/** The name of the task that is asked for. */
export function taskOf(request) {
  if (request.task === "thumbnail") {
    throw new Unsupported("a worker in JavaScript has its pictures scaled by a library in C");
  }
  return request.task;
}
