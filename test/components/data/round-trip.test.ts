/** Real rows decoded and written again are the same bytes. */
import t from 'tap';
import { fixtureTables, upgradePairs } from '../../../fixtures/index.js';
import { ByteReader, ByteWriter, equalBytes } from '../../../src/binary/index.js';
import { RowReader, RowWriter } from '../../../src/components/index.js';
import { readStream, type Stream } from '../../helpers/stream.js';

function rewrite(stream: Stream): Uint8Array {
  const reader = new ByteReader(stream.bytes);
  const rows = new RowReader(stream.header, stream.version, { strict: true });
  const writer = new RowWriter(stream);
  const out = new ByteWriter(stream.bytes.length);
  while (reader.remaining > 0) {
    const head = rows.readHead(reader);
    writer.writeHead(out, head);
    let previous = head.position;
    for (;;) {
      const item = rows.readNext(reader);
      if (item.type === 'end') break;
      writer.writeUnfiltered(out, item, item.position - previous);
      previous = item.position;
    }
    writer.writePartitionEnd(out);
  }
  return out.view();
}

const upgraded = upgradePairs().flatMap(({ nb, oa }) => [nb, oa]);
for (const { keyspace, table, sstables } of [...fixtureTables(), ...upgraded]) {
  t.test(`${keyspace}.${table}`, async (t) => {
    for (const { base, dataPath } of sstables) {
      const stream = await readStream(dataPath);
      t.ok(stream.bytes.length > 0, `${base} has rows`);
      t.ok(equalBytes(rewrite(stream), stream.bytes), `${base}: every byte is written again`);
    }
  });
}
