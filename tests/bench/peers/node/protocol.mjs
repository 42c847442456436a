// What the bench and its peers say to each other (see protocol/src/lib.rs), for peers in JavaScript.

import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** What a peer cannot do, and why. */
export class Unsupported extends Error {}

/** Nanoseconds by a clock that nobody sets. */
export const now = () => Number(process.hrtime.bigint());

/** Milliseconds since 1970, with fractions. */
export const wall = () => performance.timeOrigin + performance.now();

const cpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
};

/**
 * Says what the peer is, and answers requests until there are no more. `peer` has a method for each request that it can
 * carry out, by the request's name. A method answers nothing, or `{ latencies, wall }`: nanoseconds for each sample, and
 * nanoseconds where not all of the time counts.
 */
export async function serve(about, peer) {
  say(about);
  for await (const line of createInterface({ input: process.stdin })) {
    say(await answer(peer, JSON.parse(line)));
  }
}

async function answer(peer, request) {
  const method = peer[request.do];
  if (!method) {
    return { unsupported: REASONS[request.do] ?? `what is \`${request.do}\`?` };
  }
  const begun = now();
  const before = cpu();
  try {
    const { latencies = [], wall } = (await method.call(peer, request)) ?? {};
    const figures = {
      runs: runsOf(request, latencies),
      wall_ns: Math.round(wall ?? now() - begun),
      cpu_ns: cpu() - before,
    };
    if (latencies.length > 0) {
      figures.latencies_ns = latencies.map(figure);
    }
    return { done: figures };
  } catch (error) {
    if (error instanceof Unsupported) {
      return { unsupported: error.message };
    }
    return { failed: error.stack ?? String(error) };
  }
}

/** How far a moment may be off, in nanoseconds, where a peer or its timers know whole milliseconds. */
const COARSE = 2e6;

/** A latency as figures have it. What is early by no more than a clock is off counts as on time. */
function figure(latency) {
  if (latency < -COARSE) {
    throw new Error(`a job ran ${-latency / 1e6}ms before it was due`);
  }
  return Math.max(0, Math.round(latency));
}

// The same words as in protocol/src/serve.rs.
const REASONS = {
  kill: "a task that does not listen cannot be ended by itself",
  cancel: "a task that runs is not told to stop",
  timers: "there are no timers",
  history: "nothing is kept of runs that are over",
};

function runsOf(request, latencies) {
  switch (request.do) {
    case "run":
    case "hold":
      return request.runs;
    case "timers":
      return request.far + request.due;
    case "history":
      return request.rows;
    default:
      return latencies.length;
  }
}

function say(what) {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}

/** `one`, so many times, by so many clients, each of which waits for the end of one before it asks for the next. */
export async function clients(runs, concurrency, one) {
  let left = runs;
  const client = async () => {
    while (left > 0) {
      left -= 1;
      await one();
    }
  };
  await Promise.all(Array.from({ length: concurrency }, client));
}

/** What `one` answers to the moment of its trigger, so many times, with a rest before each and `settled` behind. */
export async function rested(samples, restUs, one, settled) {
  const all = [];
  for (let i = 0; i < samples; i += 1) {
    if (restUs > 0) await sleep(restUs / 1000);
    all.push(await one(now()));
    await settled();
  }
  return all;
}

/** The moment from which a trigger counts that was due at `due`: see `trigger` in protocol/src/pace.rs, whose rule it is. */
function trigger(due) {
  const moment = now();
  return moment - due > COARSE ? due : moment;
}

/**
 * What `one` answers to the moment of its trigger, so many times, begun at a fixed pace whatever has become of those before.
 */
export async function paced(samples, everyNs, one) {
  const all = [];
  const begun = now();
  const due = () => begun + all.length * everyNs;
  while (all.length < samples) {
    while (all.length < samples && now() >= due()) {
      all.push(one(trigger(due())));
    }
    // Timers here are as fine as a millisecond: those that are due meanwhile are begun together.
    await sleep(1);
  }
  return Promise.all(all);
}

/** Where jobs tell that they began and that they are recorded as ended. */
export class Board {
  #next = 0;
  #waiting = new Map();
  #entered = 0;
  #open;
  #opened;

  constructor() {
    this.close();
  }

  /** A number for a job that nobody waits for. */
  number() {
    this.#next += 1;
    return this.#next;
  }

  /** A number for a job, and a promise of when it began, by `now` and by `wall`, kept when it has ended. */
  ticket() {
    const number = this.number();
    const ended = new Promise((resolve, reject) => this.#waiting.set(number, { resolve, reject }));
    return { number, ended };
  }

  began(number) {
    const ticket = this.#waiting.get(number);
    if (ticket) {
      ticket.began = { now: now(), wall: wall() };
    }
  }

  ended(number, error) {
    const ticket = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (error) {
      ticket?.reject(error);
    } else {
      ticket?.resolve(ticket.began);
    }
  }

  /** For jobs: waits until the board opens. */
  async wait() {
    this.#entered += 1;
    await this.#opened;
    this.#entered -= 1;
  }

  /** Returns when so many jobs wait. */
  async waiting(count) {
    const begun = now();
    while (this.#entered < count) {
      if (now() - begun > 120e9) {
        throw new Error(`only ${this.#entered} of ${count} jobs wait`);
      }
      await sleep(1);
    }
  }

  open() {
    this.#open();
  }

  close() {
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }
}

/** How many jobs are added at once, where many are. */
const CHUNK = 1000;

/** Gives `add` so many of what `make` makes of a number from 0, in chunks. */
export async function inChunks(count, make, add) {
  for (let from = 0; from < count; from += CHUNK) {
    const length = Math.min(CHUNK, count - from);
    await add(Array.from({ length }, (_, i) => make(from + i)));
  }
}

/**
 * Registers jobs that are not due and jobs that come due, and waits for these. `make(moment, number)` makes a job of the
 * moment at which it is due, in milliseconds since 1970; `add` adds many.
 */
export async function timers(request, board, make, add) {
  const begun = now();
  const never = wall() + 365 * 24 * 3600e3;
  await inChunks(request.far, () => make(never, board.number()), add);
  const first = wall() + request.lead_ms;
  const tickets = Array.from({ length: request.due }, (_, i) => ({
    moment: first + (request.span_ms * i) / Math.max(1, request.due),
    ...board.ticket(),
  }));
  await inChunks(request.due, (i) => make(tickets[i].moment, tickets[i].number), add);
  const took = now() - begun;
  if (request.due > 0 && wall() > first) {
    throw new Error("registering took longer than the lead");
  }
  const latencies = [];
  for (const { moment, ended } of tickets) {
    latencies.push(((await ended).wall - moment) * 1e6);
  }
  return { latencies, wall: took };
}
