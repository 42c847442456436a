// Graphile Worker with PostgreSQL, as a peer of the bench.
//
//     node peer.mjs CONNECTION DURABILITY
//
// CONNECTION is the connection string of a database that holds nothing else, DURABILITY what is to be said of it. A client
// waits until the worker tells that a job is completed, which it does before it says so to the database. A job that is
// completed is deleted, a little later: a batch counts once all of its jobs are.

import { EventEmitter } from "node:events";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

import { Logger, makeWorkerUtils, run, runMigrations } from "graphile-worker";

import { alike } from "../node/alike.mjs";
import { Board, serve, timers } from "../node/protocol.mjs";
import { TASKS } from "../node/work.mjs";

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

/** The newest job there was when nothing was left to do: what is older is due on a day that does not come. */
let settledTo = 0;
const LEFT = `
  select (select max(id) from graphile_worker._private_jobs) as newest,
    (select min(id) from graphile_worker._private_jobs where id > $1 and run_at <= now()) as due`;

/** Returns when all jobs are deleted that are or were due. */
async function settled() {
  for (;;) {
    const { rows } = await utils.withPgClient((client) => client.query(LEFT, [settledTo]));
    const [{ newest, due }] = rows;
    if (due === null) {
      settledTo = newest ?? settledTo;
      return;
    }
    await sleep(1);
  }
}

const { requests } = alike(board, (name, number) => utils.addJob(name, { number }), settled);

const peer = {
  ...requests,

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

  async timers(request) {
    const make = (moment, number) => ({ identifier: "noop", payload: { number }, runAt: new Date(moment) });
    const done = await timers(request, board, make, (jobs) => utils.addJobs(jobs));
    await settled();
    return done;
  },
};

const { version } = createRequire(import.meta.url)("graphile-worker/package.json");
await serve({ peer: "graphile-worker", version, isolation: "none: the worker's own process", durability }, peer);
process.exit(0);
