/** The fixed texts of sstabledump's JSON, in the order of TEXT_* in native-bindings/assembly/dump-parts.ts. */
import { compact } from '../json-text.js';
import type { DumpStyle } from '../row-writer.js';

const ROW = '\n      {\n        "type" : "row",\n        "position" : ';

/** @param inLines a partition a line, as PartitionLinesWriter writes them */
export function dumpTexts(style: DumpStyle, inLines: boolean): string[] {
  const texts = arrayTexts(style);
  if (!inLines) return texts;
  const [head = '', keyEnd = '', rows = '', end = '', emptyEnd = '', ...rest] =
    texts.map(compactText);
  // No comma stands before a partition.
  return [head.slice(1), keyEnd, rows, `${end}\n`, `${emptyEnd}\n`, ...rest];
}

/** A piece of JSON that may begin or end inside of a string. */
export function compactText(text: string): string {
  return text.startsWith('"') ? `"${compact(text.slice(1))}` : compact(text);
}

function arrayTexts({ sstable, tableKind }: DumpStyle): string[] {
  const name = sstable === null ? '' : `    "sstable" : ${JSON.stringify(sstable)},\n`;
  const kind = tableKind === null ? '' : `    "table kind" : "${tableKind}",\n`;
  return [
    `,\n  {\n${name}${kind}    "partition" : {\n      "key" : [ `,
    ' ],\n      "position" : ',
    '\n    },\n    "rows" : [',
    '\n    ]\n  }',
    ' ]\n  }',
    ', ',
    ROW,
    `,${ROW}`,
    ',\n        "clustering" : [ ',
    ' ]',
    ',\n        "liveness_info" : { "tstamp" : "',
    ' }',
    ',\n        "deletion_info" : { "marked_deleted" : "',
    '", "local_delete_time" : "',
    ',\n        "cells" : [',
    '\n        ]\n      }',
    ',\n        "cells" : [ ]\n      }',
    ', "path" : [ ',
    VALUE_START,
    ', "deletion_info" : { "local_delete_time" : "',
    '" }',
    ', "tstamp" : "',
    ',\n            "tstamp" : "',
    ', "ttl" : ',
    ', "expires_at" : "',
    '", "expired" : true',
    '", "expired" : false',
    '\n          }',
    ', "deletion_info" : { "marked_deleted" : "',
  ];
}

/** Between the name of a cell and its value. */
export const VALUE_START = ', "value" : ';
