// Entry file of the worker threads in test/parallel/worker-executor.test.ts; runs the built code.
import { SstashError } from '../../dist/errors.js';
import { TransferResult, workerHandler } from '../../dist/parallel/index.js';

export default workerHandler({
  async double({ value }) {
    return value * 2;
  },
  async fill({ length, byte }) {
    const bytes = new Uint8Array(length).fill(byte);
    return new TransferResult({ bytes }, [bytes.buffer]);
  },
  async sum({ bytes }) {
    return bytes.reduce((a, b) => a + b, 0);
  },
  async fail({ offset }) {
    throw new SstashError('SSTABLE_CORRUPT', 'a bad byte', { component: 'Data.db', offset });
  },
  async polite(_, { signal }) {
    while (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, 10));
    signal.throwIfAborted();
  },
  async busy(_, { signal }) {
    while (!signal.aborted) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    signal.throwIfAborted();
  },
  async stubborn() {
    for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000);
  },
  async die() {
    process.exit(3);
  },
});
