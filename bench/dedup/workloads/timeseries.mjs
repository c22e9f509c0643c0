/** Time series: 24 SSTables of one hour each over the same partitions (day 1), one of all (day 2). */
import { dayGoal, readGoal } from '../goals.mjs';
import { BASE_MILLIS, micros, rows, Values } from '../values.mjs';

const KEYSPACE = 'timeseries';
const HOURS = 24;
const PER_HOUR = 60;

export const timeseries = {
  name: 'timeseries',
  what: '2,000 sensors, a reading each minute: 24 SSTables of one hour; compacted into one',
  goals: [dayGoal('day 2 (24 SSTables into one), stored of whole files', 2, 1), readGoal()],
  async make({ open, scale }) {
    const sensors = Math.round(2000 * scale);
    const node = await open('5.0', 'node1');
    await node.createKeyspace(KEYSPACE);
    await node.session.execute(
      `CREATE TABLE ${KEYSPACE}.readings (sensor text, day int, at timestamp, value double, ` +
        'quality tinyint, unit text, PRIMARY KEY ((sensor, day), at)) ' +
        "WITH compaction = {'class': 'SizeTieredCompactionStrategy', 'enabled': 'false'}",
    );
    const insert =
      `INSERT INTO ${KEYSPACE}.readings (sensor, day, at, value, quality, unit) ` +
      'VALUES (?, ?, ?, ?, ?, ?) USING TIMESTAMP ?';
    for (let hour = 0; hour < HOURS; hour++) {
      const values = new Values(hour);
      const reading = (i) => {
        const minute = hour * PER_HOUR + (i % PER_HOUR);
        const sensor = Math.floor(i / PER_HOUR);
        const at = BASE_MILLIS + minute * 60_000;
        const value = 20 + (sensor % 10) + values.below(400) / 100;
        const quality = values.below(20) === 0 ? 1 : 0;
        return [`sensor-${sensor}`, 19_675, at, value, quality, 'degC', micros(at, sensor)];
      };
      await node.session.executeRows(insert, rows(0, sensors * PER_HOUR, reading), PER_HOUR);
      node.flush(KEYSPACE);
    }
    node.keep(1, KEYSPACE);
    node.compact(KEYSPACE);
    node.keep(2, KEYSPACE);
  },
};
