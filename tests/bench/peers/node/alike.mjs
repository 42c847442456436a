// What peers do alike that add jobs to a queue.

import { clients, paced, rested } from "./protocol.mjs";
import { taskOf } from "./work.mjs";

/**
 * The requests that need nothing but a way through the queue, and that way: `add(name, number)` adds a job; the promise of
 * `through(name)` is kept when it is completed, with when it began. Where a worker tells that before it is recorded, the
 * promise of `settled()` is kept once all of it is: that belongs to the jobs, and not to whoever has the next turn.
 */
export function alike(board, add, settled = async () => {}) {
  const through = async (name) => {
    const { number, ended } = board.ticket();
    await add(name, number);
    return ended;
  };
  const latency = async (trigger) => (await through("noop")).now - trigger;
  const requests = {
    async run(request) {
      const task = taskOf(request);
      await clients(request.runs, request.concurrency, () => through(task));
      await settled();
    },

    async "idle-latency"({ samples, rest_us: rest }) {
      return { latencies: await rested(samples, rest, latency, settled) };
    },

    async "loaded-latency"({ samples, every_ns: every }) {
      const latencies = await paced(samples, every, latency);
      await settled();
      return { latencies };
    },
  };
  return { through, requests };
}
