/**
 * Manifests: one per backup, the only commit point. Whatever no manifest reaches is not part of the
 * repository's content, whether it is there or not.
 *
 * Key: `manifests/<created as 20260102t030405678z>-<id>`, so that a listing is in order of time.
 * File: a frame around JSON:
 *
 *     {"format": 1, "created": "<ISO 8601>", "node": "<name>", "tags": [], "parent": "<id>" or null,
 *      "session": "<32 hex>", "generation": 0, "root": "<object id>", "summary": {…}}
 *
 * `root` is the object from which the backup's content is reached, `summary` what listings show.
 * `session` and `generation` are for the fence that removal will need: the session is random for each
 * writer, the generation is the one the writer began under (0 as long as nothing was ever removed).
 * The id is the first 16 bytes of the object id of the JSON, so a manifest proves itself.
 */
import { fromHex, toHex } from '../binary/index.js';
import { type ErrorDetails, SstashError } from '../errors.js';
import { checkLimit } from '../limits.js';
import { type Compression, decodeFrame, encodeFrame } from './frame.js';
import { OBJECT_ID_BYTES, objectId } from './keys.js';

const MANIFEST_FORMAT = 1;
export const MANIFEST_PREFIX = 'manifests';
const KEY = /^manifests\/(\d{8}t\d{9}z)-([0-9a-f]{32})$/;

export interface NewManifest {
  readonly created: Date;
  readonly node: string;
  readonly tags: readonly string[];
  readonly parent: string | null;
  readonly session: string;
  readonly generation: number;
  readonly root: Uint8Array;
  readonly summary: Readonly<Record<string, unknown>>;
}

export interface Manifest {
  readonly id: string;
  readonly created: string;
  readonly node: string;
  readonly tags: readonly string[];
  readonly parent: string | null;
  readonly session: string;
  readonly generation: number;
  readonly root: Uint8Array;
  readonly summary: Readonly<Record<string, unknown>>;
}

/** The fields of a manifest's JSON, nothing checked yet. */
type Unchecked = { readonly [field in keyof Manifest | 'format']?: unknown };

/** A manifest as a listing shows it, before it is read. */
export interface ManifestName {
  readonly key: string;
  readonly id: string;
}

/** Null when `key` is not the key of a manifest. */
export function parseManifestKey(key: string): ManifestName | null {
  const match = KEY.exec(key);
  return match === null ? null : { key, id: match[2] as string };
}

export function encodeManifest(
  idsKey: Uint8Array,
  manifest: NewManifest,
  compression: Compression,
): { name: ManifestName; file: Uint8Array; manifest: Manifest } {
  const { node, tags, parent, session, generation, summary } = manifest;
  const created = manifest.created.toISOString();
  const root = toHex(manifest.root);
  const json = { created, node, tags, parent, session, generation, root, summary };
  const raw = new TextEncoder().encode(JSON.stringify({ format: MANIFEST_FORMAT, ...json }));
  const id = manifestId(idsKey, raw);
  const stamp = created.replace(/[-:.]/g, '').toLowerCase();
  return {
    name: { key: `${MANIFEST_PREFIX}/${stamp}-${id}`, id },
    file: encodeFrame(raw, compression),
    manifest: { ...json, id, root: manifest.root },
  };
}

/** Throws REPOSITORY_CORRUPT when the file is not the manifest that its name says. */
export function decodeManifest(
  idsKey: Uint8Array,
  name: ManifestName,
  file: Uint8Array,
  where: ErrorDetails,
): Manifest {
  checkLimit('manifestBytesMax', file.length, where);
  const raw = decodeFrame(file, where);
  const found = manifestId(idsKey, raw);
  if (found !== name.id) {
    throw new SstashError('REPOSITORY_CORRUPT', 'a manifest is not the one its name says', {
      expected: name.id,
      found,
      ...where,
    });
  }
  const json = parseJson(raw, where);
  if (json.format !== MANIFEST_FORMAT) {
    throw new SstashError(
      'REPOSITORY_UNSUPPORTED',
      `this backup has manifest format ${JSON.stringify(json.format)}`,
      { expected: String(MANIFEST_FORMAT), hint: 'Use a newer sstash.', ...where },
    );
  }
  const root = fromHex(String(json.root));
  const parent = json.parent;
  if (root?.length !== OBJECT_ID_BYTES) {
    throw new SstashError('REPOSITORY_CORRUPT', 'the root of a manifest is not an id', where);
  }
  return {
    id: name.id,
    created: String(json.created),
    node: String(json.node),
    tags: Array.isArray(json.tags) ? json.tags.map(String) : [],
    parent: typeof parent === 'string' ? parent : null,
    session: String(json.session),
    generation: Number(json.generation),
    root,
    summary: (json.summary ?? {}) as Record<string, unknown>,
  };
}

function parseJson(raw: Uint8Array, where: ErrorDetails): Unchecked {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(raw));
    if (typeof value === 'object' && value !== null) return value as Unchecked;
  } catch (cause) {
    throw new SstashError('REPOSITORY_CORRUPT', 'a manifest is not JSON', { cause, ...where });
  }
  throw new SstashError('REPOSITORY_CORRUPT', 'a manifest is not an object', where);
}

function manifestId(idsKey: Uint8Array, raw: Uint8Array): string {
  return toHex(objectId(idsKey, raw).subarray(0, 16));
}
