// BullMQ with Redis, as a peer of the bench.
//
//     node peer.mjs SOCKET DURABILITY
//
// SOCKET is the Unix socket of a Redis that holds nothing else, DURABILITY what is to be said of it. A client waits until
// the worker tells that a job is completed, which it does once Redis has said so.

import { Queue, Worker } from "bullmq";
import { Redis } from "ioredis";
import { createRequire } from "node:module";

import { alike } from "../node/alike.mjs";
import { Board, inChunks, now, serve, timers, wall } from "../node/protocol.mjs";
import { TASKS } from "../node/work.mjs";

/** How many jobs the worker has under way at once. */
const CONCURRENCY = 256;
const NAME = "bench";

const [socket, durability] = process.argv.slice(2);
const connect = () => new Redis({ path: socket, maxRetriesPerRequest: null });

const board = new Board();
const redis = connect();
const queue = new Queue(NAME, { connection: redis });
const worker = new Worker(NAME, handle, { connection: connect(), concurrency: CONCURRENCY });
worker.on("completed", (job) => board.ended(job.data.number));
worker.on("failed", (job, error) => board.ended(job?.data.number, error));
worker.on("error", (error) => console.error(error));

/** Told when a job of `cancel` waits for its signal, and when it has heard it. */
let cancelling;

async function handle(job, _token, signal) {
  board.began(job.data.number);
  switch (job.name) {
    case "wait":
      return board.wait();
    case "cancel":
      signal.addEventListener("abort", () => cancelling.heard(now()));
      await new Promise((resolve) => {
        signal.addEventListener("abort", resolve);
        cancelling.waits(job.id);
      });
      return undefined;
    default:
      return TASKS[job.name]();
  }
}

const { through, requests } = alike(board, (name, number) => queue.add(name, { number }));

const peer = {
  ...requests,

  async hold({ runs }) {
    worker.concurrency = Math.max(CONCURRENCY, runs);
    this.held = Array.from({ length: runs }, () => board.ticket());
    const make = (i) => ({ name: "wait", data: { number: this.held[i].number } });
    await inChunks(runs, make, (jobs) => queue.addBulk(jobs));
    await board.waiting(runs);
  },

  async release() {
    board.open();
    await Promise.all(this.held.map(({ ended }) => ended));
    board.close();
    worker.concurrency = CONCURRENCY;
  },

  // Only the worker itself can do it, in its own process.
  async cancel({ samples }) {
    const latencies = [];
    for (let i = 0; i < samples; i += 1) {
      const waits = new Promise((resolve) => {
        cancelling = { waits: resolve };
      });
      const heard = new Promise((resolve) => {
        cancelling.heard = resolve;
      });
      const ended = through("cancel");
      const id = await waits;
      const begun = now();
      worker.cancelJob(id);
      latencies.push((await heard) - begun);
      await ended;
    }
    return { latencies };
  },

  timers(request) {
    const make = (moment, number) => ({
      name: "noop",
      data: { number },
      opts: { delay: Math.max(0, Math.round(moment - wall())) },
    });
    return timers(request, board, make, (jobs) => queue.addBulk(jobs));
  },

  async history({ rows }) {
    const [done] = await queue.getCompleted(0, 0);
    if (!done) {
      throw new Error("a history is made of a job that is done, and there is none yet");
    }
    // As `moveToFinished` leaves a job that is kept.
    const script = `
      local fields = redis.call("HGETALL", KEYS[1])
      for _ = 1, ARGV[2] do
        local id = redis.call("INCR", KEYS[2])
        redis.call("HSET", ARGV[1] .. id, unpack(fields))
        redis.call("ZADD", KEYS[3], ARGV[3], id)
      end`;
    const keys = [queue.toKey(done.id), queue.toKey("id"), queue.toKey("completed")];
    await inChunks(rows, () => null, (chunk) =>
      redis.eval(script, keys.length, ...keys, queue.toKey(""), chunk.length, Date.now()),
    );
  },
};

await Promise.all([queue.waitUntilReady(), worker.waitUntilReady()]);
const { version } = createRequire(import.meta.url)("bullmq/package.json");
await serve({ peer: "bullmq", version, isolation: "none: the worker's own process", durability }, peer);
process.exit(0);
