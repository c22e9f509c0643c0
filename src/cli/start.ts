/**
 * Starts the bundled program (main.ts) with the code that V8 made of it when it was built, which
 * keep-code.cjs wrote to program.code: half of the time that a short command takes beyond Node's own
 * start would go into compiling. V8 refuses code of another version, and compiles as ever then.
 *
 *   sum     8 hex digits, CRC32 of program.js and the code
 *   code    what V8 made
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

const SUM_LENGTH = 8;

const url = new URL('program.js', import.meta.url);

/** The code of `program`, null where there is none. V8 does not see that code is damaged. */
function codeOf(program: Buffer): Buffer | null {
  try {
    const file = readFileSync(new URL('program.code', import.meta.url));
    const code = file.subarray(SUM_LENGTH);
    const sum = crc32(code, crc32(program)).toString(16).padStart(SUM_LENGTH, '0');
    return file.toString('latin1', 0, SUM_LENGTH) === sum ? code : null;
  } catch {
    return null;
  }
}

const program = readFileSync(url);
const cachedData = codeOf(program);
// The program is ASCII; so read, a character takes one byte and nothing is decoded.
const script = new Script(program.toString('latin1'), {
  filename: fileURLToPath(url),
  ...(cachedData === null ? {} : { cachedData }),
});
const run: (require: NodeJS.Require, moduleUrl: string) => void = script.runInThisContext();
// This file becomes CommonJS as well; loading node:module for a `require` would take longer.
run(require, url.href);
