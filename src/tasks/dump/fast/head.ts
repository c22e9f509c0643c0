/** Heads of partitions without deletion and static columns, written as bytes; see rows.ts. */
import type { ByteReader } from '../../../binary/index.js';
import type { FormatVersion } from '../../../components/index.js';
import {
  type CqlType,
  keyTextWriter,
  type TextDialect,
  type TextWriter,
} from '../../../cql/index.js';
import { type ByteOutput, Literal } from '../byte-output.js';
import { dumpDialect } from '../dialect.js';
import { jsonString } from '../json-text.js';
import type { DumpStyle } from '../row-writer.js';
import { type FastValue, fastKeyValue, roomFor } from './values.js';

const COMMA = new Literal(', ');
const KEY_END = new Literal(' ],\n      "position" : ');
const ROWS = new Literal('\n    },\n    "rows" : [');

/** Room for the fixed texts of a head. */
const ROOM = 512;

/** DeletionTime of a partition that is not deleted (format reference, 7.2). */
const LIVE_OA = Uint8Array.of(0x80);
const LIVE_BEFORE_OA = Uint8Array.of(0x7f, 0xff, 0xff, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0);

interface FastPart {
  readonly write: FastValue;
  readonly slow: TextWriter;
}

function part(type: CqlType, texts: TextDialect): FastPart {
  const text = keyTextWriter(type, texts);
  return { write: fastKeyValue(type), slow: (bytes) => jsonString(text(bytes)) };
}

export class FastHead {
  readonly #style: DumpStyle;
  readonly #live: Uint8Array;
  /** The position of a partition is that behind its head. */
  readonly #isBehind: boolean;
  readonly #start: Literal;
  /** The whole key, or its parts. */
  readonly #single: FastPart | null;
  readonly #parts: readonly FastPart[];

  constructor(style: DumpStyle, version: FormatVersion) {
    const { header, sstable, tableKind } = style;
    this.#style = style;
    const { texts, partitionPosition } = dumpDialect(style.dialect);
    this.#isBehind = partitionPosition === 'behind-head';
    this.#live = version.hasUIntDeletionTime ? LIVE_OA : LIVE_BEFORE_OA;
    const { keyType } = header;
    this.#single = keyType.kind === 'composite' ? null : part(keyType, texts);
    this.#parts =
      keyType.kind === 'composite' ? keyType.elements.map((each) => part(each, texts)) : [];
    const name = sstable === null ? '' : `    "sstable" : ${JSON.stringify(sstable)},\n`;
    const kind = tableKind === null ? '' : `    "table kind" : "${tableKind}",\n`;
    this.#start = new Literal(`,\n  {\n${name}${kind}    "partition" : {\n      "key" : [ `);
  }

  /** Writes the head at `offset`; the offset behind it, or -1: then what was written is to be taken back. */
  write(window: ByteReader, offset: number, position: number, output: ByteOutput): number {
    const { bytes } = window;
    if (this.#style.header.staticColumns.length > 0 || offset + 2 > bytes.length) return -1;
    const length = ((bytes[offset] as number) << 8) | (bytes[offset + 1] as number);
    const start = offset + 2;
    const keyEnd = start + length;
    const end = keyEnd + this.#live.length;
    if (end > bytes.length) return -1;
    for (let i = 0; i < this.#live.length; i++) {
      if (bytes[keyEnd + i] !== this.#live[i]) return -1;
    }
    output.ensure(ROOM + this.#start.length);
    output.literal(this.#start);
    if (!this.#key(output, window, start, keyEnd)) return -1;
    output.ensure(ROOM);
    output.literal(KEY_END);
    output.integer(this.#isBehind ? position + end - offset : position);
    output.literal(ROWS);
    return end;
  }

  #key(output: ByteOutput, window: ByteReader, start: number, end: number): boolean {
    const { bytes } = window;
    if (this.#single !== null) {
      this.#part(output, this.#single, window, start, end);
      return true;
    }
    let at = start;
    for (let i = 0; i < this.#parts.length; i++) {
      if (at + 3 > end) return false;
      const from = at + 2;
      const to = from + (((bytes[at] as number) << 8) | (bytes[at + 1] as number));
      if (to >= end || bytes[to] !== 0) return false;
      if (i > 0) output.literal(COMMA);
      this.#part(output, this.#parts[i] as FastPart, window, from, to);
      at = to + 1;
    }
    return at === end;
  }

  #part(output: ByteOutput, part: FastPart, window: ByteReader, from: number, to: number): void {
    output.ensure(ROOM + roomFor(to - from));
    if (to > from && part.write(output, window.view, from, to)) return;
    output.text(part.slow(window.bytes.subarray(from, to)));
  }
}
