// Graphile Worker with PostgreSQL, as a peer of the bench.
//
//     node peer.mjs CONNECTION DURABILITY
//
// CONNECTION is the connection string of a database that holds nothing else, DURABILITY what is to be said of it. A client
// waits until the worker tells that a job is completed, which it does once the database has said so. A job that is
// completed is deleted.

import { EventEmitter } from "node:events";
import { createRequire } from "node:module";

import { Logger, makeWorkerUtils, run, runMigrations } from "graphile-worker";

import { Board, clients, now, paced, rested, serve, timers } from "../node/protocol.mjs";
import { TASKS, taskOf } from "../node/work.mjs";

/** How many jobs the worker has under way at once, and of how many connections. */
const CONCURRENCY = 24;
const CONNECTIONS = 26;

const [connectionString, durability] = process.argv.slice(2);
// Each job would be a line on the standard output, which is not for people here.
const logger = new Logger(() => (level, message) => {
  if (level === "error" || level === "warning") {
    console.error(message);
  }
});

const board = new Board();
const events = new EventEmitter();
events.setMaxListeners(0);
events.on("job:complete", ({ job, error }) => board.ended(job.payload.number, error ?? undefined));

const taskList = {
  noop: handler("noop"),
  json: handler("json"),
  wait(payload) {
    board.began(payload.number);
    return board.wait();
  },
};

function handler(name) {
  return (payload) => {
    board.began(payload.number);
    TASKS[name]();
  };
}

const start = (concurrency) =>
  run({
    preset: {
      worker: {
        connectionString,
        concurrentJobs: concurrency,
        maxPoolSize: CONNECTIONS,
        // Jobs are taken, and recorded as completed, several at once: what its documentation has for throughput.
        localQueue: { size: concurrency + 1 },
        completeJobBatchDelay: 0,
      },
    },
    noHandleSignals: true,
    taskList,
    events,
    logger,
  });

await runMigrations({ connectionString, logger });
const utils = await makeWorkerUtils({ connectionString, maxPoolSize: CONNECTIONS, logger });
let runner = await start(CONCURRENCY);

/** Adds a job, waits until it is completed, and answers when it began. */
async function through(name) {
  const { number, ended } = board.ticket();
  await utils.addJob(name, { number });
  return ended;
}

async function latency() {
  const trigger = now();
  return (await through("noop")).now - trigger;
}

const peer = {
  async run(request) {
    const task = taskOf(request);
    await clients(request.runs, request.concurrency, () => through(task));
  },

  async "idle-latency"({ samples, rest_us: rest }) {
    return { latencies: await rested(samples, rest, latency) };
  },

  async "loaded-latency"({ samples, every_ns: every }) {
    return { latencies: await paced(samples, every, latency) };
  },

  // How many jobs are under way is decided when a worker starts.
  async hold({ runs }) {
    await runner.stop();
    runner = await start(runs);
    this.held = Array.from({ length: runs }, () => board.ticket());
    await utils.addJobs(this.held.map(({ number }) => ({ identifier: "wait", payload: { number } })));
    await board.waiting(runs);
  },

  async release() {
    board.open();
    await Promise.all(this.held.map(({ ended }) => ended));
    board.close();
    await runner.stop();
    runner = await start(CONCURRENCY);
  },

  timers(request) {
    const make = (moment, number) => ({ identifier: "noop", payload: { number }, runAt: new Date(moment) });
    return timers(request, board, make, (jobs) => utils.addJobs(jobs));
  },
};

const { version } = createRequire(import.meta.url)("graphile-worker/package.json");
await serve({ peer: "graphile-worker", version, isolation: "none: the worker's own process", durability }, peer);
process.exit(0);
