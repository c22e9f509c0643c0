/** The workloads, in the order in which they run. */
import { daily } from './daily.mjs';
import { formats } from './formats.mjs';
import { large } from './large.mjs';
import { profiles } from './profiles.mjs';
import { replicas } from './replicas.mjs';
import { small } from './small.mjs';
import { timeseries } from './timeseries.mjs';
import { wide } from './wide.mjs';

export const WORKLOADS = [small, timeseries, profiles, ...daily, replicas, wide, formats, large];

/** @param {string[]} names none means all */
export function workloadsNamed(names) {
  for (const name of names) {
    if (WORKLOADS.some((workload) => workload.name === name)) continue;
    const known = WORKLOADS.map((workload) => workload.name).join(' ');
    throw new Error(`no workload ${name}; there are ${known}`);
  }
  return WORKLOADS.filter(({ name }) => names.length === 0 || names.includes(name));
}
